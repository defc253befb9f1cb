package faultmatrix_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// soc is the setting that every operation is about.
const soc = "AzureSentinel_law-soc"

// request is a kind of request, as faults match it.
type request struct{ method, pathEnd string }

var (
	get       = request{http.MethodGet, "/diagnosticSettings/" + soc}
	list      = request{http.MethodGet, "/diagnosticSettings"}
	put       = request{http.MethodPut, "/diagnosticSettings/" + soc}
	remove    = request{http.MethodDelete, "/diagnosticSettings/" + soc}
	workspace = request{http.MethodGet, "/workspaces/law-soc"}
	query     = request{http.MethodPost, "/query"}
	token     = request{http.MethodPost, "/oauth2/v2.0/token"}
	discovery = request{http.MethodGet, "/v2.0/.well-known/openid-configuration"}
)

func (r request) made(e azuresim.Exchange) bool {
	return e.Method == r.method && strings.HasSuffix(e.Path, r.pathEnd)
}

// only are the requests of a kind.
func only(r request, exchanges []azuresim.Exchange) []azuresim.Exchange {
	return slices.DeleteFunc(slices.Clone(exchanges), func(e azuresim.Exchange) bool { return !r.made(e) })
}

// operation is one thing that the provider does for Terraform.
type operation struct {
	name string
	// headline is how its errors begin.
	headline string
	// config is what Terraform is told to bring about.
	config string
	// from is what the setting holds before, and to what afterwards; nil means that there is none.
	from, to []string
	// inState says that Terraform manages the setting already.
	inState bool
	// all are the requests that faults may strike. The last one is the operation's main request.
	all []request
	// looks is how often the setting is read before it is written.
	looks int
	// planned is what a plan says for as long as nothing has been done.
	planned string
}

var (
	old  = []string{"AuditLogs", "RiskyUsers", "SignInLogs"}
	next = []string{"AuditLogs", "ProvisioningLogs", "SignInLogs"}
)

const (
	toAdd     = "1 to add, 0 to change, 0 to destroy"
	toChange  = "0 to add, 1 to change, 0 to destroy"
	toDestroy = "0 to add, 0 to change, 1 to destroy"
	toReplace = "1 to add, 0 to change, 1 to destroy"
	toImport  = "1 to import, 0 to add, 0 to change, 0 to destroy"
	noChanges = "No changes."
)

var (
	create   = operation{"create", cannot("create"), connector(old), nil, old, false, []request{get, list, put}, 1, toAdd}
	read     = operation{"read", cannot("read"), connector(old), old, old, true, []request{get}, 0, noChanges}
	update   = operation{"update", cannot("update"), connector(next), old, next, true, []request{get, put}, 2, toChange}
	destroy  = operation{"delete", cannot("delete"), "", old, nil, true, []request{get, list, remove}, 1, toDestroy}
	adoption = operation{"import", cannot("read"), importing, old, old, false, []request{get}, 0, toImport}
	status   = operation{"status", unreadable, arrivals, old, old, false, []request{workspace, query}, 0, noChanges}

	operations = []operation{create, read, update, destroy, adoption, status}
)

const unreadable = `Error: Cannot tell which tables of the workspace "law-soc" receive data: `

func cannot(verb string) string { return "Error: Cannot " + verb + ` the connector "` + soc + `": ` }

// is says whether an operation is one of them.
func is(one operation) func(operation) bool {
	return func(o operation) bool { return o.name == one.name }
}

func (o operation) main() request { return o.all[len(o.all)-1] }

func (o operation) writes() bool { return o.main() == put || o.main() == remove }

// ofSetting leaves out the status, since only diagnostic settings are known to be told of wrongly.
func (o operation) ofSetting() bool { return o.name != status.name }

const (
	address       = "sentinel_aad_connector.entra"
	statusAddress = "data.sentinel_aad_connector_status.entra"
)

// stateOf is a connector's state, "" for none.
func stateOf(categories []string) string {
	if categories == nil {
		return ""
	}
	return fmt.Sprint(soc, acctest.TenantID, acctest.WorkspaceID("law-soc"), nil, categories)
}

// state is what is in the state after a success.
func (o operation) state() string {
	if !o.ofSetting() {
		return "map[AuditLogs:silent SigninLogs:receiving]"
	}
	return stateOf(o.to)
}

func connector(categories []string) string {
	return acctest.Connector("entra", acctest.WorkspaceID("law-soc"), acctest.Categories(categories...))
}

// importing takes the setting into the state.
var importing = connector(old) + "import {\n  to = " + address + "\n  id = \"" + soc + "\"\n}\n"

var arrivals = `
data "sentinel_aad_connector_status" "entra" {
  log_analytics_workspace_id = "` + acctest.WorkspaceID("law-soc") + `"
  tables                     = ["SigninLogs", "AuditLogs"]
}
`
