package remedy

import (
	"cmp"
	"errors"
	"regexp"
	"slices"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

// refusal is an answer of Azure and what it means.
type refusal struct {
	status          int    // 0 for any, 500 for any failure of the service
	code, message   string // "" for any; the message is a pattern
	problem, remedy string
}

func (r refusal) is(answer *azure.ServiceError, codes []string) bool {
	return (r.status == 0 || r.status == answer.Status || r.status == 500 && answer.Status > 500) &&
		(r.code == "" || slices.Contains(codes, r.code)) && regexp.MustCompile(r.message).MatchString(answer.Message)
}

// forRefusal explains an answer of Azure by the first row that is about it.
func forRefusal(err error, answer *azure.ServiceError, tenant string) Advice {
	var rows []refusal
	codes, known := []string{answer.Code}, tenantWords(tenant)
	if workspace, ok := errors.AsType[*loganalytics.WorkspaceError](err); ok {
		rows, known = append(rows, ofWorkspaces...), append(known, "<workspace id>", workspace.WorkspaceID)
	}
	if query, ok := errors.AsType[*loganalytics.QueryError](err); ok {
		rows, codes = append(rows, ofQueries), query.Codes
	}
	if answer.NotJSON && !azure.IsTemporary(answer.Status) {
		rows = append(rows, ofProxy)
	}
	for _, fact := range facts {
		if m := regexp.MustCompile(fact.in).FindStringSubmatch(answer.Message); m != nil {
			known = append(known, fact.words, fact.prefix+cmp.Or(m[1:]...))
		}
	}
	for _, row := range append(rows, refusals...) {
		if row.is(answer, codes) {
			return Advice{row.problem, fill(row.remedy, known...)}
		}
	}
	return Advice{"the service refused the request", ""}
}

// What to find in Azure's messages. Their sources are in internal/azuresim/README.md: "Error bodies", "Tokens and
// tenants", "Log categories", "Destinations", "Permissions" and "Refused queries".
const (
	otherTenant = `tenant '([^']+)' is not authorized to access linked subscription '([^']+)'`
	unsupported = `Category '([^']+)' is not supported`
	person      = `client '([^']*@[^']*)'`
	read        = `(?is)perform action(?:\(s\))? '[^',]*/read[',]`
	lastAction  = `(?is)^.*perform action(?:\(s\))? '`
)

// facts are what a message tells in place of which words.
var facts = []struct{ words, in, prefix string }{
	{"<object id of the enterprise application>", `object id '([^']+)'|User '([0-9A-Fa-f-]{36})'`, ""},
	{"<person>", person, ""},
	{sharedKeys, lastAction + `([^',]+)`, ""},
	{"<id of the destination>", `linked scope\(s\) '([^',]+)`, ""},
	{"<its tenant>", otherTenant, ""},
	{"<its subscription>", `linked subscription '([^']+)'`, ""},
	{"<category>", unsupported, ""},
	{"<subscription id>", `subscriptions?[ /]'?([0-9A-Fa-f-]{36})`, ""},
	{"wants a token of another tenant",
		`must match (?:the|one of the) tenants? 'https://[^/']+/([0-9A-Fa-f-]{36})`, "wants a token of tenant "},
	{"carries a token of another tenant", `tenant '([^']+)'`, "carries a token of tenant "},
}

// refusals are those of Azure Resource Manager and the diagnostic settings service. The messages about a destination
// are those of Microsoft.Insights; that the diagnostic settings of Entra ID answer alike is inferred:
// internal/azuresim/README.md, "Destinations".
var refusals = []refusal{
	{0, "LinkedAuthorizationFailed", otherTenant, "the destination is in another tenant", `Tenant <its tenant> may not use
		subscription <its subscription>. A destination in another tenant works only where Azure Lighthouse delegates its
		resource group to tenant <its tenant>.`},
	{0, "LinkedAuthorizationFailed", lastAction + `microsoft\.operationalinsights/`, onDestination, onWorkspace},
	{0, "LinkedAuthorizationFailed", lastAction, onDestination,
		needs("The role Contributor has it, among others:", "Contributor")},
	{0, "LinkedAuthorizationFailed", "", onDestination, onWorkspace},
	{403, "", "/register/action", "a resource provider is not registered", register},
	{409, "", "is not registered to use", "a resource provider is not registered", register},
	{403, "AuthorizationFailed", person + ".*" + read, mayNotRead,
		forPerson("read", "Security Reader or Global Reader, and to apply the role Security Administrator,")},
	{403, "AuthorizationFailed", person, mayNotChange, forPerson("change", "Security Administrator")},
	{403, "AuthorizationFailed", read, mayNotRead, forApp("read", "Reader", "Security Reader", `

		That is enough to plan. To apply, it needs Contributor instead, and a person Security Administrator.`)},
	{403, "AuthorizationFailed", "", mayNotChange, forApp("change", "Contributor", "Security Administrator", "")},
	{403, "", "", "the request was forbidden", `Azure named no missing role. Its message is quoted below. Often the reason
		is a policy, a network rule, or a proxy on the way to Azure.`},
	{0, azure.WrongTenantCode, "", "the token is of the wrong tenant", `You signed in to tenant <tenant>, and Azure
		Resource Manager wants a token of another tenant here. Set tenant_id to the tenant whose logs are streamed.`},
	// The provider asks for a new token in each run.
	{401, "", "auxiliary", "an auxiliary tenant's token was not accepted", `Because of auxiliary_tenant_ids, each request
		carries a token of another tenant, and Azure Resource Manager did not accept it. Run again to sign in again. If that
		does not help, check that this machine's clock is right, or remove the tenant from auxiliary_tenant_ids
		(ARM_AUXILIARY_TENANT_IDS).`},
	{401, "", "", notAccepted, checkCloud("Azure Resource Manager", "environment and endpoint")},
	{409, "", "already used in diagnostic setting", "another setting already sends these categories", `A category can be
		sent to a destination only once. Remove the category from this setting or from the one that the message names, or
		import that setting and manage it instead of this one.`},
	{429, "", "", "the service is throttling", `The last answer before the timeout was "too many requests". Run again
		later, with a lower -parallelism or a longer timeouts block.`},
	{408, "", "", "the service failed", outage},
	{500, "", "", "the service failed", outage},
	{400, "", unsupported, "the tenant does not offer a log category", `Tenant <tenant> has no log category "<category>".
		Correct it in log_categories, or remove it. The tenant offers these:
		    az rest --method get --query "value[].name" \
		      --url "/providers/microsoft.aadiam/diagnosticSettingsCategories?api-version=2017-04-01-preview"`},
}

// ofWorkspaces are the refusals of which there is more to say because they are about a workspace.
var ofWorkspaces = []refusal{
	{429, "", "", "the workspace is being throttled", `The service kept answering "too many requests". It allows an
		identity 200 queries in 30 seconds and 5 at a time, whoever sends them. Run again later, with a lower -parallelism or
		a longer timeouts block.`},
	{0, "NspValidationFailedError", "", "the workspace answers private networks only", `The workspace does not accept
		queries from the network that this machine is in, whatever roles the identity has.

		Run Terraform inside the virtual network that the workspace's private link scope serves, or allow queries from
		public networks:
		    az monitor log-analytics workspace update --query-access Enabled --ids "<workspace id>"`},
	{0, azure.WrongTenantCode, "", "the workspace is in another tenant", `The workspace's subscription does not accept a
		token of tenant <tenant>. Set tenant_id to the tenant that the subscription belongs to.`},
	{0, "InvalidAuthenticationTokenAudience", "", "the query service does not accept the token", `The token is for another
		service. Check that environment, or log_analytics_endpoint and log_analytics_audience in endpoint, name the cloud
		that the workspace is in.`},
	{404, "", "", "the Log Analytics workspace was not found", `There is no workspace with the id <workspace id>. It may
		have been deleted or moved, or the id may be misspelled. A workspace that was created minutes ago may not be known
		everywhere yet.

		This lists the workspaces that an identity of tenant <tenant> sees:
		    az resource list --resource-type Microsoft.OperationalInsights/workspaces --query "[].id" --output tsv`},
	{403, "AuthorizationFailed", "", "no permission to read the workspace", readWorkspace},
	{403, loganalytics.CodeInsufficientAccess, "", "no permission to read the workspace", readWorkspace},
	{504, "", "", "the query took too long", `The records of a single table could not be counted within ` +
		loganalytics.QueryWait.String() + `. Use a shorter lookback, or run again when the workspace is less busy.`},
}

// ofQueries is a refusal that only the query service makes.
var ofQueries = refusal{401, "", "", notAccepted, checkCloud("The query service of Log Analytics",
	"environment, or log_analytics_endpoint and log_analytics_audience in endpoint,")}

// ofProxy is an answer that did not come from Azure.
var ofProxy = refusal{problem: "the answer did not come from Azure", remedy: `Something between this machine and Azure
	answered instead: often a proxy that refuses, or wants a sign-in. ` + checkNetwork}

const (
	mayNotRead    = "no permission to read diagnostic settings"
	mayNotChange  = "no permission to change diagnostic settings"
	onDestination = "no permission on the destination"
	notAccepted   = "the token was not accepted"

	register = `The destination's subscription has not registered the resource provider Microsoft.Insights. An owner of
		that subscription can:
		    az provider register --namespace Microsoft.Insights --subscription <subscription id>`

	outage = `Azure kept failing until the timeout. Check https://status.azure.com and run again later, or allow more time
		with a timeouts block.`

	// aadiamScope is where a service principal gets its role. Roles on a subscription or a management group never reach
	// it, and a custom role can't be assigned there: internal/azuresim/README.md, "Permissions".
	aadiamScope = "/providers/Microsoft.aadiam"

	// sharedKeys is the action that is lacking where the message names none.
	sharedKeys = "Microsoft.OperationalInsights/workspaces/sharedKeys/action"
)

var onWorkspace = needs("For a workspace, Log Analytics Contributor or Monitoring Contributor has it:",
	"Log Analytics Contributor")

func needs(has, role string) string {
	return `The identity may write diagnostic settings of tenant <tenant>, but lacks ` + sharedKeys + ` on the
		destination. ` + has + giveRole("<id of the destination>", role) + `A new assignment takes a few minutes to work.`
}

const ofTheTenant = ` the diagnostic settings of tenant <tenant>. They belong to the tenant, so a role on a
	subscription or a management group does not reach them.`

func forApp(verb, role, entraRole, toApply string) string {
	return `The identity that you signed in with may not ` + verb + ofTheTenant + `

		A service principal needs the role ` + role + ` at the scope ` + aadiamScope + `:` + giveRole(aadiamScope, role) +
		`A person who signs in with the Azure CLI needs the Entra role ` + entraRole + ` instead.` + toApply + `

		Only a User Access Administrator at the root scope "/" can assign the role. A Global Administrator becomes one with:
		    az rest --method post \
		      --url "/providers/Microsoft.Authorization/elevateAccess?api-version=2015-07-01"
		A new assignment takes a few minutes to work.`
}

// forPerson names the Entra role: internal/azuresim/README.md, "Permissions".
func forPerson(verb, entraRole string) string {
	return `You are signed in as <person>, who may not ` + verb + ofTheTenant + `

		A person needs the Entra role ` + entraRole + ` in that tenant. An administrator assigns it in the Entra admin center
		under "Roles & admins". It takes a few minutes to work, and a new sign-in:` + azLogin
}

// checkCloud is about a 401 of a service for a token of the right tenant.
func checkCloud(service, attributes string) string {
	return service + ` did not accept the token. Check that ` + attributes + ` name the cloud that tenant <tenant> is in,
		and that this machine's clock is right. With the Azure CLI, run "az login" again.`
}

// readWorkspace names a role that has all that is needed: the workspace, its tables' plans and their records
// (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/monitor#log-analytics-reader).
var readWorkspace = `The identity that you signed in with in tenant <tenant> may not read the workspace or its tables.
	It needs the role Log Analytics Reader on the workspace:` + giveRole("<workspace id>", "Log Analytics Reader") + `For
	a person, the principal type is User. A new assignment may take an hour to reach the query service.`
