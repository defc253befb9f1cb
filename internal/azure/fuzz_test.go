package azure

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

// The parts of an id that passes are the id's, and it is a path that nothing on the way changes.
func FuzzParseID(f *testing.F) {
	const prefix = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/"
	types := []ResourceType{Workspace, StorageAccount, EventHubRule}
	for _, id := range []string{
		workspaceID, strings.ToLower(workspaceID), strings.ToUpper(workspaceID), workspaceID + "/",
		"/" + workspaceID, workspaceID + "?x=y", workspaceID + "#x", workspaceID + "/tables/x",
		prefix + "g/providers/Microsoft.Storage/storageAccounts/archive",
		prefix + "g/providers/Microsoft.EventHub/namespaces/n/authorizationRules/r",
		prefix + "g/providers/Microsoft.EventHub/namespaces/n/eventhubs/h/authorizationRules/r",
		prefix + "../providers/Microsoft.Storage/storageAccounts/x",
		prefix + "g/a/b/providers/Microsoft.OperationalInsights/workspaces/law",
		prefix + "g/providers/Microsoft.Storage/\u017ftorageAccounts/x",
		strings.Replace(workspaceID, "law", "l\u00e4w", 1),
		strings.Replace(workspaceID, "workspaces", "wor\u212aspaces", 1), "",
	} {
		for which := range types {
			f.Add(id, which)
		}
	}
	f.Fuzz(func(t *testing.T, id string, which int) {
		kind := types[uint(which)%uint(len(types))]
		parsed, err := kind.ParseID(id)
		if err != nil {
			if !strings.Contains(err.Error(), kind.Noun) && !strings.Contains(err.Error(), kind.path) {
				t.Errorf("%q: the error does not say what is wanted: %v", id, err)
			}
			return
		}
		id = strings.TrimSuffix(id, "/")
		namespace, _, _ := strings.Cut(kind.path, "/")
		front := path.Join("/subscriptions", parsed.Subscription, "resourceGroups", parsed.ResourceGroup,
			"providers", namespace)
		if len(id) < len(front) || !strings.EqualFold(id[:len(front)], front) || path.Base(id) != parsed.Name {
			t.Errorf("%q was read as %+v", id, parsed)
		}
		if u, err := url.Parse("https://arm.example" + id); err != nil || u.Path != id || u.RawQuery != "" ||
			u.Fragment != "" || path.Clean(id) != id {
			t.Errorf("%q is not a plain path: %v, %v", id, u, err)
		}
	})
}

// An endpoint that passes is still one when a path is added to it.
func FuzzNormalizeURL(f *testing.F) {
	for raw, want := range map[string]string{
		"https://arm.example": "https://arm.example", "https://arm.example/": "https://arm.example",
		"https://la.example/v1/": "https://la.example/v1", "HTTPS://ARM.example:8443": "HTTPS://ARM.example:8443",
		"https://[::1]:1": "https://[::1]:1", "https://arm.example//": "https://arm.example",
		"https://arm.example/%2e%2e": "https://arm.example/%2e%2e", "https://arm.example/a b": "https://arm.example/a b",
		"": "", "arm.example": "", "http://arm.example": "", "https:arm.example": "", "https:///x": "", "https://:443": "",
		"https://?": "", "https://u:p@arm.example": "", "https://arm.example?": "", "https://arm.example#": "",
		"https://arm.example/?x=y": "",
	} {
		if got, err := NormalizeURL(raw); got != want || (err == nil) != (want != "") {
			f.Errorf("NormalizeURL(%q) = %q, %v, want %q", raw, got, err, want)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		endpoint, err := NormalizeURL(raw)
		if err != nil {
			return
		}
		u, err := url.Parse(endpoint + "/providers/x?api-version=1")
		if err != nil || !strings.HasSuffix(u.Path, "/providers/x") || u.RawQuery != "api-version=1" ||
			u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
			t.Errorf("%q became %q, and a request %v, error %v", raw, endpoint, u, err)
		}
		if again, err := NormalizeURL(endpoint); err != nil || again != endpoint {
			t.Errorf("%q became %q, and then %q, %v", raw, endpoint, again, err)
		}
		host, err := NormalizeAuthority(raw)
		if (err == nil) != (u.Path == "/providers/x") || err == nil && host != endpoint {
			t.Errorf("the authority %q became %q, %v", raw, host, err)
		}
	})
}
