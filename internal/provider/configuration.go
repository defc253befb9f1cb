package provider

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// reader puts together what the provider block and the environment say, the block first. An empty text counts as not given in
// both, as in azurerm.
type reader struct {
	diags *diag.Diagnostics
}

func newReader(diags *diag.Diagnostics) reader { return reader{diags} }

func (r reader) config(ctx context.Context, b block) azure.Config {
	config := azure.Config{
		SignIn: azure.SignIn{
			TenantID:                 r.text(b.TenantID, path.Root("tenant_id"), "ARM_TENANT_ID"),
			ClientID:                 r.text(b.ClientID, path.Root("client_id"), "ARM_CLIENT_ID"),
			ClientSecret:             r.text(b.ClientSecret, path.Root("client_secret"), "ARM_CLIENT_SECRET"),
			UseCLI:                   r.toggle(b.UseCLI, path.Root("use_cli"), "ARM_USE_CLI", true),
			DisableInstanceDiscovery: r.toggle(b.DisableInstanceDiscovery, path.Root("disable_instance_discovery"), "ARM_DISABLE_INSTANCE_DISCOVERY", false).Value != "",
		},
		Cloud:            r.cloud(ctx, b),
		AllowedTenantIDs: r.allowedTenants(ctx, b.AllowedTenantIDs),
	}
	if tenant := config.SignIn.TenantID; tenant.Value != "" && !azure.IsGUID(tenant.Value) {
		r.fault(path.Root("tenant_id"), "Not a tenant id", fmt.Sprintf("%q, from %s, is not a GUID. A tenant's domain name does not do, since a token names its tenant by GUID. "+
			"\"az account show --query tenantId\" prints it.", tenant.Value, tenant.Source))
	}
	return config
}

// known refuses a value that only an apply will tell, since the provider needs it to plan.
func (r reader) known(value attr.Value, at path.Path) bool {
	if !value.IsUnknown() {
		return true
	}
	r.fault(at, "The provider block holds an unknown value", fmt.Sprintf("%s depends on something that is not created yet. "+
		"Apply that first with -target, or give the value by a variable or the environment.", at))
	return false
}

func (r reader) text(value types.String, at path.Path, variable string) azure.Input {
	if !r.known(value, at) {
		return azure.Input{}
	}
	if text := value.ValueString(); text != "" {
		return azure.Input{Value: text, Source: at.String() + " in the provider block", InBlock: true}
	}
	if text := os.Getenv(variable); text != "" {
		return azure.Input{Value: text, Source: variable}
	}
	return azure.Input{}
}

// toggle is a text that is "" for false.
func (r reader) toggle(value types.Bool, at path.Path, variable string, otherwise bool) azure.Input {
	if !r.known(value, at) {
		return azure.Input{}
	}
	input := azure.Input{Source: "the default of " + at.String()}
	on := otherwise
	if text := os.Getenv(variable); !value.IsNull() {
		input.Source, input.InBlock = at.String()+" in the provider block", true
		on = value.ValueBool()
	} else if text != "" {
		input.Source = variable
		parsed, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			r.fault(at, "Not true or false", fmt.Sprintf("The environment variable %s is %q; it must be true or false.", variable, text))
		}
		on = parsed
	}
	if on {
		input.Value = "true"
	}
	return input
}

func (r reader) cloud(ctx context.Context, b block) azure.Cloud {
	name := r.text(b.Environment, path.Root("environment"), "ARM_ENVIRONMENT")
	if name.Value == "" {
		name = azure.Input{Value: "public", Source: "the default of environment"}
	}
	if strings.EqualFold(name.Value, azure.CustomCloud) {
		return r.customCloud(ctx, b.Endpoint)
	}
	if !b.Endpoint.IsNull() {
		r.fault(path.Root("endpoint"), "Endpoints without a custom environment",
			fmt.Sprintf("endpoint is for environment = \"custom\", and the environment is %q from %s.", name.Value, name.Source))
	}
	cloud, known := azure.NamedCloud(name.Value)
	if !known {
		r.fault(path.Root("environment"), "Unknown environment",
			fmt.Sprintf("%q, from %s, is not a cloud. It must be one of: %s.", name.Value, name.Source, strings.Join(azure.Environments, ", ")))
	}
	return cloud
}

func (r reader) customCloud(ctx context.Context, value types.Object) azure.Cloud {
	var b endpointBlock
	at := path.Root("endpoint")
	if !r.known(value, at) {
		return azure.Cloud{}
	}
	if !value.IsNull() {
		r.diags.Append(value.As(ctx, &b, basetypes.ObjectAsOptions{})...)
	}
	return azure.Cloud{
		AuthorityHost: r.endpoint(b.AuthorityHost, at.AtName("active_directory_authority_host"), "ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST", required, azure.NormalizeAuthority),
		ResourceManager: azure.Endpoint{
			URL:      r.endpoint(b.ResourceManagerEndpoint, at.AtName("resource_manager_endpoint"), "ARM_RESOURCE_MANAGER_ENDPOINT", required, azure.NormalizeURL),
			Audience: r.endpoint(b.ResourceManagerAudience, at.AtName("resource_manager_audience"), "ARM_RESOURCE_MANAGER_AUDIENCE", required, asIs),
		},
		// Only asking for data needs these two.
		LogAnalytics: azure.Endpoint{
			URL:      r.endpoint(b.LogAnalyticsEndpoint, at.AtName("log_analytics_endpoint"), "ARM_LOG_ANALYTICS_ENDPOINT", optional, azure.NormalizeURL),
			Audience: r.endpoint(b.LogAnalyticsAudience, at.AtName("log_analytics_audience"), "ARM_LOG_ANALYTICS_AUDIENCE", optional, asIs),
		},
	}
}

const (
	required = true
	optional = false
)

func asIs(text string) (string, error) { return text, nil }

func (r reader) endpoint(value types.String, at path.Path, variable string, needed bool, normalize func(string) (string, error)) string {
	input := r.text(value, at, variable)
	if input.Value == "" {
		if needed && !value.IsUnknown() {
			r.fault(at, "An endpoint is missing", fmt.Sprintf("environment = \"custom\" needs %s. Set it in the provider block, or %s in the environment.", at, variable))
		}
		return ""
	}
	text, err := normalize(input.Value)
	if err != nil {
		r.fault(at, "Not a usable endpoint", fmt.Sprintf("The value from %s does not do: %s.", input.Source, err))
	}
	return text
}

func (r reader) allowedTenants(ctx context.Context, value types.Set) []string {
	const variable = "ARM_ALLOWED_TENANT_IDS"
	at := path.Root("allowed_tenant_ids")
	if !r.known(value, at) {
		return nil
	}
	source := at.String() + " in the provider block"
	var ids []string
	if !value.IsNull() {
		for _, element := range value.Elements() {
			if !r.known(element, at) {
				return nil
			}
		}
		r.diags.Append(value.ElementsAs(ctx, &ids, false)...)
	} else {
		source = variable
		ids = strings.FieldsFunc(os.Getenv(variable), func(c rune) bool { return c == ';' || c == ' ' })
	}
	for _, id := range ids {
		if id != "*" && !azure.IsGUID(id) {
			r.fault(at, "Not a tenant id", fmt.Sprintf("%q, from %s, is neither a tenant's GUID nor \"*\".", id, source))
		}
	}
	return ids
}

func (r reader) fault(at path.Path, summary, detail string) {
	r.diags.AddAttributeError(at, summary, detail)
}
