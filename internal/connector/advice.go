package connector

import (
	"context"
	"fmt"
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
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

const (
	// mostSettings is how many diagnostic settings Azure allows a tenant (wire contract 3.6).
	mostSettings = 5

	// adviceTimeout is how long a plan may be held up for the sake of advice.
	adviceTimeout = 10 * time.Second
)

// change is what a plan would do to a connector.
type change struct {
	creates bool
	// fresh are the categories that would go to the workspace and do not yet.
	fresh []string
}

// changeOf compares a plan with the state; prior is nil for a creation. Categories that are not known yet are left out.
func changeOf(prior *model, plan model) change {
	categories := knownCategories(plan)
	if prior == nil {
		return change{creates: true, fresh: categories}
	}
	if !aadiam.SameID(prior.LogAnalyticsWorkspaceID.ValueString(), plan.LogAnalyticsWorkspaceID.ValueString()) {
		return change{fresh: categories}
	}
	return change{fresh: aadiam.WithoutCategories(categories, knownCategories(*prior))}
}

func knownCategories(m model) []string {
	var names []string
	for _, element := range m.LogCategories.Elements() {
		if name, ok := element.(types.String); ok && !name.IsUnknown() {
			names = append(names, name.ValueString())
		}
	}
	return names
}

// advise looks at what the tenant has and warns of what an apply would run into. It decides nothing: a look-up that is refused or fails, or takes long, is
// skipped. Nothing is looked up where nothing new would be sent.
func (r *connectorResource) advise(ctx context.Context, prior *model, plan model) diag.Diagnostics {
	planned := changeOf(prior, plan)
	if plan.TenantID.IsUnknown() || !planned.creates && len(planned.fresh) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, adviceTimeout)
	defer cancel()
	tenant := plan.TenantID.ValueString()
	resourceManager, err := r.tenants.ResourceManager(ctx, tenant)
	if err != nil {
		skipAdvice(ctx, tenant, err)
		return nil
	}
	client := aadiam.NewClient(resourceManager.WithoutRetries())

	var settings []aadiam.Setting
	var offered []string
	var lookups sync.WaitGroup
	lookups.Go(func() { settings = orSkip(ctx, tenant, client.List) })
	lookups.Go(func() { offered = orSkip(ctx, tenant, client.Categories) })
	lookups.Wait()
	if len(offered) == 0 {
		offered = aadiam.Listed(settings)
	}
	diags := r.adviseOnSettings(planned, plan, settings)
	diags.Append(adviseOnCategories(planned, tenant, offered)...)
	diags.Append(adviseOnCloud(planned, azure.CloudName(client.Endpoint()))...)
	return diags
}

func orSkip[T any](ctx context.Context, tenant string, lookUp func(context.Context) ([]T, error)) []T {
	found, err := lookUp(ctx)
	if err != nil {
		skipAdvice(ctx, tenant, err)
	}
	return found
}

func skipAdvice(ctx context.Context, tenant string, err error) {
	tflog.Info(ctx, "Advice skipped", map[string]any{"tenant": tenant, "reason": err.Error()})
}

// adviseOnSettings warns of what stands in the way among the tenant's settings. Those that this plan takes away don't.
func (r *connectorResource) adviseOnSettings(planned change, plan model, settings []aadiam.Setting) diag.Diagnostics {
	var diags diag.Diagnostics
	var others []string
	wanted := aadiam.Setting{WorkspaceID: plan.LogAnalyticsWorkspaceID.ValueString(), Categories: planned.fresh}
	for _, setting := range settings {
		managed, leaving := r.ledger.knows(plan.TenantID.ValueString(), setting.Name)
		if strings.EqualFold(setting.Name, plan.Name.ValueString()) {
			if planned.creates && !managed && !leaving { // a tainted or forcibly replaced one is created anew under its own name
				diags.AddAttributeWarning(path.Root("name"), fmt.Sprintf("The setting %q exists already", setting.Name), existsAdvice(plan))
				planned.creates = false // and so not a sixth
			}
			continue
		}
		if leaving {
			continue
		}
		others = append(others, setting.Name)
		if shared := wanted.SharedWith(setting); len(shared) > 0 {
			diags.AddAttributeWarning(path.Root("log_categories"), fmt.Sprintf("The setting %q sends this already", setting.Name), fmt.Sprintf(
				"In tenant %s the diagnostic setting %q sends %s to the same workspace. Azure refuses that for other kinds of diagnostic settings, and probably for these. "+
					"Take what both send out of one of them, or import that one and manage it instead of this.",
				plan.TenantID.ValueString(), setting.Name, strings.Join(shared, ", ")))
		}
	}
	slices.Sort(others)
	if planned.creates && len(others) >= mostSettings {
		diags.AddWarning("The tenant has as many diagnostic settings as it may", fmt.Sprintf(
			"Tenant %s has %d diagnostic settings, and Azure allows %d: %s. An apply is likely to be refused. Delete one of them, or import one and manage that instead.",
			plan.TenantID.ValueString(), len(others), mostSettings, strings.Join(others, ", ")))
	}
	return diags
}

// adviseOnCategories warns of categories that the tenant does not offer, where it is known what it offers.
func adviseOnCategories(planned change, tenant string, offered []string) diag.Diagnostics {
	var diags diag.Diagnostics
	if len(offered) == 0 {
		return nil
	}
	for _, category := range planned.fresh {
		if slices.Contains(offered, category) {
			continue
		}
		detail := fmt.Sprintf("Tenant %s offers no log category of this name today, and Azure is likely to refuse it.", tenant)
		if alike, found := mostAlike(category, offered); found {
			detail += fmt.Sprintf(" Did you mean %q?", alike)
		}
		diags.AddAttributeWarning(path.Root("log_categories").AtSetValue(types.StringValue(category)), fmt.Sprintf("Unknown log category %q", category),
			remedy.Paragraphs(detail, "The data source sentinel_aad_log_categories lists those that the tenant offers."))
	}
	return diags
}

// adviseOnCloud warns of categories that the cloud is not known to support, whatever its list says: Azure refuses a whole setting for one of them.
func adviseOnCloud(planned change, cloud string) diag.Diagnostics {
	refused, evidence := entralogs.Refused(cloud, planned.fresh)
	if len(refused) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("log_categories"), "Azure may refuse log categories in this cloud",
		refusedInCloud(refused, evidence)+" If an apply is refused, take them out of log_categories.")}
}

func refusedInCloud(refused []string, evidence string) string {
	return fmt.Sprintf("%s: %s Azure refuses a whole diagnostic setting for one category that it does not support.", strings.Join(refused, ", "), evidence)
}

// mostAlike finds the category that a misspelled name, or a table's, may mean.
func mostAlike(name string, names []string) (string, bool) {
	if category, isTable := entralogs.LookupTable(name); isTable {
		name = category.Name
	}
	return inputcheck.Closest(name, names)
}
