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

// changeOf compares a plan with the state; prior is nil for a creation.
func changeOf(prior *model, plan model) change {
	categories, _ := namesIn(plan.LogCategories)
	planned := change{plan: plan, creates: prior == nil, newWorkspace: true, newCategories: categories}
	if prior != nil && aadiam.SameID(prior.LogAnalyticsWorkspaceID.ValueString(),
		plan.LogAnalyticsWorkspaceID.ValueString()) {
		held, _ := namesIn(prior.LogCategories)
		planned.newWorkspace, planned.newCategories = false, aadiam.WithoutCategories(categories, held)
	}
	return planned
}

// advise warns of what an apply would run into. It never fails a plan.
func (r *connectorResource) advise(ctx context.Context, config model, prior *model, plan model) diag.Diagnostics {
	var diags diag.Diagnostics
	replaces := prior != nil && prior.identity() != plan.identity()
	twin := false
	if !plan.Name.IsUnknown() && !plan.TenantID.IsUnknown() {
		// The second plan of a replacement is counted as well, but Terraform drops its warnings.
		if twin = r.ledger.plan(plan.identity(), prior == nil || replaces); twin {
			diags.Append(adviseOnTwin(plan))
		}
		if prior != nil && config.Name.IsNull() && changeOf(prior, plan).newWorkspace {
			diags.Append(adviseOnDefaultName(plan))
		}
	}
	if replaces {
		r.ledger.markLeaving(prior.identity())
		prior = nil // Terraform plans a replacement again, as a creation, but drops the warnings of that plan
	}
	planned := changeOf(prior, plan)
	planned.twin = twin
	return append(diags, r.lookUp(ctx, planned)...)
}

// adviseOnTwin warns of two resources that have the same setting.
func adviseOnTwin(plan model) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("name"),
		fmt.Sprintf("Another resource also manages the setting %q", plan.Name.ValueString()), fmt.Sprintf(
			"Two resources of this configuration have this name in tenant %s, so both describe the same diagnostic setting. "+
				"Creating one that exists fails, because it never overwrites a setting. Remove one of the resources, or set "+
				"another name: the default name ignores the resource group.", plan.TenantID.ValueString()))
}

// adviseOnDefaultName warns of a default name that the connector page of a new workspace does not read.
func adviseOnDefaultName(plan model) diag.Diagnostic {
	name := plan.Name.ValueString()
	wanted, err := defaultName(plan)
	if err != nil || !strings.HasPrefix(name, namePrefix) || strings.EqualFold(name, wanted) {
		return nil
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("name"), fmt.Sprintf("The setting keeps the name %q", name),
		remedy.Paragraphs(
			fmt.Sprintf("The default name does not follow a change of the workspace. Sentinel's connector page of the new "+
				"workspace reads the setting %q and will not show this one as connected, although the logs arrive.", wanted),
			"To use the page's name, set it. This replaces the setting:", remedy.Command(fmt.Sprintf("name = %q", wanted))))
}

// lookUp compares a plan with what the tenant has. A read that is refused, fails or times out is skipped. Plans that
// would send nothing new look nothing up.
func (r *connectorResource) lookUp(ctx context.Context, planned change) diag.Diagnostics {
	plan := planned.plan
	if plan.TenantID.IsUnknown() || !planned.creates && len(planned.newCategories) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, adviceTimeout)
	defer cancel()
	tenant := plan.TenantID.ValueString()
	resourceManager, err := r.ResourceManager(ctx, tenant)
	if err != nil {
		skipAdvice(ctx, tenant, err)
		return nil
	}
	resourceManager = resourceManager.WithoutRetries()
	client := aadiam.NewClient(resourceManager)

	var settings []aadiam.Setting
	var offered []string
	var diags diag.Diagnostics
	var reads sync.WaitGroup
	reads.Go(func() { settings = orSkip(ctx, tenant, client.List) })
	reads.Go(func() { offered = orSkip(ctx, tenant, client.Categories) })
	if planned.newWorkspace && !plan.LogAnalyticsWorkspaceID.IsUnknown() {
		reads.Go(func() { diags.Append(adviseOnWorkspace(ctx, plan, resourceManager)) })
	}
	reads.Wait()
	if len(offered) == 0 {
		offered = aadiam.Listed(settings)
	}
	diags.Append(r.adviseOnSettings(planned, settings)...)
	diags.Append(adviseOnCategories(planned, offered)...)
	if refused := refusedInCloud(client, planned.newCategories); refused != "" {
		diags.AddAttributeWarning(path.Root("log_categories"), "Azure may refuse log categories in this cloud",
			refused+" If an apply is refused, take them out of log_categories.")
	}
	return diags
}

func orSkip[T any](ctx context.Context, tenant string, read func(context.Context) ([]T, error)) []T {
	found, err := read(ctx)
	if err != nil {
		skipAdvice(ctx, tenant, err)
	}
	return found
}

func skipAdvice(ctx context.Context, tenant string, err error) {
	tflog.Info(ctx, "Advice skipped", map[string]any{"tenant": tenant, "reason": err.Error()})
}

// adviseOnWorkspace warns of a workspace that does not exist, the most common mistake.
func adviseOnWorkspace(ctx context.Context, plan model, resourceManager azure.Service) diag.Diagnostic {
	id, tenant := strings.TrimSuffix(plan.LogAnalyticsWorkspaceID.ValueString(), "/"), plan.TenantID.ValueString()
	_, err := loganalytics.NewClient(resourceManager, azure.Service{}).Workspace(ctx, id)
	if err == nil {
		return nil
	}
	if !azure.IsStatus(err, http.StatusNotFound) {
		skipAdvice(ctx, tenant, err)
		return nil
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("log_analytics_workspace_id"), "The workspace was not found",
		fmt.Sprintf("The identity in tenant %s finds no workspace %s. Check the subscription, the resource group and the "+
			"name; a workspace in another tenant must be delegated by Azure Lighthouse. If this configuration creates the "+
			"workspace, use a reference to its id.", tenant, id))
}

// adviseOnSettings warns of conflicts with the tenant's settings. Those that the plan destroys don't count.
func (r *connectorResource) adviseOnSettings(planned change, settings []aadiam.Setting) diag.Diagnostics {
	var diags diag.Diagnostics
	plan, tenant := planned.plan, planned.plan.TenantID.ValueString()
	wanted := aadiam.Setting{Categories: planned.newCategories}
	wanted.WorkspaceID = plan.LogAnalyticsWorkspaceID.ValueString()
	var others []aadiam.Setting
	for _, setting := range settings {
		known := r.ledger.entry(identity{types.StringValue(setting.Name), plan.TenantID})
		switch {
		case strings.EqualFold(setting.Name, plan.Name.ValueString()):
			// a tainted or replaced one is created again under its own name
			if planned.creates && !planned.twin && !known.managed && !known.leaving {
				diags.AddAttributeWarning(path.Root("name"), fmt.Sprintf("The setting %q already exists", setting.Name),
					plan.described().Exists())
			}
		case !known.leaving:
			others = append(others, setting)
			if shared := wanted.SharedWith(setting); len(shared) > 0 {
				diags.AddAttributeWarning(path.Root("log_categories"), fmt.Sprintf("The setting %q already sends these categories",
					setting.Name), fmt.Sprintf("In tenant %s the diagnostic setting %q sends %s to the same workspace. Azure refuses "+
					"this for other kinds of diagnostic settings, and probably for these. Remove the shared categories from one of "+
					"them, or import that one and manage it instead of this one.", tenant, setting.Name, strings.Join(shared, ", ")))
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
