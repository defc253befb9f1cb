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

const (
	// mostSettings is how many diagnostic settings Azure allows per tenant (internal/azuresim/README.md, "The limit of
	// five").
	mostSettings = 5

	// adviceTimeout is how long advice may delay a plan.
	adviceTimeout = 10 * time.Second
)

// change is what a plan would do to a connector.
type change struct {
	creates bool
	// newWorkspace says that the connector does not send to this workspace yet. newCategories are those that it does not
	// send there yet.
	newWorkspace  bool
	newCategories []string
}

// changeOf compares a plan with the state; prior is nil for a creation. Unknown categories are omitted.
func changeOf(prior *model, plan model) change {
	categories := plan.knownCategories()
	if prior == nil {
		return change{creates: true, newWorkspace: true, newCategories: categories}
	}
	if !aadiam.SameID(prior.LogAnalyticsWorkspaceID.ValueString(), plan.LogAnalyticsWorkspaceID.ValueString()) {
		return change{newWorkspace: true, newCategories: categories}
	}
	return change{newCategories: aadiam.WithoutCategories(categories, prior.knownCategories())}
}

// advise reads what the tenant has and warns of what an apply would run into. It never fails a plan: a read that is
// refused, fails or times out is skipped. Plans that would send nothing new skip these checks.
func (r *connectorResource) advise(ctx context.Context, prior *model, plan model) diag.Diagnostics {
	planned := changeOf(prior, plan)
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
	client := aadiam.NewClient(resourceManager.WithoutRetries())

	var settings []aadiam.Setting
	var offered []string
	var diags diag.Diagnostics
	var reads sync.WaitGroup
	reads.Go(func() { settings = orSkip(ctx, tenant, client.List) })
	reads.Go(func() { offered = orSkip(ctx, tenant, client.Categories) })
	if planned.newWorkspace && !plan.LogAnalyticsWorkspaceID.IsUnknown() {
		reads.Go(func() { diags = adviseOnWorkspace(ctx, plan, resourceManager.WithoutRetries()) })
	}
	reads.Wait()
	if len(offered) == 0 {
		offered = aadiam.Listed(settings)
	}
	diags.Append(r.adviseOnSettings(planned, plan, settings)...)
	diags.Append(adviseOnCategories(planned, tenant, offered)...)
	diags.Append(adviseOnCloud(planned, azure.CloudName(client.Endpoint()))...)
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

// adviseOnName warns of two resources that have the same setting, and of a default name that the connector page of
// a new workspace does not read. It sends no request.
func (r *connectorResource) adviseOnName(config model, prior *model, plan model) diag.Diagnostics {
	var diags diag.Diagnostics
	if plan.Name.IsUnknown() || plan.TenantID.IsUnknown() {
		return nil
	}
	name, tenant := plan.Name.ValueString(), plan.TenantID.ValueString()
	creates := prior == nil || prior.identity() != plan.identity()
	// The second plan of a replacement is counted as well, but Terraform drops its warnings.
	if r.ledger.plan(plan, creates) {
		diags.AddAttributeWarning(path.Root("name"), fmt.Sprintf("Another resource also manages the setting %q", name),
			fmt.Sprintf(
				"Two resources of this configuration have this name in tenant %s, so both describe the same diagnostic setting. "+
					"Creating one that exists fails, because it never overwrites a setting. Remove one of the resources, or set "+
					"another name: the default name ignores the resource group.", tenant))
	}
	if prior == nil || !changeOf(prior, plan).newWorkspace {
		return diags
	}
	wanted, err := defaultName(plan)
	isDefault := config.Name.IsNull() && strings.HasPrefix(name, namePrefix)
	if err != nil || !isDefault || strings.EqualFold(name, wanted) {
		return diags
	}
	diags.AddAttributeWarning(path.Root("name"), fmt.Sprintf("The setting keeps the name %q", name), remedy.Paragraphs(
		fmt.Sprintf("The default name does not follow a change of the workspace. Sentinel's connector page of the new "+
			"workspace reads the setting %q and will not show this one as connected, although the logs arrive.", wanted),
		"To use the page's name, set it. This replaces the setting:", remedy.Command(fmt.Sprintf("name = %q", wanted))))
	return diags
}

// adviseOnWorkspace warns of a workspace that does not exist, the most common mistake.
func adviseOnWorkspace(ctx context.Context, plan model, resourceManager azure.Service) diag.Diagnostics {
	id := strings.TrimSuffix(plan.LogAnalyticsWorkspaceID.ValueString(), "/")
	tenant := plan.TenantID.ValueString()
	_, err := loganalytics.NewClient(resourceManager, azure.Service{}).Workspace(ctx, id)
	if err == nil {
		return nil
	}
	if !azure.IsStatus(err, http.StatusNotFound) {
		skipAdvice(ctx, tenant, err)
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("log_analytics_workspace_id"),
		"The workspace was not found", fmt.Sprintf(
			"The identity in tenant %[2]s finds no workspace %[1]s. Check the subscription, the resource group and the name; "+
				"a workspace in another tenant must be delegated by Azure Lighthouse. If this configuration creates the "+
				"workspace, use a reference to its id.", id, tenant))}
}

// adviseOnSettings warns of conflicts with the tenant's settings. Those that the plan destroys don't count.
func (r *connectorResource) adviseOnSettings(planned change, plan model, settings []aadiam.Setting) diag.Diagnostics {
	var diags diag.Diagnostics
	var others []string
	wanted := aadiam.Setting{WorkspaceID: plan.LogAnalyticsWorkspaceID.ValueString(), Categories: planned.newCategories}
	for _, setting := range settings {
		known := r.ledger.entry(plan.TenantID, types.StringValue(setting.Name))
		if strings.EqualFold(setting.Name, plan.Name.ValueString()) {
			// a tainted or replaced one is created again under its own name
			if planned.creates && !known.managed && !known.leaving {
				diags.AddAttributeWarning(path.Root("name"), fmt.Sprintf("The setting %q already exists", setting.Name),
					plan.described().Exists())
				planned.creates = false // so it is not a sixth
			}
			continue
		}
		if known.leaving {
			continue
		}
		others = append(others, setting.Name)
		if shared := wanted.SharedWith(setting); len(shared) > 0 {
			diags.AddAttributeWarning(path.Root("log_categories"), fmt.Sprintf("The setting %q already sends this",
				setting.Name), fmt.Sprintf(
				"In tenant %s the diagnostic setting %q sends %s to the same workspace. Azure refuses this for other kinds of "+
					"diagnostic settings, and probably for these. Remove the shared categories from one of them, or import that "+
					"one and manage it instead of this one.",
				plan.TenantID.ValueString(), setting.Name, strings.Join(shared, ", ")))
		}
	}
	slices.Sort(others)
	if planned.creates && len(others) >= mostSettings {
		diags.AddWarning("The tenant has reached Azure's limit of five diagnostic settings", fmt.Sprintf(
			"Tenant %s has %d diagnostic settings, and Azure allows %d: %s. An apply is likely to be refused. Delete one of "+
				"them, or import one and manage that instead.",
			plan.TenantID.ValueString(), len(others), mostSettings, strings.Join(others, ", ")))
	}
	return diags
}

// adviseOnCategories warns of categories that the tenant does not offer, if the offered ones are known.
func adviseOnCategories(planned change, tenant string, offered []string) diag.Diagnostics {
	var diags diag.Diagnostics
	if len(offered) == 0 {
		return nil
	}
	for _, category := range planned.newCategories {
		if slices.Contains(offered, category) {
			continue
		}
		detail := fmt.Sprintf("Tenant %s does not offer a log category of this name today, and Azure will probably refuse "+
			"it.", tenant)
		if alike, found := mostAlike(category, offered); found {
			detail += fmt.Sprintf(" Did you mean %q?", alike)
		}
		diags.AddAttributeWarning(path.Root("log_categories").AtSetValue(types.StringValue(category)),
			fmt.Sprintf("Unknown log category %q", category),
			remedy.Paragraphs(detail, "The data source sentinel_aad_log_categories lists the offered ones."))
	}
	return diags
}

// adviseOnCloud warns of categories that the cloud probably does not support, whatever its list says.
func adviseOnCloud(planned change, cloud string) diag.Diagnostics {
	refused, evidence := entralogs.Refused(cloud, planned.newCategories)
	if len(refused) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("log_categories"),
		"Azure may refuse log categories in this cloud",
		refusedInCloud(refused, evidence)+" If an apply is refused, take them out of log_categories.")}
}

func refusedInCloud(refused []string, evidence string) string {
	return fmt.Sprintf("%s: %s Azure refuses a whole diagnostic setting for one category that it does not support.",
		strings.Join(refused, ", "), evidence)
}

// mostAlike finds the category that a misspelled name or a table's name probably means.
func mostAlike(name string, names []string) (string, bool) {
	if category, isTable := entralogs.LookupTable(name); isTable {
		name = category.Name
	}
	return inputcheck.Closest(name, names)
}
