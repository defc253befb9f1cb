package azuresim

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSeed(t *testing.T) {
	const seeded, law = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506",
		"/subscriptions/1/resourceGroups/RG/providers/Microsoft.OperationalInsights/workspaces/Law"
	seed, err := ReadSeed(strings.NewReader(`{
  "tenants": [
    {
      "id": "` + strings.ToUpper(seeded) + `",
      "principals": [{"clientId": "seeded-app", "objectId": "seeded-object", "role": "Reader", "secret": "seeded"}],
      "tokens": {"life": 60000000000},
      "behaviour": {"newCategories": ["BrandNewLogs"], "lowerCaseIds": true, "replicas": ["0s"]},
      "workspaces": [{"id": "` + law + `", "ingestionStatus": "OverQuota", "tables": {
        "AuditLogs": {"records": [
          {"age": "2h", "ingestedAge": "1h58m", "count": 3}, {"age": "-7.5d"}, {"time": "2026-11-23T10:00:00Z"}
        ]},
        "SigninLogs": {"plan": "Basic"}
      }}],
      "settings": {"portal": {"properties": {
        "workspaceId": "` + law + `", "logs": [{"category": "BrandNewLogs", "enabled": true}]
      }}}
    },
    {"id": "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"}
  ],
  "managedIdentities": [{"clientId": "id", "objectId": "o", "tenant": "` + seeded + `", "systemAssigned": true}],
  "githubJobs": [{"requestToken": "job", "subject": "repo:contoso/logs:ref:refs/heads/main"}],
  "serviceConnections": [{"id": "connection", "systemAccessToken": "ado", "subject": "sc://contoso/platform/logs"}],
  "faults": [{"path": "diagnosticSettings", "status": 503}, {"path": "diagnosticSettings", "status": 429}],
  "latency": "1ms"
}`))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldOf(t, newWithClock(func() time.Time { return now }))
	if err := w.sim.Seed(seed); err != nil {
		t.Fatal(err)
	}
	_, answer := w.signIn(seeded, "seeded-app", "seeded")
	w.token, _ = answer["access_token"].(string)
	if answer["expires_in"] != 60.0 || w.sim.latency.Load() != int64(time.Millisecond) {
		t.Errorf("the sign-in is answered with %v, after %v", answer, time.Duration(w.sim.latency.Load()))
	}
	w.walk([]step{
		{"GET", settings + stable, "", 503, ""},
		{"GET", settings + stable, "", 429, ""},
		{"GET", settings + stable, "", 200, `"category":"BrandNewLogs","enabled":true`},
		{"GET", settings + "/portal" + stable, "", 200, "microsoft.operationalinsights/workspaces/Law"},
		{"PUT", settings + "/x" + stable, `{}`, 403, ""}, // by a Reader
		{"GET", law + version2023, "", 200, "OverQuota"},
		{"GET", law + "/tables/SigninLogs" + version2022, "", 200, "Basic"},
		{"GET", "/simulator/tenants/5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42/settings/x", "", 404, "no setting"},
	})
	workspace, _ := w.sim.Tenant(seeded).Workspace(law)
	future, read := now.Add(180*time.Hour), now.Add(-2*time.Hour)
	if got, want := workspace.Tables["AuditLogs"].Records, []Record{
		{Time: now.Add(-2 * time.Hour), Ingested: now.Add(-118 * time.Minute), Count: 3},
		{Time: future, Ingested: future, Count: 1}, {Time: read, Ingested: read, Count: 1},
	}; !slices.Equal(got, want) {
		t.Errorf("the records are %v, want %v", got, want)
	}
	endpoint, header := w.sim.IdentityEndpoint()
	for name, request := range map[string]struct {
		method, url, bearer string
		header              http.Header
	}{
		"the managed identity": {
			"GET", endpoint + "?api-version=2019-08-01&resource=r", "", http.Header{"X-Identity-Header": {header}},
		},
		"the job": {"GET", w.sim.GitHubRequestURL(), "job", nil},
		"the connection": {
			"POST", w.sim.AzureDevOpsRequestURL() + "?api-version=7.1&serviceConnectionId=connection", "ado", nil,
		},
	} {
		if status, answer := w.askFor(request.method, request.url, request.bearer, request.header); status != http.StatusOK {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

// A seed that can't be is refused, and the error says where it is wrong.
func TestSeed_refusals(t *testing.T) {
	ofTenant := func(members string) string { return `{"tenants": [{"id": "` + tenantID + `", ` + members + `}]}` }
	ofWorkspace := func(members string) string {
		return ofTenant(`"workspaces": [{"id": "` + workspace + `", ` + members + `}]`)
	}
	ofRecord := func(members string) string {
		return ofWorkspace(`"tables": {"A": {"records": [{` + members + `}]}}`)
	}
	sends := func(category string) string { return body("/subscriptions/1", category) }
	for seed, want := range map[string]string{
		`tenants:`:                                                       "reading the seed",
		`{"tenant": []}`:                                                 `unknown field "tenant"`,
		`{"latency": "slow"}`:                                            `invalid duration "slow"`,
		`{"tenants": [{"id": "a.com"}]}`:                                 `tenant a.com: "a.com" is not a GUID`,
		ofTenant(`"workspaces": [{"id": "law"}]`):                        `a workspace: "law" is not the Azure resource id`,
		ofWorkspace(`"ingestionStatus": "overquota"`):                    `"overquota" is not an ingestion status`,
		ofWorkspace(`"queryAccess": "Private"`):                          `not "Private"`,
		ofWorkspace(`"tables": {"A B": {}}`):                             `"A B" is not the name of a table`,
		ofWorkspace(`"tables": {"A": {"plan": "basic"}}`):                `table A: "basic" is not a plan`,
		ofWorkspace(`"tables": {"Usage": {"records": [{"age": "1h"}]}}`): "the records of Usage are made from",
		ofRecord(``):                                           "neither a time nor an age",
		ofRecord(`"age": "1h", "count": 500001`):               "there can't be 500001 records",
		ofRecord(`"age": "yesterday"`):                         `invalid duration "yesterday"`,
		ofRecord(`"age": "xd"`):                                `parsing "x"`,
		ofRecord(`"ages": "2h"`):                               `unknown field "ages"`,
		ofRecord(`"time": "2h"`):                               `parsing time`,
		ofTenant(`"behaviour": {"replicas": ["3"]}`):           `missing unit in duration "3"`,
		ofTenant(`"settings": {"a": ` + sends("NoLogs") + `}`): `the setting "a": 400 BadRequest: Category 'NoLogs'`,
		ofTenant(`"settings": {"a": ` + sends("AuditLogs") + `, "b": ` + sends("AuditLogs") + `}`): `the setting "b": 409`,
	} {
		read, err := ReadSeed(strings.NewReader(seed))
		if err == nil {
			err = New().Seed(read)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", seed, err, want)
		}
	}
}
