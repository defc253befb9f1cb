package resourcemanager

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Workspace is a Log Analytics workspace of a tenant. The zero value of a field means the default of a new workspace.
type Workspace struct {
	// ID is its Azure resource id, answered as it is written here and found in any letter case.
	ID string `json:"id"`
	// CustomerID is the GUID by which the query service knows it. If it is empty, it is made from the id.
	CustomerID string `json:"customerId,omitempty"`
	// IngestionStatus is the state of the daily cap: "RespectQuota" (the default), "ApproachingQuota", "OverQuota",
	// "ForceOn", "ForceOff" or "SubscriptionSuspended".
	IngestionStatus string `json:"ingestionStatus,omitempty"`
	// QueryAccess is "Enabled" (the default), or "Disabled" if only private networks may query. No client of the simulator
	// is in one.
	QueryAccess string `json:"queryAccess,omitempty"`

	// DelegatedTo are other tenants that may read and query the workspace and send logs to it (README, "Destinations").
	DelegatedTo []string `json:"delegatedTo,omitempty"`

	// ReadDenied means that no identity may read the workspace and its tables through Resource Manager.
	ReadDenied bool `json:"readDenied,omitempty"`
	// QueryDenied means that no identity may query the workspace.
	QueryDenied bool `json:"queryDenied,omitempty"`
	// NoContent answers queries with 204 as long as no table has a record (README, "Answers").
	NoContent bool `json:"noContent,omitempty"`

	// Tables are those that exist, by name.
	Tables map[string]Table `json:"tables,omitempty"`
}

// Table is a table of a workspace. Its only column is TimeGenerated, except for Usage.
type Table struct {
	// Plan is "Analytics" (the default), "Basic" or "Auxiliary".
	Plan string `json:"plan,omitempty"`
	// Denied means that no identity may query the table: it looks empty, and an answer that includes permissions names it
	// (README, "Missing, denied and failing tables").
	Denied bool `json:"denied,omitempty"`
	// Unresolved means that Resource Manager knows the table and the query service doesn't.
	Unresolved bool `json:"unresolved,omitempty"`
	// Failing means that queries of the table fail in part: its records are left out, and the answer says so.
	Failing bool `json:"failing,omitempty"`

	Records []Record `json:"records,omitempty"`
}

// Record is one record, or as many with the same times as Count says. A time can be given as an age, by the
// simulator's clock when the record is added: {"age":"2h","ingestedAge":"1h58m","count":3}. A negative age lies in the
// future.
type Record struct {
	// Time is TimeGenerated.
	Time time.Time `json:"time"`
	// Ingested is when the record could be queried; the zero value means at Time.
	Ingested time.Time `json:"ingested"`
	// Age and IngestedAge are instead of Time and Ingested, until the record is added.
	Age         *Duration `json:"age,omitempty"`
	IngestedAge *Duration `json:"ingestedAge,omitempty"`
	// Count is how many records there are with these times; 0 means one.
	Count int `json:"count,omitempty"`
}

// TimeGenerated is the column that every table has.
const TimeGenerated = "TimeGenerated"

// UsageTable is the table that every workspace has. Its records are made from those of the other tables.
const UsageTable = "Usage"

// maxRows is how many rows an answer can have (README, "Answers"), and how many records one Record can stand for.
const maxRows = 500_000

// workspacePattern names the id, the resource group and the name.
const workspacePattern = `(/subscriptions/[^/]+/resourceGroups/([^/]+)/providers/` +
	`Microsoft\.OperationalInsights/workspaces/([^/]+))`

var (
	workspacePath = anyCase(workspacePattern)
	tablePath     = anyCase(workspacePattern + `/tables/([^/]+)`)
	tableName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// isOneOf makes "" the first of the known values.
func isOneOf(value *string, known ...string) bool {
	*value = cmp.Or(*value, known[0])
	return slices.Contains(known, *value)
}

// PutWorkspace adds a workspace, or replaces the one with its id.
func (t *Tenant) PutWorkspace(w Workspace) error {
	key := strings.ToLower(w.ID)
	w.CustomerID = strings.ToLower(cmp.Or(w.CustomerID, uuid.NewSHA1(uuid.NameSpaceURL, []byte(key)).String()))
	switch {
	case !workspacePath.MatchString(w.ID):
		return fmt.Errorf("%q is not the Azure resource id of a workspace", w.ID)
	case !isOneOf(&w.IngestionStatus,
		"RespectQuota", "ApproachingQuota", "OverQuota", "ForceOn", "ForceOff", "SubscriptionSuspended"):
		return fmt.Errorf("%q is not an ingestion status", w.IngestionStatus)
	case !isOneOf(&w.QueryAccess, "Enabled", "Disabled"):
		return fmt.Errorf("the access of queries is Enabled or Disabled, not %q", w.QueryAccess)
	}
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
	tables := w.Tables
	w.Tables = map[string]Table{UsageTable: {Plan: "Analytics"}}
	for name, table := range tables {
		if err := w.put(name, table, time.Now()); err != nil {
			return err
		}
	}
	t.workspaces[key] = w
	return nil
}

// PutTable adds a table to a workspace, or replaces the one with its name.
func (t *Tenant) PutTable(workspaceID, name string, table Table) error {
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
	key := strings.ToLower(workspaceID)
	w, found := t.workspaces[key]
	if !found {
		return fmt.Errorf("there is no workspace %q", workspaceID)
	}
	w.Tables = maps.Clone(w.Tables) // a query may be reading the other one
	t.workspaces[key] = w
	return w.put(name, table, time.Now())
}

// put adds a table with defaults filled in and ages turned into times.
func (w Workspace) put(name string, table Table, now time.Time) error {
	switch {
	case !tableName.MatchString(name):
		return fmt.Errorf("%q is not the name of a table", name)
	case name == UsageTable && len(table.Records) > 0:
		return errors.New("the records of Usage are made from those of the other tables")
	case !isOneOf(&table.Plan, "Analytics", "Basic", "Auxiliary"):
		return fmt.Errorf("table %s: %q is not a plan", name, table.Plan)
	}
	table.Records = slices.Clone(table.Records)
	for i, r := range table.Records {
		if r.Age != nil {
			r.Time = now.Add(-time.Duration(*r.Age))
		}
		if r.IngestedAge != nil {
			r.Ingested = now.Add(-time.Duration(*r.IngestedAge))
		}
		if r.Time.IsZero() {
			return fmt.Errorf("table %s: a record has neither a time nor an age", name)
		}
		if r.Count < 0 || r.Count > maxRows {
			return fmt.Errorf("table %s: there can't be %d records of one time", name, r.Count)
		}
		table.Records[i] = Record{Time: r.Time, Ingested: cmp.Or(r.Ingested, r.Time), Count: max(r.Count, 1)}
	}
	w.Tables[name] = table
	return nil
}

// Workspace returns a workspace by its id in any letter case. The caller must not change what it holds.
func (t *Tenant) Workspace(id string) (Workspace, bool) {
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
	w, found := t.workspaces[strings.ToLower(id)]
	return w, found
}

// Name is the last part of the workspace's id.
func (w Workspace) Name() string { return path.Base(w.ID) }

var (
	//go:embed workspace.json
	workspaceDocument string
	//go:embed table.json
	tableDocument string
)

// fill replaces the names in a document.
func fill(document string, namesAndValues ...string) json.RawMessage {
	return json.RawMessage(strings.NewReplacer(namesAndValues...).Replace(document))
}

// document returns a workspace as GET answers it (README, "Reading a workspace").
func (w Workspace) document() json.RawMessage {
	return fill(workspaceDocument, "{id}", w.ID, "{name}", w.Name(), "{customerId}", w.CustomerID,
		"{ingestionStatus}", w.IngestionStatus, "{queryAccess}", w.QueryAccess)
}

// document returns a table as GET answers it (README, "Reading a workspace").
func (t Table) document(workspaceID, name string) json.RawMessage {
	return fill(tableDocument, "{workspaceId}", workspaceID, "{name}", name, "{plan}", t.Plan)
}
