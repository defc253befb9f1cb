package loganalytics

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

const (
	workspaceID = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/soc" +
		"/providers/Microsoft.OperationalInsights/workspaces/law"
	customerID = "22222222-2222-2222-2222-222222222222"
)

// The bodies that Microsoft's documentation and recordings show, in short.
const (
	workspaceBody = `{"id":"x","name":"law","properties":{"customerId":"` + customerID + `",` +
		`"publicNetworkAccessForQuery":"Enabled",` +
		`"workspaceCapping":{"dailyQuotaGb":1.0,"dataIngestionStatus":"RespectQuota"}}}`
	authorizationFailed = `{"error":{"code":"AuthorizationFailed","message":"The client 'x' with object id ` +
		`'44444444-4444-4444-4444-444444444444' ` +
		`does not have authorization to perform action 'Microsoft.OperationalInsights/workspaces/read' over scope 's'"}}`
	insufficientAccess = `{"error":{"message":"The provided credentials have insufficient access to perform the ` +
		`requested operation","code":"InsufficientAccessError","correlationId":""}}`
	privateOnly = `{"error":{"message":"insufficient access","code":"InsufficientAccessError",` +
		`"innererror":{"code":"NspValidationFailedError",` +
		`"message":"Access to workspace 'law' from '192.0.2.1' is denied."}}}`
	basicPlan = `{"error":{"message":"The request had some invalid properties","code":"BadArgumentError",` +
		`"innererror":{"code":"SemanticError",` +
		`"message":"The query should contain a single Basic or Auxiliary Logs table. The query should contain ` +
		`up to five Analytics Logs tables."}}}`
	noSuchName = `{"error":{"code":"BadArgumentError","message":"m","innererror":{"code":"SemanticError","message":"m",` +
		`"innererror":{"code":"SEM0100",` +
		`"message":"'order' operator: Failed to resolve table or column expression named 'Bad'"}}}}`
	gatewayTimeout = `{"error":{"code":"GatewayTimeout","message":"Gateway timeout"}}`
	partial        = `{"tables":[{"name":"PrimaryResult","columns":[],"rows":[]}],"error":{"code":"PartialError",` +
		`"message":"There were some errors when processing your query."`
	severity2 = partial + `,"details":[{"code":"EngineError","message":"Something went wrong.",` +
		`"innererror":{"code":"-2133196788","message":"It overflowed.","severity":2,"severityName":"Error"}}]}}`
)

// transport is the network.
type transport func(*http.Request) (*http.Response, error)

func (t transport) Do(request *http.Request) (*http.Response, error) { return t(request) }

func answerWith(request *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
		Request: request}
}

type reply struct {
	status int
	body   string
}

// fakeService stands for Resource Manager and the query service.
type fakeService struct {
	workspace reply                       // if not workspaceBody
	plans     map[string]string           // by table; "403" refuses, absent is 404
	query     func(tables []string) reply // Usage is the last of them; nil: rowsOf, with one record each
	inspect   func(*http.Request, []byte) // sees each request and its body
	client    *Client
	requests  []string // "workspace", "table A", "query A,B"
}

func (f *fakeService) open() *fakeService {
	service := func(url string) azure.Service {
		return azure.NewService(url, policy.ClientOptions{Transport: transport(f.do)})
	}
	f.client = NewClient(service("https://arm.test"), service("https://query.test/v1"))
	return f
}

// legTable finds the tables of a query.
var legTable = regexp.MustCompile(`\((\w+) \| where`)

func (f *fakeService) do(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		body, _ = io.ReadAll(request.Body)
	}
	if f.inspect != nil {
		f.inspect(request, body)
	}
	said := f.say(request, body)
	return answerWith(request, said.status, said.body), nil
}

func (f *fakeService) say(request *http.Request, body []byte) reply {
	_, table, isTable := strings.Cut(request.URL.Path, "/tables/")
	switch {
	case request.Method == http.MethodPost:
		var asked struct{ Query string }
		_ = json.Unmarshal(body, &asked)
		var tables []string
		for _, m := range legTable.FindAllStringSubmatch(asked.Query, -1) {
			tables = append(tables, m[1])
		}
		f.requests = append(f.requests, "query "+nameOf(tables))
		if f.query == nil {
			return reply{http.StatusOK, rowsOf(tables)}
		}
		return f.query(tables)
	case isTable:
		f.requests = append(f.requests, "table "+table)
		switch plan := f.plans[table]; plan {
		case "":
			return reply{http.StatusNotFound, `{"error":{"code":"ResourceNotFound","message":"no such table"}}`}
		case "403":
			return reply{http.StatusForbidden, `{"error":{"code":"AuthorizationFailed","message":"no"}}`}
		default:
			return reply{http.StatusOK, fmt.Sprintf(`{"properties":{"plan":%q}}`, plan)}
		}
	default:
		f.requests = append(f.requests, "workspace")
		if f.workspace.status == 0 {
			return reply{http.StatusOK, workspaceBody}
		}
		return f.workspace
	}
}

// nameOf names a query by its tables, and says only where Usage is not among them.
func nameOf(tables []string) string {
	names, withUsage := strings.CutSuffix(strings.Join(tables, ","), ","+usageTable)
	if !withUsage && names != usageTable {
		names += " without Usage"
	}
	return names
}

// wantRequests compares the requests since the last call.
func (f *fakeService) wantRequests(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(f.requests, want) {
		t.Errorf("requests = %q, want %q", f.requests, want)
	}
	f.requests = nil
}

const resultHead = `{"tables":[{"name":"PrimaryResult","columns":[{"name":"TableName","type":"string"},` +
	`{"name":"RecordCount","type":"long"},` +
	`{"name":"LastRecord","type":"datetime"},{"name":"LastIngested","type":"datetime"},{"name":"Delay","type":"real"},` +
	`{"name":"LastHour","type":"datetime"},{"name":"Volume","type":"real"}],"rows":[`

// rowsOf is the answer of tables with one record each, and a Usage without rows.
func rowsOf(tables []string, more ...string) string {
	var rows []string
	for _, table := range tables {
		if table != usageTable {
			rows = append(rows, fmt.Sprintf(`[%q,1,"2026-11-23T11:50:00Z","2026-11-23T11:58:00.1234567Z",480.5,null,null]`,
				table))
		}
	}
	return resultHead + strings.Join(rows, ",") + `]}]` + strings.Join(more, "") + `}`
}

// refusing answers queries that touch a table with a refusal.
func refusing(table string, status int, body string) func([]string) reply {
	return func(tables []string) reply {
		if slices.Contains(tables, table) || table == "" {
			return reply{status, body}
		}
		return reply{http.StatusOK, rowsOf(tables)}
	}
}
