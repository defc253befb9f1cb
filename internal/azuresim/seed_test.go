package azuresim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const seedWithEverything = `{
  "tenants": [
    {
      "id": "7B2D9C40-83f1-4e56-b0aa-91c2d3e4f506",
      "principals": [
        {"clientId": "seeded-app", "objectId": "seeded-object", "role": "Reader", "secret": "seeded-secret"}
      ],
      "tokens": {"life": 60000000000},
      "behaviour": {"newCategories": ["BrandNewLogs"], "lowerCaseIds": true},
      "workspaces": [{
        "id": "/subscriptions/1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law",
        "ingestionStatus": "OverQuota",
        "tables": {
          "AuditLogs": {"records": [{"age": "2h", "ingestedAge": "1h58m", "count": 3}]},
          "SigninLogs": {"plan": "Basic"}
        }
      }],
      "settings": {
        "portal": {"properties": {
          "workspaceId": "/subscriptions/1/resourceGroups/RG/providers/Microsoft.OperationalInsights/workspaces/law",
          "logs": [{"category": "BrandNewLogs", "enabled": true}]
        }}
      }
    },
    {"id": "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"}
  ],
  "managedIdentities": [
    {"clientId": "id", "objectId": "o", "tenant": "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506", "systemAssigned": true}
  ],
  "githubJobs": [{"requestToken": "job", "subject": "repo:contoso/logs:ref:refs/heads/main"}],
  "serviceConnections": [{"id": "connection", "systemAccessToken": "ado", "subject": "sc://contoso/platform/logs"}],
  "faults": [{"path": "diagnosticSettings", "status": 503}, {"path": "diagnosticSettings", "status": 429}],
  "latency": "1ms"
}`

func TestSeed(t *testing.T) {
	w := newWorld(t)
	seed, err := ReadSeed(strings.NewReader(seedWithEverything))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.sim.Seed(seed); err != nil {
		t.Fatal(err)
	}
	const seeded = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
	_, answer := w.signIn(seeded, "seeded-app", "seeded-secret")
	w.token, _ = answer["access_token"].(string)
	for i, want := range []int{503, 429, 200} {
		if status, answer := w.call(http.MethodGet, settings+stable, ""); status != want {
			t.Fatalf("LIST no. %d: %d %v, want %d", i+1, status, answer, want)
		}
	}
	if status, _ := w.call(http.MethodPut, settings+"/x"+stable, `{}`); status != http.StatusForbidden {
		t.Errorf("a Reader's PUT: %d", status)
	}
	_, setting := w.call(http.MethodGet, settings+"/portal"+stable, "")
	if id := setting["properties"].(map[string]any)["workspaceId"]; id != "/subscriptions/1/resourcegroups/rg/providers/"+
		"microsoft.operationalinsights/workspaces/law" {
		t.Errorf("the setting's workspace is %v", id)
	}
	tenant := w.sim.Tenant(seeded)
	if got := tenant.Categories("portal"); !slices.Equal(got, []string{"BrandNewLogs"}) {
		t.Errorf("the setting streams %v", got)
	}
	workspace, found := tenant.Workspace(
		"/subscriptions/1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law",
	)
	if !found || workspace.IngestionStatus != "OverQuota" || workspace.Tables["SigninLogs"].Plan != "Basic" ||
		workspace.Tables["AuditLogs"].Records[0].Count != 3 {
		t.Errorf("the workspace is %+v, %v", workspace, found)
	}
	if age := time.Since(workspace.Tables["AuditLogs"].Records[0].Time); age < 2*time.Hour ||
		age > 2*time.Hour+time.Minute {
		t.Errorf("the record is %v old", age)
	}
	if !w.sim.HasDirectory("5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42") {
		t.Error("the tenant without anything in it was not made")
	}
	if latency := w.sim.latency.Load(); latency != int64(time.Millisecond) {
		t.Errorf("latency %v", time.Duration(latency))
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
	setting := func(name, category string) string {
		return fmt.Sprintf(`%q: {"properties": {"workspaceId": "/subscriptions/1", "logs": [{"category": %q, "enabled": true}]}}`,
			name, category)
	}
	for seed, want := range map[string]string{
		`tenants:`:                                                       "reading the seed",
		`{"tenant": []}`:                                                 `unknown field "tenant"`,
		`{"latency": "slow"}`:                                            `invalid duration "slow"`,
		`{"tenants": [{"id": "a.com"}]}`:                                 `tenant a.com: "a.com" is not a GUID`,
		ofTenant(`"workspaces": [{"id": "law"}]`):                        `a workspace: "law" is not the Azure resource id of a workspace`,
		ofWorkspace(`"ingestionStatus": "overquota"`):                    `"overquota" is not an ingestion status`,
		ofWorkspace(`"queryAccess": "Private"`):                          `not "Private"`,
		ofWorkspace(`"tables": {"A B": {}}`):                             `"A B" is not the name of a table`,
		ofWorkspace(`"tables": {"A": {"plan": "basic"}}`):                `table A: "basic" is not a plan`,
		ofWorkspace(`"tables": {"Usage": {"records": [{"age": "1h"}]}}`): "the records of Usage are made from",
		ofRecord(``):                                             "neither a time nor an age",
		ofRecord(`"age": "1h", "count": 500001`):                 "there can't be 500001 records",
		ofRecord(`"age": "yesterday"`):                           `invalid duration "yesterday"`,
		ofRecord(`"age": "xd"`):                                  `parsing "x"`,
		ofRecord(`"ages": "2h"`):                                 `unknown field "ages"`,
		ofRecord(`"time": "2h"`):                                 `parsing time`,
		ofTenant(`"behaviour": {"replicas": ["3"]}`):             `missing unit in duration "3"`,
		ofTenant(`"settings": {` + setting("a", "NoLogs") + `}`): `the setting "a": 400 BadRequest: Category 'NoLogs'`,
		ofTenant(`"settings": {` + setting("a", "AuditLogs") + `, ` + setting("b", "AuditLogs") + `}`): `the setting "b": 409`,
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
