package azuresim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/kql"
)

// queryPath is the path of a workspace's queries. That its letter case is ignored is inferred.
var queryPath = regexp.MustCompile(`(?i)^/v1/workspaces/([^/]+)/query$`)

// logAnalytics answers as the query service of Log Analytics: it checks the token, finds the workspace and whether the
// caller may query it, and then evaluates the query. The order of these checks is inferred; the errors are those of
// the Log Analytics facts, section 1.
func (s *Simulator) logAnalytics(w http.ResponseWriter, r *http.Request) {
	token, refused := s.admit(r)
	if refused != nil {
		// Seen for an absent token; that a bad one is answered alike, and with a challenge, is inferred.
		w.Header().Set("WWW-Authenticate", refused.challenge)
		refuseQuery(w, http.StatusUnauthorized, queryError{Code: "AuthenticationFailed", Message: "Authentication failed. The 'Authorization' header is missing."})
		return
	}
	if !token.isFor(LogAnalyticsAudience) && !token.isFor(s.logAnalyticsURL()) {
		refuseQuery(w, http.StatusForbidden, queryError{Code: "InvalidAuthenticationTokenAudience", Message: fmt.Sprintf(
			"The access token has been obtained from wrong audience or resource '%s'. It should exactly match (including forward slash) "+
				"with one of the allowed audiences '%s'.", strings.Join(token.Audience, ","), LogAnalyticsAudience)})
		return
	}
	workspace, found := s.queriedWorkspace(token, r.URL.Path)
	switch {
	case !found:
		refuseQuery(w, http.StatusNotFound, queryError{Code: "PathNotFoundError", Message: "The requested path does not exist"})
	case r.Method != http.MethodPost:
		refuseQuery(w, http.StatusNotImplemented, queryError{Code: "NotImplemented", Message: "The simulator answers queries by POST only."})
	case workspace.QueryDenied:
		refuseQuery(w, http.StatusForbidden, insufficientAccess(nil))
	case workspace.QueryAccess == "Disabled":
		refuseQuery(w, http.StatusForbidden, insufficientAccess(privateOnly(workspace, r)))
	default:
		workspace.query(w, r, s.now())
	}
}

// queriedWorkspace finds the workspace of a path among those of the token's tenant. A name instead of the GUID is not
// found, as seen (Log Analytics facts, section 1).
func (s *Simulator) queriedWorkspace(token accessToken, path string) (Workspace, bool) {
	parts := queryPath.FindStringSubmatch(path)
	tenant, found := s.existingTenant(token.Tenant)
	if parts == nil || !found {
		return Workspace{}, false
	}
	return tenant.workspaceOfCustomer(parts[1])
}

// queryRequest is the body of a query.
type queryRequest struct {
	Query      string   `json:"query"`
	Timespan   string   `json:"timespan"`
	Workspaces []string `json:"workspaces"`
}

// query answers a query of a workspace that the caller may query. A request without body or content type gets an empty
// success (Log Analytics facts, section 1).
func (w Workspace) query(answer http.ResponseWriter, r *http.Request, now time.Time) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has gone
	}
	if len(body) == 0 || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		answer.WriteHeader(http.StatusOK)
		return
	}
	var asked queryRequest
	if err := json.Unmarshal(body, &asked); err != nil {
		refuseQuery(answer, http.StatusBadRequest, badArgument(&queryError{Code: "InvalidJson", Message: err.Error()})) // inferred
		return
	}
	if len(asked.Workspaces) > 0 {
		refuseQuery(answer, http.StatusNotImplemented, queryError{Code: "NotImplemented", Message: "The simulator queries one workspace only."})
		return
	}
	if w.NoContent && !w.hasRecords() {
		answer.WriteHeader(http.StatusNoContent)
		return
	}
	result, failures, err := w.run(asked, now.UTC())
	if err != nil {
		refuseQuery(answer, http.StatusBadRequest, badArgument(causeOf(err)))
		return
	}
	document := map[string]any{"tables": []any{wireTable(result.Table)}}
	if partial := partialError(result.Warnings, failures); partial != nil {
		document["error"] = partial
	}
	if prefers(r, "include-permissions=true") {
		document["permissions"] = w.permissions()
	}
	writeJSON(answer, http.StatusOK, document)
}

// run evaluates a query, and says which of its tables fail in part.
func (w Workspace) run(asked queryRequest, now time.Time) (result kql.Result, failures []string, err error) {
	within, err := parseTimespan(asked.Timespan, now)
	if err != nil {
		return kql.Result{}, nil, &timespanError{err}
	}
	query, err := kql.Parse(asked.Query)
	if err != nil {
		return kql.Result{}, nil, err
	}
	names := query.Tables()
	if err := w.checkPlans(names); err != nil {
		return kql.Result{}, nil, err
	}
	tables := map[string]kql.Table{}
	for _, name := range names {
		table, found := w.Tables[name] // unlike Resource Manager's, KQL's names have letter case
		if !found || table.Unresolved {
			continue
		}
		tables[name] = w.rows(name, table, within, now)
		if table.Failing {
			failures = append(failures, name)
		}
	}
	result, err = query.Run(tables, now)
	return result, failures, err
}

// checkPlans refuses a Basic or Auxiliary table beside any other, in a fuzzy union too. That such a table can be queried
// alone here, and not only by way of /search, is inferred (Log Analytics facts, section 3).
func (w Workspace) checkPlans(names []string) error {
	for _, name := range names {
		table, found := w.Tables[name]
		if found && !table.Unresolved && table.Plan != "Analytics" && len(names) > 1 {
			return &planError{}
		}
	}
	return nil
}

// timeGenerated is the only column of the simulator's tables but Usage. Young tables can lack any other (Log Analytics
// facts, section 1).
var timeGenerated = kql.Column{Name: "TimeGenerated", Type: kql.Datetime}

// rows are what a query finds in a table: the records of the time period, and none where the table may not or can't be read.
func (w Workspace) rows(name string, table Table, within interval, now time.Time) kql.Table {
	found := kql.Table{Columns: []kql.Column{timeGenerated}}
	if name == usageTable {
		found = w.usage(now)
	}
	for _, record := range table.Records {
		row := kql.Row{Values: []any{record.Time}, Ingested: record.Ingested}
		found.Rows = append(found.Rows, slices.Repeat([]kql.Row{row}, record.Count)...)
	}
	found.Rows = slices.DeleteFunc(found.Rows, func(row kql.Row) bool {
		generated, _ := row.Values[0].(time.Time)
		return table.Denied || table.Failing || !within.contains(generated)
	})
	return found
}
