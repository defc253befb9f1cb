package entralogs

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestConnectorReturnsTheSixDefaultCategories(t *testing.T) {
	want := []string{
		"AuditLogs", "ManagedIdentitySignInLogs", "NonInteractiveUserSignInLogs",
		"ProvisioningLogs", "ServicePrincipalSignInLogs", "SignInLogs",
	}
	got := Names(Connector())
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("Connector() = %v, want %v", got, want)
	}
}

func TestCatalogueNamesAreUniqueInAnyLetterCase(t *testing.T) {
	names, tables := map[string]bool{}, map[string]bool{}
	for _, c := range All() {
		name, table := strings.ToLower(c.Name), strings.ToLower(c.Table)
		if names[name] || tables[table] {
			t.Errorf("%s (%s) is in the catalogue twice", c.Name, c.Table)
		}
		if c.Table == "" {
			t.Errorf("%s has no table", c.Name)
		}
		names[name], tables[table] = true, true
	}
}

func TestLookup(t *testing.T) {
	for _, name := range []string{"SignInLogs", "signinlogs", "SigninLogs", "SIGNINLOGS"} {
		c, known := Lookup(name)
		if !known || c.Name != "SignInLogs" || c.Table != "SigninLogs" {
			t.Errorf("Lookup(%q) = %v, %v", name, c, known)
		}
	}
	if c, known := Lookup("BrandNewLogs"); known {
		t.Errorf("Lookup of an unknown name found %v", c)
	}
	if c, known := LookupTable("aadprovisioninglogs"); !known || c.Name != "ProvisioningLogs" {
		t.Errorf("LookupTable = %v, %v", c, known)
	}
}

func TestCanonicalKeepsUnknownNames(t *testing.T) {
	for name, want := range map[string]string{"auditlogs": "AuditLogs", "bRandNew": "bRandNew"} {
		if got := Canonical(name); got != want {
			t.Errorf("Canonical(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestTablesLeavesOutUnknownCategories(t *testing.T) {
	got := Tables([]string{"SignInLogs", "NetworkAccessTrafficLogs", "BrandNewLogs"})
	want := map[string]string{"SignInLogs": "SigninLogs", "NetworkAccessTrafficLogs": "NetworkAccessTraffic"}
	if !maps.Equal(got, want) {
		t.Errorf("Tables = %v, want %v", got, want)
	}
}

// A canonical name equals the name but for letter case, and is its own canonical name.
func FuzzCanonical(f *testing.F) {
	for _, name := range []string{"AuditLogs", "auditlogs", "SigninLogs", "BrandNewLogs", "", "\u017fignInLogs"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		canonical := Canonical(name)
		if !strings.EqualFold(canonical, name) || Canonical(canonical) != canonical {
			t.Errorf("%q has the canonical name %q", name, canonical)
		}
		category, known := Lookup(name)
		if table, found := Tables([]string{name})[name]; found != known || table != category.Table {
			t.Errorf("%q has the table %q", name, table)
		}
	})
}
