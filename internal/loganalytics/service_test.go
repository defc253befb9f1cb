package loganalytics

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

const (
	workspaceID = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/soc" +
		"/providers/Microsoft.OperationalInsights/workspaces/law"
	customerID = "22222222-2222-2222-2222-222222222222"
)

// testdata has the bodies that Microsoft's documentation and recordings show, in short.
//
//go:embed testdata
var testdata embed.FS

func body(name string) string {
	text, err := testdata.ReadFile("testdata/" + name + ".json")
	if err != nil {
		panic(err)
	}
	return string(text)
}

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
	workspace reply             // if not a workspace
	plans     map[string]string // by table, or the status of a refusal; absent is 404
	bad       string            // the tables that make a query fail, "*" for any
	answer    reply             // that such a query gets; of status 504, after QueryWait
	usage     string            // the rows of Usage
	timeout   time.Duration     // of a read, if not an hour
	more      string            // follows the tables of a good answer
	inspect   func(*http.Request, []byte)
	client    *Client
	requests  []string // "workspace", "table A", "query A,B,Usage"
}

func (f *fakeService) open() *fakeService {
	service := func(url string) azure.Service {
		return azure.NewService(url, policy.ClientOptions{Transport: f})
	}
	f.client = NewClient(service("https://arm.test"), service("https://query.test/v1"))
	return f
}

// Do is the network.
func (f *fakeService) Do(request *http.Request) (*http.Response, error) {
	var sent []byte
	if request.Body != nil {
		sent, _ = io.ReadAll(request.Body)
	}
	if f.inspect != nil {
		f.inspect(request, sent)
	}
	said := f.say(request, sent)
	if said.status == http.StatusGatewayTimeout {
		if err := retry.Sleep(request.Context(), QueryWait); err != nil {
			return nil, err
		}
	}
	return answerWith(request, said.status, said.body), nil
}

// legTable finds the tables of a query.
var legTable = regexp.MustCompile(`\((\w+) \| where`)

func (f *fakeService) say(request *http.Request, sent []byte) reply {
	_, table, isTable := strings.Cut(request.URL.Path, "/tables/")
	switch {
	case request.Method == http.MethodPost:
		var asked struct{ Query string }
		_ = json.Unmarshal(sent, &asked)
		var tables []string
		for _, m := range legTable.FindAllStringSubmatch(asked.Query, -1) {
			tables = append(tables, m[1])
		}
		f.requests = append(f.requests, "query "+strings.Join(tables, ","))
		bad := strings.Fields(f.bad)
		if f.bad == "*" || slices.ContainsFunc(tables, func(table string) bool { return slices.Contains(bad, table) }) {
			return f.answer
		}
		return reply{http.StatusOK, rowsOf(tables, f.usage, f.more)}
	case isTable:
		f.requests = append(f.requests, "table "+table)
		plan := cmp.Or(f.plans[table], "404")
		if status, err := strconv.Atoi(plan); err == nil {
			return reply{status, `{"error":{"code":"SomeCode","message":"no"}}`}
		}
		return reply{http.StatusOK, fmt.Sprintf(`{"properties":{"plan":%q}}`, plan)}
	case f.workspace.status != 0:
		f.requests = append(f.requests, "workspace")
		return f.workspace
	default:
		f.requests = append(f.requests, "workspace")
		return reply{http.StatusOK, body("workspace")}
	}
}

// wantRequests compares the requests since the last call.
func (f *fakeService) wantRequests(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(f.requests, want) {
		t.Errorf("requests = %q, want %q", f.requests, want)
	}
	f.requests = nil
}

const resultHead = `{"tables":[{"name":"PrimaryResult","columns":[],"rows":[`

// rowsOf is the answer of tables with one record each. It ends with the rows of Usage if that was queried.
func rowsOf(tables []string, usage, more string) string {
	var rows []string
	for _, table := range tables {
		row := fmt.Sprintf(`[%q,1,"2026-11-23T11:50:00Z","2026-11-23T11:58:00.1234567Z",480.5,null,null]`, table)
		if table == usageTable {
			row = usage
		}
		if row != "" {
			rows = append(rows, row)
		}
	}
	return resultHead + strings.Join(rows, ",") + `]}]` + more + `}`
}
