package resourcemanager

import (
	"encoding/json"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const workspace = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/RG/providers/" +
	"Microsoft.OperationalInsights/workspaces/Law"

func TestWorkspacesThatCannotBe(t *testing.T) {
	tenant := &Tenant{now: func() time.Time { return now }, workspaces: map[string]Workspace{}}
	for name, w := range map[string]Workspace{
		"an id":               {ID: "law"},
		"an ingestion status": {ID: workspace, IngestionStatus: "overquota"},
		"an access":           {ID: workspace, QueryAccess: "Private"},
		"a plan":              {ID: workspace, Tables: map[string]Table{"A": {Plan: "basic"}}},
		"a table's name":      {ID: workspace, Tables: map[string]Table{"A B": {}}},
		"a record's time":     {ID: workspace, Tables: map[string]Table{"A": {Records: []Record{{}}}}},
		"a count":             {ID: workspace, Tables: map[string]Table{"A": {Records: []Record{Aged(maxRows+1, 0, 0)}}}},
	} {
		if err := tenant.PutWorkspace(w); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if err := tenant.PutTable(workspace, "A", Table{}); err == nil {
		t.Error("a table without a workspace was accepted")
	}
}

func TestRecordsInJSON(t *testing.T) {
	for text, want := range map[string][2]time.Duration{
		`{"age":"2h","ingestedAge":"1h58m","count":3}`: {2 * time.Hour, time.Hour + 58*time.Minute},
		`{"age":"8d","ingestedAge":"7.5d"}`:            {192 * time.Hour, 180 * time.Hour},
		`{"age":"-30m","ingestedAge":"0s"}`:            {-30 * time.Minute, 0},
	} {
		var read Record
		err := json.Unmarshal([]byte(text), &read)
		read = read.at(now)
		if err != nil || now.Sub(read.Time) != want[0] || now.Sub(read.Ingested) != want[1] {
			t.Errorf("%s was read as %+v, %v", text, read, err)
		}
	}
	var read Record
	err := json.Unmarshal([]byte(`{"time":"2026-11-23T10:00:00Z","count":2}`), &read)
	if err != nil || !read.Time.Equal(now.Add(-2*time.Hour)) || read.Count != 2 || !read.Ingested.IsZero() {
		t.Errorf("a time was read as %+v, %v", read, err)
	}
	for _, text := range []string{`{"age":"yesterday"}`, `{"age":"xd"}`, `{"ages":"2h"}`, `{"time":"2h"}`} {
		if err := json.Unmarshal([]byte(text), &read); err == nil {
			t.Errorf("%s was read as %+v", text, read)
		}
	}
}
