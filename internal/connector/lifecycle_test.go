package connector_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// step is a run of Terraform.
type step struct {
	azure    func(*run) // happens before
	config   string
	planOnly bool
}

// Each story goes as the golden file of its name says: what a plan and its apply ask of Azure and send to it, and what
// becomes of the connector.
func TestLifecycle(t *testing.T) {
	rule := line("eventhub_authorization_rule_id", hubRule)
	categoriesUnknown := connector(lawSOC, "log_categories = unknown")
	categoryUnknown := connector(lawSOC, `log_categories = ["AuditLogs", unknown]`)
	workspaceUnknown := strings.ReplaceAll(connector("unknown"), `"unknown"`, "unknown")
	each(t, map[string][]step{
		// Timeouts are the state's alone. Without log_categories it is the six again, and the default name stays when the
		// workspace changes.
		"from creation to destruction": {
			{config: entra},
			{config: connector(lawSOC, categories("AuditLogs", "RiskyUsers", "BrandNewLogs")), azure: offering("BrandNewLogs")},
			{config: connector(lawSOC, categories("AuditLogs", "RiskyUsers", "BrandNewLogs"), timeout("read", "1m"))},
			{config: connector(lawTwo)},
			{config: connector(lawTwo, line("name", "Entra logs"))},
			{config: ""},
		},
		"other destinations": {
			{config: connector(lawSOC, line("storage_account_id", archive), rule, line("eventhub_name", "entra"))},
			{config: connector(lawSOC, rule)},
			{config: entra},
		},
		// A workspace may be made in the same run, and categories, too, may be known after the apply only.
		"unknown values": {
			{config: workspaceUnknown, planOnly: true},
			{config: categoriesUnknown, planOnly: true},
			{config: categoryUnknown, planOnly: true},
			{config: entra},
			{config: workspaceUnknown, planOnly: true},
			{config: categoriesUnknown, planOnly: true},
			{config: categoryUnknown, planOnly: true},
		},
		// Taking tenant_id away means the provider's own tenant again, which is another setting.
		"another tenant and back": {
			{config: connector(lawSOC, line("tenant_id", strings.ToUpper(acctest.OtherTenantID)))},
			{config: entra},
		},
		// The plan shows what an apply would take out of the setting.
		"an import of more than is configured": {
			{config: entra + importing(soc), azure: func(r *run) {
				r.put(soc, portal(lawSOC, map[string]any{"storageAccountId": archive}, append([]string{"RiskyUsers"}, six...)...))
			}},
		},
		"an import of what the list does not show yet": {
			{config: entra + importing(strings.ToLower(soc)), planOnly: true, azure: func(r *run) {
				r.put(soc, portal(lawSOC, nil, six...))
				r.Sim.AddFault(azuresim.Fault{PathEnd: "/diagnosticSettings", Status: 200, Body: `{"value":[]}`})
			}},
		},
		"a move of what was changed since": {
			{config: movedConnector + moved(azurermResource), azure: func(r *run) {
				moving("azurerm-4", "", "")(r)
				r.put(movedName, movedSetting("RiskyUsers"))
			}},
		},
	}, func(r *run, story []step) {
		var told strings.Builder
		for _, step := range story {
			r.take(step, &told)
		}
		r.toldOf("lifecycles", strings.ReplaceAll(told.String(), group, "<group>/"))
	})
}

// take runs Terraform and tells what it does. After an apply, nothing is left to do.
func (r *run) take(step step, told *strings.Builder) {
	if step.azure != nil {
		step.azure(r)
		r.Sim.ForgetRequests()
	}
	config := r.Provider(`allowed_tenant_ids = ["*"]`) + step.config
	plan := r.tf.Plan(config)
	if len(plan.Errors()) > 0 {
		r.Fatal(plan.Diagnostics)
	}
	fmt.Fprintf(told, "---%s\nPlan:\n%s", strings.ReplaceAll(step.config, "\n  \n", "\n"), r.told(plan))
	change := plan.Changes[address]
	tell(told, "planned", change.Before, change.After)
	if step.planOnly {
		return
	}
	r.succeeded(plan.Apply())
	fmt.Fprintf(told, "\nApply:\n%s", r.requests())
	if held := r.tf.State[address]; held != nil {
		tell(told, "state", change.After, held.Attributes())
		tell(told, "identity", nil, held.Identity())
	}
	r.plan(config, noChanges)
	fmt.Fprintf(told, "\nNothing is left to do:\n%s\n", r.requests())
}

// told is what a plan asks of Azure, and what a user reads.
func (r *run) told(plan *protocol.Plan) string {
	text := r.requests() + plan.Summary() + "\n"
	for _, one := range plan.Diagnostics {
		text += "\n" + r.printed(one)
	}
	return text
}

// requests are those to Resource Manager since the last call of it, with what they send. Reads may be made side by
// side, so those between two writes are sorted.
func (r *run) requests() string {
	var all, reads []string
	for _, e := range r.Sim.Requests() {
		if !strings.HasPrefix(e.Path, "/providers/") && !strings.HasPrefix(e.Path, "/subscriptions/") {
			continue
		}
		request := e.Method + " " + path.Base(e.Path)
		if e.TokenTenant != acctest.TenantID {
			request += " in the other tenant"
		}
		if e.Method == http.MethodGet {
			reads = append(reads, request)
			continue
		}
		slices.Sort(reads)
		all, reads = append(append(all, reads...), strings.TrimSpace(request+" "+e.RequestBody)), nil
	}
	r.Sim.ForgetRequests()
	slices.Sort(reads)
	return strings.Join(append(all, append(reads, "")...), "\n")
}

// tell tells which attributes of a resource differ.
func tell(told *strings.Builder, where string, before, after map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if from, to := before[name], after[name]; !reflect.DeepEqual(from, to) {
			text, _ := json.Marshal(to)
			if from != nil {
				was, _ := json.Marshal(from)
				text = append(append(was, " -> "...), text...)
			}
			fmt.Fprintf(told, "%s %s: %s\n", where, name, text)
		}
	}
}
