package connector

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

const longestEventHubName = 256 // Azure's limit for event hubs

// Schema has no plan modifiers: ModifyPlan makes the whole plan.
func (r *connectorResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	optional := func(description string, validators ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
	}
	workspace := optional("Resource id of the Log Analytics workspace that Sentinel runs on, in any letter case. A "+
		"change is made in place.", inputcheck.ResourceID(azure.Workspace))
	workspace.Required, workspace.Optional = true, false
	name := optional("Name of the diagnostic setting. Changing it replaces the setting. Default: "+
		"`AzureSentinel_<workspace name>`, the setting that Sentinel's connector page reads and writes. The default keeps "+
		"its value when the workspace changes later.", settingName)
	tenant := optional("Tenant whose logs are streamed. Changing it replaces the setting. Default: the provider's "+
		"tenant. Any other must be listed in the provider's `allowed_tenant_ids`.", inputcheck.TenantID())
	name.Computed, tenant.Computed = true, true
	six := entralogs.Names(entralogs.Connector())
	timeouts, _ := timeouts.Block(ctx, timeouts.Opts{
		Create: true, Read: true, Update: true, Delete: true,
		CreateDescription: "Timeout for create, a duration such as `30m`, the default.",
		ReadDescription:   "Timeout for read, a duration such as `5m`, the default.",
		UpdateDescription: "Timeout for update, a duration such as `30m`, the default.",
		DeleteDescription: "Timeout for delete, a duration such as `30m`, the default.",
	}).(schema.SingleNestedBlock)
	timeouts.Validators = []validator.Object{inputcheck.Timeouts{}}

	resp.Schema = schema.Schema{
		MarkdownDescription: "The Microsoft Entra ID connector: a diagnostic setting that streams a tenant's sign-in, " +
			"audit and provisioning logs to the Log Analytics workspace of Microsoft Sentinel.",
		Attributes: map[string]schema.Attribute{
			"log_analytics_workspace_id": workspace,
			"log_categories": schema.SetAttribute{
				ElementType: types.StringType,
				Optional:    true, Computed: true,
				MarkdownDescription: "Log categories to stream, at least one. Any category that the tenant offers is allowed; " +
					"Azure sends nothing for one whose licence the tenant lacks. Default: the six of Sentinel's connector page as " +
					"of 2021-12-23, `" + strings.Join(six, "`, `") + "`; today's page lists fifteen.",
				Default:    setdefault.StaticValue(setOf(six)),
				Validators: []validator.Set{setvalidator.NoNullValues(), areCategories{}},
			},
			"name":      name,
			"tenant_id": tenant,
			"storage_account_id": optional("Resource id of a storage account that receives the same logs.",
				inputcheck.ResourceID(azure.StorageAccount)),
			"eventhub_authorization_rule_id": optional("Resource id of an authorization rule of an event hub namespace that "+
				"receives the same logs.", inputcheck.ResourceID(azure.EventHubRule)),
			"eventhub_name": optional("Event hub in that namespace. If omitted, Azure uses a default one.",
				stringvalidator.LengthBetween(1, longestEventHubName),
				stringvalidator.AlsoRequires(path.MatchRoot("eventhub_authorization_rule_id"))),
			"tables": schema.MapAttribute{
				ElementType: types.StringType,
				Computed:    true,
				MarkdownDescription: "Log Analytics table of each category, such as `SignInLogs = \"SigninLogs\"`. Categories " +
					"whose table is not known are omitted.",
			},
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Azure resource id of the setting: `/providers/microsoft.aadiam/diagnosticSettings/<name>`.",
			},
		},
		Blocks: map[string]schema.Block{"timeouts": timeouts},
	}
}

func (r *connectorResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest,
	resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"name": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "Name of the diagnostic setting.",
			},
			"tenant_id": identityschema.StringAttribute{
				OptionalForImport: true,
				Description:       "Tenant, in lower case. If omitted, import uses the provider's tenant.",
			},
		},
	}
}
