package connector

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// adviceTimeout is how long advice may delay a plan.
const adviceTimeout = 10 * time.Second

// change is what a plan would do to a connector.
type change struct {
	plan model
	// creates says that the setting is a new one, and twin that another resource of the plan has the same one.
	creates, twin bool
	// newWorkspace says that the connector does not send to this workspace yet. newCategories are those that it does not
	// send there yet, without those that only an apply will tell.
	newWorkspace  bool
	newCategories []string
}

// advise warns of what an apply would run into. It never fails a plan. prior is nil for a creation.
func (r *connectorResource) advise(ctx context.Context, config model, prior *model, plan model) diag.Diagnostics {
	// Terraform plans a replacement again, as a creation, but drops the warnings of that plan.
	replaces := prior != nil && prior.identity() != plan.identity()
	moves := prior != nil && !aadiam.SameID(prior.LogAnalyticsWorkspaceID.ValueString(),
		plan.LogAnalyticsWorkspaceID.ValueString())
	planned := change{plan: plan, creates: prior == nil || replaces}
	planned.newWorkspace = planned.creates || moves
	planned.newCategories, _ = namesIn(plan.LogCategories)
	if !planned.newWorkspace {
		held, _ := namesIn(prior.LogCategories)
		planned.newCategories = aadiam.WithoutCategories(planned.newCategories, held)
	}
	if replaces {
		r.ledger.markLeaving(prior.identity())
	}
	known := !plan.Name.IsUnknown() && !plan.TenantID.IsUnknown()
	if known {
		entry := r.ledger.update(plan.identity(), func(e *ledgerEntry) {
			e.planned++
			e.created = e.created || planned.creates
		})
		planned.twin = entry.created && entry.planned > 1
	}

	var diags diag.Diagnostics
	found := r.lookUp(ctx, planned)
	name, tenant := plan.Name.ValueString(), plan.TenantID.ValueString()
	if planned.twin {
		diags.Append(planWarning("name", "one name for two resources", "<name>", name, "<tenant>", tenant))
	}
	wanted, err := defaultName(plan.attributes)
	switch {
	case found.noWorkspace: // then the id is probably a mistake, and so is the name that belongs to it
		diags.Append(planWarning("log_analytics_workspace_id", "The workspace was not found", "<tenant>", tenant,
			"<workspace>", plan.setting().WorkspaceID))
	case known && moves && config.Name.IsNull() && err == nil && strings.HasPrefix(name, namePrefix) &&
		!strings.EqualFold(name, wanted):
		diags.Append(planWarning("name", "a default name that stays", "<name>", name, "<wanted>", wanted))
	}
	diags.Append(r.adviseOnSettings(planned, found.settings)...)
	diags.Append(adviseOnCategories(planned, found.offered)...)
	if refused, evidence := entralogs.Refused(found.cloud, planned.newCategories); len(refused) > 0 {
		diags.Append(planWarning("log_categories", "Azure may refuse log categories in this cloud",
			"<categories>", strings.Join(refused, ", "), "<evidence>", evidence))
	}
	return diags
}

// facts are what a tenant has, as far as it could be read.
type facts struct {
	cloud       string // what azure.CloudName says
	settings    []aadiam.Setting
	offered     []string // log categories
	noWorkspace bool     // the planned one does not exist
}

// lookUp reads what a plan is compared with. A read that is refused, fails or times out is skipped. Plans that would
// send nothing new look nothing up.
func (r *connectorResource) lookUp(ctx context.Context, planned change) (found facts) {
	plan, tenant := planned.plan, planned.plan.TenantID.ValueString()
	if plan.TenantID.IsUnknown() || !planned.creates && len(planned.newCategories) == 0 {
		return facts{}
	}
	ctx, cancel := context.WithTimeout(ctx, adviceTimeout)
	defer cancel()
	var reads sync.WaitGroup
	var failures [3]error
	resourceManager, err := r.ResourceManager(ctx, tenant)
	if err == nil {
		resourceManager = resourceManager.WithoutRetries()
		client := aadiam.NewClient(resourceManager)
		found.cloud = azure.CloudName(client.Endpoint())
		reads.Go(func() { found.settings, failures[0] = client.List(ctx) })
		reads.Go(func() { found.offered, failures[1] = client.Categories(ctx) })
		if planned.newWorkspace && !plan.LogAnalyticsWorkspaceID.IsUnknown() {
			workspaces := loganalytics.NewClient(resourceManager, azure.Service{})
			reads.Go(func() { _, failures[2] = workspaces.Workspace(ctx, plan.setting().WorkspaceID) })
		}
		reads.Wait()
	}
	if found.noWorkspace = azure.IsStatus(failures[2], http.StatusNotFound); found.noWorkspace {
		failures[2] = nil
	}
	for _, err := range append(failures[:], err) {
		if err != nil {
			tflog.Info(ctx, "Advice skipped", map[string]any{"tenant": tenant, "reason": err.Error()})
		}
	}
	if len(found.offered) == 0 {
		found.offered = aadiam.Listed(found.settings)
	}
	return found
}

// planWarning warns about an attribute with what the remedies say under a heading.
func planWarning(attribute, heading string, known ...string) diag.Diagnostic {
	headline, text := remedy.OfPlan(heading, known...)
	return diag.NewAttributeWarningDiagnostic(path.Root(attribute), headline, text)
}

// adviseOnSettings warns of conflicts with the tenant's settings. Those that the plan destroys don't count.
func (r *connectorResource) adviseOnSettings(planned change, settings []aadiam.Setting) diag.Diagnostics {
	var diags diag.Diagnostics
	plan, tenant := planned.plan, planned.plan.TenantID.ValueString()
	wanted := plan.setting()
	wanted.Categories = planned.newCategories
	var others []aadiam.Setting
	for _, setting := range settings {
		entry := r.ledger.entry(identity{types.StringValue(setting.Name), plan.TenantID})
		switch {
		case strings.EqualFold(setting.Name, plan.Name.ValueString()):
			// a tainted or replaced one is created again under its own name
			if planned.creates && !planned.twin && !entry.managed && !entry.leaving {
				diags.AddAttributeWarning(path.Root("name"), fmt.Sprintf("The setting %q already exists", setting.Name),
					plan.described().Exists())
			}
		case !entry.leaving:
			others = append(others, setting)
			if shared := wanted.SharedWith(setting); len(shared) > 0 {
				diags.Append(planWarning("log_categories", "categories that are sent already", "<tenant>", tenant,
					"<name>", setting.Name, "<categories>", strings.Join(shared, ", ")))
			}
		}
	}
	if planned.creates && len(others) >= remedy.MostSettings {
		diags.AddWarning("The "+remedy.LimitReached, remedy.TooManySettings(tenant, namesOf(others),
			"An apply is likely to be refused."))
	}
	return diags
}

// adviseOnCategories warns of categories that the tenant does not offer, if the offered ones are known.
func adviseOnCategories(planned change, offered []string) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, category := range planned.newCategories {
		if len(offered) == 0 || slices.Contains(offered, category) {
			continue
		}
		detail := fmt.Sprintf("Tenant %s does not offer a log category of this name today, and Azure will probably refuse "+
			"it.", planned.plan.TenantID.ValueString())
		if alike := inputcheck.Closest(category, offered); alike != "" {
			detail += fmt.Sprintf(" Did you mean %q?", alike)
		}
		diags.AddAttributeWarning(path.Root("log_categories").AtSetValue(types.StringValue(category)),
			fmt.Sprintf("Unknown log category %q", category),
			remedy.Paragraphs(detail, "The data source sentinel_aad_log_categories lists the offered ones."))
	}
	return diags
}
