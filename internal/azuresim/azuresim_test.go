package azuresim

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]struct {
		tenant, client, secret string
		status                 int
		code                   string
	}{
		"a wrong secret":    {tenantID, "app", "other", 401, "AADSTS7000215"},
		"an unknown app":    {tenantID, "other", "secret", 400, "AADSTS700016"},
		"an unknown tenant": {"99999999-0000-4000-8000-000000000000", "app", "secret", 400, "AADSTS90002"},
	} {
		status, answer := w.signIn(test.tenant, test.client, test.secret)
		if description, _ := answer["error_description"].(string); status != test.status ||
			!strings.HasPrefix(description, test.code) {
			t.Errorf("%s: %d %v, want %d %s", name, status, answer, test.status, test.code)
		}
	}
}

func TestTokensAreChecked(t *testing.T) {
	w := newWorld(t)
	forged := w.token[:len(w.token)-4] + "AAAA"
	for name, spoiled := range map[string]string{"none": "", "not a token": "abc", "a forged one": forged} {
		w.token = spoiled
		if status, answer := w.call(http.MethodGet, settings+stable, ""); status != http.StatusUnauthorized ||
			answer["error"] == nil {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

func TestPutEchoesAndGetShowsTheWholeList(t *testing.T) {
	w := newWorld(t)
	status, echo := w.call(http.MethodPut, settings+"/x"+stable, body(workspace, "SignInLogs", "AuditLogs"))
	if enabled, all := logsOf(echo); status != http.StatusOK || all != 2 || len(enabled) != 2 {
		t.Errorf("PUT: %d, %d of %d logs", status, len(enabled), all)
	}
	status, shown := w.call(http.MethodGet, settings+"/x"+stable, "")
	enabled, all := logsOf(shown)
	if status != http.StatusOK || all != 26 || !slices.Equal(enabled, []string{"AuditLogs", "SignInLogs"}) {
		t.Errorf("GET: %d, %v of %d logs", status, enabled, all)
	}
	if unused := shown["properties"].(map[string]any)["storageAccountId"]; unused != "" {
		t.Errorf("an unused destination is %v", unused)
	}
}

func TestPathsHaveNoLetterCase(t *testing.T) {
	w := newWorld(t)
	w.call(http.MethodPut, settings+"/Entra%20logs"+stable, body(workspace, "AuditLogs"))
	for _, path := range []string{
		"/providers/Microsoft.AADIAM/diagnosticsettings/Entra%20logs",
		"/PROVIDERS/MICROSOFT.AADIAM/DIAGNOSTICSETTINGS/ENTRA%20LOGS",
		settings, settings + "/", "/providers/Microsoft.AADIAM/diagnosticSettings/",
	} {
		if status, answer := w.call(http.MethodGet, path+stable, ""); status != http.StatusOK {
			t.Errorf("GET %s: %d %v", path, status, answer)
		}
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	w.call(http.MethodPut, settings+"/theirs"+stable, body(workspace, "AuditLogs"))
	for name, test := range map[string]struct {
		method, path, body string
		status             int
		wrapped            bool // the gateway's shape
		message            string
	}{
		"the categories at the stable version": {"GET", settings + "Categories" + stable, "", 400, true, "2017-04-01-preview"},
		"no api-version":                       {"GET", settings, "", 400, true, "api-version"},
		"an unknown api-version":               {"GET", settings + "?api-version=2020-01-01", "", 400, true, "2020-01-01"},
		"an unknown category": {
			"PUT", settings + "/x" + stable, body(workspace, "auditlogs"), 400, false, "Category 'auditlogs' is not supported.",
		},
		"no full id":     {"PUT", settings + "/x" + stable, body("law", "AuditLogs"), 400, true, "properties.workspaceId"},
		"no destination": {"PUT", settings + "/x" + stable, body("", "AuditLogs"), 400, false, "data sink"},
		"a category sent twice": {
			"PUT", settings + "/x" + stable, body(strings.ToLower(workspace), "AuditLogs"), 409, false,
			"already used in diagnostic setting 'theirs' for category 'AuditLogs'",
		},
		"a retention rule": {"PUT", settings + "/x" + stable, strings.Replace(body(workspace, "SignInLogs"), `"enabled":true`,
			`"enabled":true,"retentionPolicy":{"enabled":true,"days":9}`, 1), 400, false, "does not support retention"},
		"no JSON": {"PUT", settings + "/x" + stable, "<", 400, true, "could not be deserialized"},
		"an unknown path": {
			"GET", "/providers/microsoft.aadiam/other" + stable, "", 404, true,
			"namespace 'microsoft.aadiam' for api version '2017-04-01'",
		},
		"another method": {"PATCH", settings + "/theirs" + stable, "{}", 405, false, "PATCH"},
	} {
		status, answer := w.call(test.method, test.path, test.body)
		inner, wrapped := answer["error"].(map[string]any)
		if !wrapped {
			inner = answer
		}
		message, _ := inner["message"].(string)
		if message == "" {
			message, _ = inner["Message"].(string)
		}
		if status != test.status || wrapped != test.wrapped || !strings.Contains(message, test.message) {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

func TestSettingsComeAndGo(t *testing.T) {
	w := newWorld(t)
	for _, step := range []struct {
		method, name, body string
		status             int
	}{
		{"PUT", "a", body(workspace, "AuditLogs"), 200},
		{"PUT", "b", body(workspace, "SignInLogs"), 200}, // the same workspace with other categories
		{"PUT", "c", body(workspace+"3", "AuditLogs"), 200},
		{"PUT", "d", body(workspace+"4", "AuditLogs"), 200},
		{"PUT", "e", body(workspace+"5", "AuditLogs"), 200},
		{"PUT", "f", body(workspace+"6", "AuditLogs"), 400}, // there are five already
		{"DELETE", "a", "", 200},
		{"DELETE", "a", "", 204},
		{"PUT", "f", body(workspace, "AuditLogs"), 200},
		{"PUT", "f", strings.ReplaceAll(body(workspace, "AuditLogs"), "true", "false"), 200}, // a deletion
	} {
		if status, answer := w.call(step.method, settings+"/"+step.name+stable, step.body); status != step.status {
			t.Errorf("%s %s %s: %d %v", step.method, step.name, step.body, status, answer)
		}
	}
	status, answer := w.call(http.MethodGet, settings+"/f"+stable, "")
	if status != http.StatusNotFound || answer["code"] != "ResourceNotFound" ||
		answer["message"] != "The diagnostic setting 'f' doesn't exist." {
		t.Errorf("GET: %d %v", status, answer)
	}
}

func TestRoles(t *testing.T) {
	for role, want := range map[Role][3]int{
		Contributor: {200, 200, 200}, Reader: {403, 200, 403}, NoRole: {403, 403, 403},
	} {
		w := newWorld(t)
		if err := w.tenant.PutSetting("x", auditLogs()); err != nil {
			t.Fatal(err)
		}
		w.tenant.AddPrincipal(Principal{ClientID: "app", ObjectID: "object", Secret: "secret", Role: role})
		put, refused := w.call(http.MethodPut, settings+"/x"+stable, body(workspace, "AuditLogs"))
		get, _ := w.call(http.MethodGet, settings+"/x"+stable, "")
		del, _ := w.call(http.MethodDelete, settings+"/x"+stable, "")
		if got := [3]int{put, get, del}; got != want {
			t.Errorf("%q: %v, want %v", role, got, want)
		}
		if put == http.StatusForbidden {
			message, _ := refused["error"].(map[string]any)["message"].(string)
			want := "The client 'app' with object id 'object' does not have authorization to perform action " +
				"'microsoft.aadiam/diagnosticSettings/write' over scope '/providers/microsoft.aadiam/diagnosticSettings/x'"
			if !strings.HasPrefix(message, want) {
				t.Errorf("message = %q", message)
			}
		}
	}
}

func TestLags(t *testing.T) {
	w := newWorld(t)
	lag := Lag{Gets: 2, Flaps: 3, Lists: 1}
	w.tenant.Behave(Behaviour{AfterCreate: lag, AfterUpdate: lag, AfterDelete: lag})
	put := func(category string) { w.call(http.MethodPut, settings+"/x"+stable, body(workspace, category)) }
	for _, step := range []struct {
		name        string
		change      func()
		gets, lists string
	}{
		{"a creation", func() { put("AuditLogs") }, "- - AuditLogs - AuditLogs AuditLogs AuditLogs", "- AuditLogs"},
		{
			"an update", func() { put("RiskyUsers") },
			"AuditLogs AuditLogs RiskyUsers AuditLogs RiskyUsers RiskyUsers RiskyUsers", "AuditLogs RiskyUsers",
		},
		{
			"a deletion", func() { w.call(http.MethodDelete, settings+"/x"+stable, "") },
			"RiskyUsers RiskyUsers - RiskyUsers - - -", "RiskyUsers -",
		},
	} {
		step.change()
		if got := w.shown(7, settings+"/x"); got != step.gets {
			t.Errorf("after %s GET shows %s", step.name, got)
		}
		if got := w.shown(2, settings); got != step.lists {
			t.Errorf("after %s LIST shows %s", step.name, got)
		}
	}
}

func TestAppearances(t *testing.T) {
	w := newWorld(t)
	w.call(http.MethodPut, settings+"/x"+stable, body(workspace, "AuditLogs"))
	w.tenant.Behave(Behaviour{
		LowerCaseIDs: true, Unused: "null", NewCategories: []string{"BrandNewLogs"}, StrayNotFound: 1,
	})
	if status, _ := w.call(http.MethodGet, settings+"/x"+stable, ""); status != http.StatusNotFound {
		t.Errorf("the stray 404 is %d", status)
	}
	_, shown := w.call(http.MethodGet, settings+"/x"+stable, "")
	properties := shown["properties"].(map[string]any)
	want := strings.TrimSuffix(lawInLowerCase, "law") + "Law"
	if properties["workspaceId"] != want || properties["storageAccountId"] != nil {
		t.Errorf("properties = %v", properties)
	}
	if _, all := logsOf(shown); all != 27 {
		t.Errorf("%d logs", all)
	}
}

func TestControlEndpoint(t *testing.T) {
	w := newWorld(t)
	const control, other = "/simulator/tenants/" + tenantID, "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
	for _, step := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", control + "/settings/x", body(workspace, "AuditLogs"), 204},
		{"PUT", control + "/settings/y", body("no id", "AuditLogs"), 400},
		{"PUT", control + "/behaviour", `{"lowerCaseIds":true}`, 204},
		{"PUT", control + "/behaviour", `{"lowercase":true}`, 400},
		{"PUT", control + "/principals", `{"clientId":"app","objectId":"o","secret":"s","role":""}`, 204},
		{"POST", "/simulator/faults", `{"path":"diagnosticsettings","status":503}`, 204},
		{"GET", settings + stable, "", 503},
		{
			"POST", "/simulator/faults",
			`{"pathEnd":"/x","skip":1,"break":"within","token":"invalid","applied":true,"headers":{"a":"b"}}`, 204,
		},
		{"DELETE", "/simulator/faults", "", 204},
		{"GET", settings + stable, "", 403},
		{"PUT", "/simulator/latency", `{"latency":"soon"}`, 400},
		{"POST", "/simulator/identity-tokens", `{"subjekt":"s"}`, 400},
		{
			"PUT", control + "/principals",
			`{"clientId":"a","role":"Reader","certificates":["x"],"federated":[{"issuer":"i","subject":"s","audience":"a"}]}`,
			204,
		},
		{"DELETE", control + "/settings/x", "", 204},
		{"DELETE", control + "/settings/x", "", 404},
		{"PUT", control + "/tokens", `{"life":1000000000}`, 204},
		{"PUT", "/simulator/tenants/" + other + "/settings/x", body(workspace, "AuditLogs"), 404},
		{"GET", "/simulator/tenants/" + other + "/settings/x", "", 404},
		{"PUT", "/simulator/tenants/" + other, `{"principals":[{"clientId":"a"}]}`, 204},
		{"PUT", "/simulator/tenants/" + other + "/settings/x", body(workspace, "AuditLogs"), 204},
		{"GET", "/simulator/tenants/" + other + "/settings/x", "", 200},
		{"PUT", "/simulator/tenants/contoso.com", `{}`, 400},
		{"GET", "/simulator/other", "", 404},
	} {
		if status, answer := w.call(step.method, step.path, step.body); status != step.status {
			t.Errorf("%s %s: %d %v, want %d", step.method, step.path, status, answer, step.status)
		}
	}
}

// The index lists every operation, and its examples are accepted.
func TestTheIndexOfTheControlEndpoint(t *testing.T) {
	w := newWorld(t)
	_, answer := w.call(http.MethodGet, "/simulator/", "")
	index, _ := answer["text"].(string)
	_, answer = w.call(http.MethodGet, "/simulator/tenants/x/settings/y", "")
	unknown, _ := answer["text"].(string)
	if !strings.Contains(index, "Tenants: "+tenantID) || !strings.Contains(unknown, tenantID) {
		t.Errorf("the tenants are not named:\n%s\n%s", index, unknown)
	}
	put(t, w.tenant, Workspace{ID: workspace})
	known := strings.NewReplacer("{tenant}", tenantID, "{name}", "x", "/subscriptions/...", workspace)
	for _, one := range operations {
		method, path, _ := strings.Cut(one.pattern, " ")
		if !strings.Contains(index, path) || !strings.Contains(index, one.example) {
			t.Errorf("the index lacks %s", one.pattern)
		}
		status, _ := w.call(method, known.Replace(controlPrefix+path), known.Replace(one.example))
		if status != http.StatusOK && status != http.StatusNoContent && (one.example != "" || status != http.StatusNotFound) {
			t.Errorf("the example of %s: %d", one.pattern, status)
		}
	}
}

func TestOnlyLoopback(t *testing.T) {
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"0.0.0.0:0", ":0", "example.com:443", "127.0.0.1"} {
		if sim, err := Start(address, authority); err == nil {
			_ = sim.Close()
			t.Errorf("it listens on %s", address)
		}
	}
}

// Entra's access tokens and identity tokens name their one audience as a text, which is all that azurerm's SDK reads.
func TestTokensNameTheirAudienceAsAText(t *testing.T) {
	w := newWorld(t)
	identity := w.sim.IssueIdentityToken(IdentityToken{Issuer: IssuerGitHub, Subject: "s"})
	for token, want := range map[string]string{w.token: Audience, identity: exchangeAudience} {
		if aud := claimsOf(t, token)["aud"]; aud != want {
			t.Errorf("aud is %v, want %q", aud, want)
		}
	}
}
