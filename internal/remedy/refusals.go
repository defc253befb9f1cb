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
	status        int    // 0 for any, 500 for any failure of the service
	code, message string // "" for any; the message is a pattern
	heading       string
}

func (r refusal) is(answer *azure.ServiceError, codes []string) bool {
	return (r.status == 0 || r.status == answer.Status || r.status == 500 && answer.Status > 500) &&
		(r.code == "" || slices.Contains(codes, r.code)) && regexp.MustCompile(r.message).MatchString(answer.Message)
}

// forRefusal explains an answer of Azure by the first row that is about it.
func forRefusal(err error, answer *azure.ServiceError, tenant string) Advice {
	var rows []refusal
	codes, known, told := []string{answer.Code}, tenantWords(tenant), answer.Message
	if workspace, ok := errors.AsType[*loganalytics.WorkspaceError](err); ok {
		rows = append(rows, ofWorkspaces...)
		told += " " + workspace.WorkspaceID
		known = append(known, "<workspace id>", workspace.WorkspaceID, "<time>", loganalytics.QueryWait.String())
	}
	if query, ok := errors.AsType[*loganalytics.QueryError](err); ok {
		rows, codes = append(rows, ofQueries), query.Codes
	}
	if answer.NotJSON && !azure.IsTemporary(answer.Status) {
		rows = append(rows, ofProxy)
	}
	for _, fact := range facts {
		if m := regexp.MustCompile(fact.in).FindStringSubmatch(told); m != nil {
			known = append(known, fact.words, fact.prefix+cmp.Or(m[1:]...))
		}
	}
	rows = append(rows, refusals...) // the last row matches any answer
	first := slices.IndexFunc(rows, func(row refusal) bool { return row.is(answer, codes) })
	return advise(rows[first].heading, known...)
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

// facts are patterns in Azure's messages, and in the id of a workspace that an error is about. What a pattern captures
// replaces the words in the document.
var facts = []struct{ words, in, prefix string }{
	{"<object id of the enterprise application>", `object id '([^']+)'|User '([0-9A-Fa-f-]{36})'`, ""},
	{"<person>", person, ""},
	{"Microsoft.OperationalInsights/workspaces/sharedKeys/action", lastAction + `([^',]+)`, ""},
	{"<action>", lastAction + `([^',]+)`, ""},
	{"<id of the destination>", `linked scope\(s\) '([^',]+)`, ""},
	{"<its tenant>", otherTenant, ""},
	{"<its subscription>", `linked subscription '([^']+)'`, ""},
	{"<category>", unsupported, ""},
	{"<subscription id>", `(?i)subscriptions?[ /]'?([0-9A-Fa-f-]{36})`, ""},
	{"wants a token of another tenant",
		`must match (?:the|one of the) tenants? 'https://[^/']+/([0-9A-Fa-f-]{36})`, "wants a token of tenant "},
	{"carries a token of another tenant", `tenant '([^']+)'`, "carries a token of tenant "},
}

// refusals are those of Azure Resource Manager and the diagnostic settings service. The messages about a destination
// are those of Microsoft.Insights; that the diagnostic settings of Entra ID answer alike is inferred:
// internal/azuresim/README.md, "Destinations".
var refusals = []refusal{
	{0, "LinkedAuthorizationFailed", otherTenant, "the destination is in another tenant"},
	{0, "LinkedAuthorizationFailed", lastAction + `microsoft\.operationalinsights/`, workspaceRole},
	{0, "LinkedAuthorizationFailed", lastAction, "no permission on the destination"},
	{0, "LinkedAuthorizationFailed", "", workspaceRole},
	{403, "", "/register/action", "a resource provider is not registered"},
	{409, "", "is not registered to use", "a resource provider is not registered"},
	{403, "AuthorizationFailed", person + ".*" + read, "no permission to read diagnostic settings (person)"},
	{403, "AuthorizationFailed", person, "no permission to change diagnostic settings (person)"},
	{403, "AuthorizationFailed", read, "no permission to read diagnostic settings"},
	{403, "AuthorizationFailed", "", "no permission to change diagnostic settings"},
	{403, "", "", "the request was forbidden"},
	{0, azure.WrongTenantCode, "", "the token is of the wrong tenant"},
	{401, "", "auxiliary", "an auxiliary tenant's token was not accepted"},
	{401, "", "", "the token was not accepted"},
	{409, "", "already used in diagnostic setting", "another setting already sends these categories"},
	{429, "", "", "the service is throttling"},
	{408, "", "", "the service failed"},
	{500, "", "", "the service failed"},
	{400, "", unsupported, "the tenant does not offer a log category"},
	{0, "", "", "the service refused the request"},
}

const workspaceRole = "no permission on the destination (workspace)"

// ofWorkspaces are the refusals with a text of their own for workspaces. They come before refusals.
var ofWorkspaces = []refusal{
	{429, "", "", "the workspace is being throttled"},
	{0, "NspValidationFailedError", "", "the workspace answers private networks only"},
	{0, azure.WrongTenantCode, "", "the workspace is in another tenant"},
	{0, "InvalidAuthenticationTokenAudience", "", "the query service does not accept the token"},
	{404, "", "", "the Log Analytics workspace was not found"},
	{403, "AuthorizationFailed", "", "no permission to read the workspace"},
	{403, loganalytics.CodeInsufficientAccess, "", "no permission to read the workspace"},
	{504, "", "", "the query took too long"},
}

// ofQueries is a refusal that only the query service makes.
var ofQueries = refusal{401, "", "", "the token was not accepted (Log Analytics)"}

// ofProxy is an answer that did not come from Azure.
var ofProxy = refusal{heading: "the answer did not come from Azure"}
