package entralogs

import (
	"slices"
	"strings"
	"testing"
)

func TestNamesAreUniqueInAnyLetterCase(t *testing.T) {
	var names, tables []string
	for _, c := range All() {
		names, tables = append(names, strings.ToLower(c.Name)), append(tables, strings.ToLower(c.Table))
	}
	for _, all := range [][]string{names, tables} {
		slices.Sort(all)
		if len(slices.Compact(slices.Clone(all))) != len(catalogue) || all[0] == "" {
			t.Errorf("one is empty or in the catalogue twice: %q", all)
		}
	}
}

// A name in any letter case finds its category, and a table likewise; an unknown name is kept.
func FuzzLookup(f *testing.F) {
	for _, name := range []string{"AuditLogs", "auditlogs", "SigninLogs", "BrandNewLogs", "", "\u017fignInLogs"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		category, known := Lookup(name)
		if known != slices.Contains(Names(All()), category.Name) || !strings.EqualFold(category.Name, name) {
			t.Errorf("%q is %v, known: %v", name, category, known)
		}
		if table, found := Tables([]string{name})[name]; found != known || table != category.Table {
			t.Errorf("%q has the table %q", name, table)
		}
		if of, found := LookupTable(strings.ToUpper(category.Table)); known && (!found || of != category) {
			t.Errorf("the table of %v is that of %v", category, of)
		}
	})
}

func TestRefused(t *testing.T) {
	names := []string{"AuditLogs", "signinlogs", "networkaccesstrafficlogs"}
	for cloud, want := range map[string][]string{
		"public": nil, "custom": nil, "usgovernment": names[2:], "china": names[2:],
	} {
		refused, evidence := Refused(cloud, names)
		if !slices.Equal(refused, want) || (evidence == "") != (want == nil) {
			t.Errorf("%s refuses %v (%s), want %v", cloud, refused, evidence, want)
		}
	}
	if refused, _ := Refused("china", Names(Connector())); len(refused) != 4 {
		t.Errorf("of the connector page's categories, China refuses %v, want all but two", refused)
	}
}
