package azure

import (
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
)

const (
	subscription = "5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10"
	group        = "/subscriptions/" + subscription + "/resourceGroups/rg-soc/providers/"
	workspaceID  = group + "Microsoft.OperationalInsights/workspaces/law-soc"
	namespace    = group + "Microsoft.EventHub/namespaces/ns"
)

// The parts of an id that passes are the id's, and it is a path that nothing on the way changes.
func FuzzParseID(f *testing.F) {
	const (
		noName     = "characters that no name"
		notInGroup = "not the id of a resource in a resource group"
	)
	replaced := func(old, with string) string { return strings.Replace(workspaceID, old, with, 1) }
	for id, want := range map[string]string{ // "" means that it passes
		workspaceID:                  "",
		strings.ToLower(workspaceID): "",
		strings.ToUpper(workspaceID): "",
		workspaceID + "/":            "",

		"":        notInGroup,
		"law-soc": notInGroup,
		workspaceID[:strings.Index(workspaceID, "/providers")]:   notInGroup,
		"/providers/microsoft.aadiam/diagnosticSettings/law-soc": notInGroup,
		workspaceID + "//":                              notInGroup,
		"/" + workspaceID:                               notInGroup,
		replaced("resourceGroups", "groups"):            notInGroup,
		replaced("/providers", "/a/b/providers"):        notInGroup,
		replaced("law", "l\u00e4w"):                     notInGroup,
		replaced("workspaces", "wor\u212aspaces"):       notInGroup,
		subscription:                                    "is a GUID",
		replaced(subscription, "my-subscription"):       "subscription GUID",
		replaced("law-soc", "law*soc"):                  noName,
		replaced("law-soc", "law%soc"):                  noName,
		replaced("law-soc", "law soc"):                  noName,
		replaced("law-soc", ".."):                       noName,
		replaced("rg-soc", ".."):                        noName,
		replaced("rg-soc", "rg?soc"):                    noName,
		workspaceID + "?x=y":                            noName,
		workspaceID + "#x":                              noName,
		workspaceID + "/tables/SigninLogs":              "Microsoft.OperationalInsights/workspaces/tables",
		group + "Microsoft.Storage/storageAccounts/law": "is the id of a Microsoft.Storage/storageAccounts",
		workspaceID + "/providers/microsoft.securityinsights/onboardingStates/default": "whose own id is needed: " +
			workspaceID,
	} {
		_, err := Workspace.ParseID(id)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			f.Errorf("ParseID(%q): error = %v, want one with %q", id, err, want)
		}
		f.Add(id, 0)
	}
	types := []ResourceType{Workspace, EventHubRule, StorageAccount}
	f.Add(group+"Microsoft.Storage/storageAccounts/archive", 2)
	f.Add(group+"Microsoft.Storage/\u017ftorageAccounts/x", 2)
	for rule, passes := range map[string]bool{"/authorizationRules/send": true,
		"/eventhubs/hub/authorizationRules/send": false} { // of a single hub
		if _, err := EventHubRule.ParseID(namespace + rule); (err == nil) != passes {
			f.Errorf("ParseID(%q): error = %v", namespace+rule, err)
		}
		f.Add(namespace+rule, 1)
	}
	f.Fuzz(func(t *testing.T, id string, which int) {
		kind := types[uint(which)%uint(len(types))]
		name, err := kind.ParseID(id)
		if err != nil {
			if !strings.Contains(err.Error(), kind.Noun) && !strings.Contains(err.Error(), kind.path) {
				t.Errorf("%q: the error does not say what is wanted: %v", id, err)
			}
			return
		}
		id = strings.TrimSuffix(id, "/")
		pattern := "(?i)^/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/]+/providers/" +
			placeholder.ReplaceAllString(regexp.QuoteMeta(kind.path), "/[^/]+") + "$"
		if !regexp.MustCompile(pattern).MatchString(id) || path.Base(id) != name {
			t.Errorf("%q was read as the id of %q", id, name)
		}
		if u, err := url.Parse("https://arm.example" + id); err != nil || u.Path != id || u.RawQuery != "" ||
			u.Fragment != "" || path.Clean(id) != id {
			t.Errorf("%q is not a plain path: %v, %v", id, u, err)
		}
	})
}

func TestIsGUID(t *testing.T) {
	for text, want := range map[string]bool{
		subscription: true, strings.ToUpper(subscription): true, "": false, "contoso.onmicrosoft.com": false,
		"{" + subscription + "}": false, "urn:uuid:" + subscription: false, strings.ReplaceAll(subscription, "-", ""): false,
	} {
		if got := IsGUID(text); got != want {
			t.Errorf("IsGUID(%q) = %v", text, got)
		}
	}
}
