package resourcemanager

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
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

// Record is one record, or as many with the same times as Count says.
//
// In JSON a time can be given as an age: {"age":"2h","ingestedAge":"1h58m","count":3}. The record is that old, by the
// simulator's clock, when it is added. A negative age lies in the future, and "7d" means 7 days.
type Record struct {
	// Time is TimeGenerated.
	Time time.Time `json:"time"`
	// Ingested is when the record could be queried; the zero value means at Time.
	Ingested time.Time `json:"ingested"`
	// Count is how many records there are with these times; 0 means one.
	Count int `json:"count,omitempty"`

	age, ingestedAge *time.Duration // instead of Time and Ingested, until the record is added
}

// TimeGenerated is the column that every table has.
const TimeGenerated = "TimeGenerated"

// UsageTable is the table that every workspace has. Its records are made from those of the other tables.
const UsageTable = "Usage"

// maxRows is how many rows an answer can have (README, "Answers"), and how many records one Record can stand for.
const maxRows = 500_000

// Aged returns count records that have an age, and were ingested an age ago, by the simulator's clock when they are
// added.
func Aged(count int, age, ingestedAge time.Duration) Record {
	return Record{Count: count, age: &age, ingestedAge: &ingestedAge}
}

// at is the record with its ages turned into times.
func (r Record) at(now time.Time) Record {
	if r.age != nil {
		r.Time = now.Add(-*r.age)
	}
	if r.ingestedAge != nil {
		r.Ingested = now.Add(-*r.ingestedAge)
	}
	r.age, r.ingestedAge = nil, nil
	return r
}

// UnmarshalJSON reads times and ages.
func (r *Record) UnmarshalJSON(data []byte) error {
	var said struct {
		Time        time.Time `json:"time"`
		Ingested    time.Time `json:"ingested"`
		Age         string    `json:"age"`
		IngestedAge string    `json:"ingestedAge"`
		Count       int       `json:"count"`
	}
	if err := jsonhttp.Decode(bytes.NewReader(data), &said); err != nil {
		return err
	}
	age, err := parseAge(said.Age)
	if err != nil {
		return err
	}
	ingestedAge, err := parseAge(said.IngestedAge)
	if err != nil {
		return err
	}
	*r = Record{Time: said.Time, Ingested: said.Ingested, Count: said.Count, age: age, ingestedAge: ingestedAge}
	return nil
}

// parseAge reads what time.ParseDuration does, and days. An empty text is no age.
func parseAge(text string) (*time.Duration, error) {
	if text == "" {
		return nil, nil
	}
	days, isDays := strings.CutSuffix(text, "d")
	if !isDays {
		age, err := time.ParseDuration(text)
		return &age, err
	}
	n, err := strconv.ParseFloat(days, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is not an age", text)
	}
	age := time.Duration(n * 24 * float64(time.Hour))
	return &age, nil
}

var ingestionStatuses = []string{
	"RespectQuota", "ApproachingQuota", "OverQuota", "ForceOn", "ForceOff", "SubscriptionSuspended",
}

// PutWorkspace adds a workspace, or replaces the one with its id.
func (t *Tenant) PutWorkspace(w Workspace) error {
	if path := workspacePath.FindStringSubmatch(w.ID); path == nil || path[5] != "" {
		return fmt.Errorf("%q is not the Azure resource id of a workspace", w.ID)
	}
	key := strings.ToLower(w.ID)
	w.CustomerID = strings.ToLower(cmp.Or(w.CustomerID, uuid.NewSHA1(uuid.NameSpaceURL, []byte(key)).String()))
	w.IngestionStatus = cmp.Or(w.IngestionStatus, "RespectQuota")
	w.QueryAccess = cmp.Or(w.QueryAccess, "Enabled")
	if !slices.Contains(ingestionStatuses, w.IngestionStatus) {
		return fmt.Errorf("%q is not an ingestion status", w.IngestionStatus)
	}
	if w.QueryAccess != "Enabled" && w.QueryAccess != "Disabled" {
		return fmt.Errorf("the access of queries is Enabled or Disabled, not %q", w.QueryAccess)
	}
	tables := map[string]Table{UsageTable: {Plan: "Analytics"}}
	for name, table := range w.Tables {
		checked, err := table.checked(name, t.now())
		if err != nil {
			return err
		}
		tables[name] = checked
	}
	w.Tables = tables
	t.mu.Lock()
	defer t.mu.Unlock()
	t.workspaces[key] = w
	return nil
}

// PutTable adds a table to a workspace, or replaces the one with its name.
func (t *Tenant) PutTable(workspaceID, name string, table Table) error {
	checked, err := table.checked(name, t.now())
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	w, found := t.workspaces[strings.ToLower(workspaceID)]
	if !found {
		return fmt.Errorf("there is no workspace %q", workspaceID)
	}
	w.Tables = maps.Clone(w.Tables) // a query may be reading the other one
	w.Tables[name] = checked
	t.workspaces[strings.ToLower(workspaceID)] = w
	return nil
}

var tableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// checked returns the table with defaults filled in and ages turned into times.
func (t Table) checked(name string, now time.Time) (Table, error) {
	if !tableName.MatchString(name) {
		return Table{}, fmt.Errorf("%q is not the name of a table", name)
	}
	if name == UsageTable && len(t.Records) > 0 {
		return Table{}, errors.New("the records of Usage are made from those of the other tables")
	}
	t.Plan = cmp.Or(t.Plan, "Analytics")
	if !slices.Contains([]string{"Analytics", "Basic", "Auxiliary"}, t.Plan) {
		return Table{}, fmt.Errorf("table %s: %q is not a plan", name, t.Plan)
	}
	t.Records = slices.Clone(t.Records)
	for i, record := range t.Records {
		record = record.at(now)
		if record.Time.IsZero() {
			return Table{}, fmt.Errorf("table %s: a record has neither a time nor an age", name)
		}
		if record.Count < 0 || record.Count > maxRows {
			return Table{}, fmt.Errorf("table %s: there can't be %d records of one time", name, record.Count)
		}
		if record.Ingested.IsZero() {
			record.Ingested = record.Time
		}
		record.Count = max(record.Count, 1)
		t.Records[i] = record
	}
	return t, nil
}

// Workspace returns a workspace by its id in any letter case. The caller must not change what it holds.
func (t *Tenant) Workspace(id string) (Workspace, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w, found := t.workspaces[strings.ToLower(id)]
	return w, found
}

func (t *Tenant) workspaceOfCustomer(id string) (Workspace, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.workspaces {
		if w.CustomerID == strings.ToLower(id) {
			return w, true
		}
	}
	return Workspace{}, false
}

func (t *Tenant) ownsSubscription(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for workspace := range t.workspaces {
		if strings.HasPrefix(workspace, "/subscriptions/"+strings.ToLower(id)+"/") {
			return true
		}
	}
	return false
}

// Name is the last part of the workspace's id.
func (w Workspace) Name() string { return lastSegment.FindString(w.ID) }

// table finds a table as Resource Manager does, in any letter case.
func (w Workspace) table(name string) (string, Table, bool) {
	for known, table := range w.Tables {
		if strings.EqualFold(known, name) {
			return known, table, true
		}
	}
	return "", Table{}, false
}

func (w Workspace) isDelegatedTo(tenant string) bool {
	return slices.ContainsFunc(w.DelegatedTo, func(to string) bool { return strings.EqualFold(to, tenant) })
}
