package provider

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
)

// reader puts together what the provider block and the environment say, the block first. An empty text counts as not given in
// both, as in azurerm.
type reader struct {
	diags *diag.Diagnostics
}

func (r reader) config(ctx context.Context, b block) azure.Config {
	config := azure.Config{
		SignIn:             r.signIn(b),
		Cloud:              r.cloud(ctx, b),
		MetadataHost:       r.text(b.MetadataHost, path.Root("metadata_host"), "ARM_METADATA_HOSTNAME").Value,
		AllowedTenantIDs:   r.tenants(ctx, b.AllowedTenantIDs, path.Root("allowed_tenant_ids"), "ARM_ALLOWED_TENANT_IDS", "*"),
		AuxiliaryTenantIDs: r.tenants(ctx, b.AuxiliaryTenantIDs, path.Root("auxiliary_tenant_ids"), "ARM_AUXILIARY_TENANT_IDS"),
		PartnerID:          r.text(b.PartnerID, path.Root("partner_id"), "ARM_PARTNER_ID").Value,
	}
	if tenant := config.SignIn.TenantID; tenant.Value != "" && !azure.IsGUID(tenant.Value) {
		r.fault(path.Root("tenant_id"), "Not a tenant id", fmt.Sprintf("%q, from %s, is not a GUID. A tenant's domain name can't be used, since a token names its tenant by GUID. "+
			"\"az account show --query tenantId\" prints it.", tenant.Value, tenant.Source))
	}
	if n := len(config.AuxiliaryTenantIDs); n > mostAuxiliaryTenants {
		r.fault(path.Root("auxiliary_tenant_ids"), "Too many auxiliary tenants", fmt.Sprintf("There are %d, and Azure Resource Manager takes the tokens of %d.", n, mostAuxiliaryTenants))
	}
	if config.PartnerID != "" && !azure.IsGUID(config.PartnerID) {
		r.fault(path.Root("partner_id"), "Not a partner id", "partner_id (ARM_PARTNER_ID) must be a GUID.")
	}
	return config
}

// mostAuxiliaryTenants is Azure Resource Manager's limit (auth-and-scale 3).
const mostAuxiliaryTenants = 3

func (r reader) signIn(b block) signin.Config {
	s := signin.Config{
		UseOIDC:                  r.toggle(b.UseOIDC, path.Root("use_oidc"), "ARM_USE_OIDC", false),
		UseAKS:                   r.toggle(b.UseAKS, path.Root("use_aks_workload_identity"), "ARM_USE_AKS_WORKLOAD_IDENTITY", false),
		UseMSI:                   r.toggle(b.UseMSI, path.Root("use_msi"), "ARM_USE_MSI", false),
		UseCLI:                   r.toggle(b.UseCLI, path.Root("use_cli"), "ARM_USE_CLI", true),
		UseDevCLI:                r.toggle(b.UseDevCLI, path.Root("use_dev_cli"), "ARM_USE_DEV_CLI", false),
		DisableInstanceDiscovery: r.toggle(b.DisableInstanceDiscovery, path.Root("disable_instance_discovery"), "ARM_DISABLE_INSTANCE_DISCOVERY", false).Value != "",

		TenantID: r.text(b.TenantID, path.Root("tenant_id"), "ARM_TENANT_ID"),
		ClientID: r.textOrFile(b.ClientID, path.Root("client_id"), "ARM_CLIENT_ID",
			b.ClientIDFilePath, path.Root("client_id_file_path"), "ARM_CLIENT_ID_FILE_PATH"),
		ClientSecret: r.textOrFile(b.ClientSecret, path.Root("client_secret"), "ARM_CLIENT_SECRET",
			b.ClientSecretFilePath, path.Root("client_secret_file_path"), "ARM_CLIENT_SECRET_FILE_PATH"),

		Certificate:         r.text(b.ClientCertificate, path.Root("client_certificate"), "ARM_CLIENT_CERTIFICATE"),
		CertificatePath:     r.text(b.ClientCertificatePath, path.Root("client_certificate_path"), "ARM_CLIENT_CERTIFICATE_PATH"),
		CertificatePassword: r.text(b.ClientCertificatePassword, path.Root("client_certificate_password"), "ARM_CLIENT_CERTIFICATE_PASSWORD"),

		OIDCToken:     r.text(b.OIDCToken, path.Root("oidc_token"), "ARM_OIDC_TOKEN"),
		OIDCTokenPath: r.text(b.OIDCTokenFilePath, path.Root("oidc_token_file_path"), "ARM_OIDC_TOKEN_FILE_PATH"),
		OIDCRequestURL: r.text(b.OIDCRequestURL, path.Root("oidc_request_url"),
			"ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"),
		OIDCRequestToken: r.text(b.OIDCRequestToken, path.Root("oidc_request_token"),
			"ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"),
		ADOConnectionID: r.text(b.ADOConnectionID, path.Root("ado_pipeline_service_connection_id"),
			"ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
		ManagedIdentityID: r.text(b.ManagedIdentityClientID, path.Root("managed_identity_client_id"), "ARM_MANAGED_IDENTITY_CLIENT_ID"),
	}
	if s.UseAKS.Value != "" {
		// AKS' webhook sets these, and so may whatever else runs on the machine: they count for this method alone.
		for input, variable := range map[*signin.Input]string{&s.TenantID: "AZURE_TENANT_ID", &s.ClientID: "AZURE_CLIENT_ID", &s.OIDCTokenPath: "AZURE_FEDERATED_TOKEN_FILE"} {
			if input.Value == "" {
				*input = fromEnvironment(variable)
			}
		}
	}
	return s
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

// text reads a text from the block, else from the first of the variables that holds one.
func (r reader) text(value types.String, at path.Path, variables ...string) signin.Input {
	if !r.known(value, at) {
		return signin.Input{}
	}
	if text := value.ValueString(); text != "" {
		return signin.Input{Value: text, Source: at.String() + " in the provider block", InBlock: true}
	}
	return fromEnvironment(variables...)
}

func fromEnvironment(variables ...string) signin.Input {
	for _, variable := range variables {
		if text := os.Getenv(variable); text != "" {
			return signin.Input{Value: text, Source: variable}
		}
	}
	return signin.Input{}
}

// textOrFile reads a text, else the content of a file. What the block says of either beats the environment.
func (r reader) textOrFile(value types.String, at path.Path, variable string, file types.String, fileAt path.Path, fileVariable string) signin.Input {
	text, name := r.text(value, at, variable), r.text(file, fileAt, fileVariable)
	if name.Value == "" || text.Value != "" && (text.InBlock || !name.InBlock) {
		return text
	}
	content, err := os.ReadFile(name.Value)
	if err != nil {
		r.fault(fileAt, "A file can't be read", fmt.Sprintf("The file from %s can't be read: %s.", name.Source, err))
		return signin.Input{}
	}
	name.Value = strings.TrimSpace(string(content))
	if name.Value == "" {
		r.fault(fileAt, "A file is empty", fmt.Sprintf("The file from %s is empty.", name.Source))
	}
	return name
}

// toggle reads a boolean: an input with a value for true, an empty one for false.
func (r reader) toggle(value types.Bool, at path.Path, variable string, otherwise bool) signin.Input {
	if !r.known(value, at) {
		return signin.Input{}
	}
	input := signin.Input{Source: "the default of " + at.String()}
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
	if !on {
		return signin.Input{}
	}
	input.Value = "true"
	return input
}

func (r reader) cloud(ctx context.Context, b block) azure.Cloud {
	if host := r.text(b.MetadataHost, path.Root("metadata_host"), "ARM_METADATA_HOSTNAME"); host.Value != "" {
		if !b.Endpoint.IsNull() {
			r.fault(path.Root("endpoint"), "Endpoints beside a metadata host", fmt.Sprintf("The endpoints come from the metadata host, which %s names. Set one or the other.", host.Source))
		}
		return azure.Cloud{}
	}
	name := r.text(b.Environment, path.Root("environment"), "ARM_ENVIRONMENT")
	if name.Value == "" {
		name = signin.Input{Value: "public", Source: "the default of environment"}
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
		r.fault(at, "Not a usable endpoint", fmt.Sprintf("The value from %s can't be used: %s.", input.Source, err))
	}
	return text
}

// collection is what sets and lists have in common.
type collection interface {
	attr.Value
	Elements() []attr.Value
	ElementsAs(ctx context.Context, target any, allowUnhandled bool) diag.Diagnostics
}

// tenants reads the ids of tenants, and whatever other words are allowed in their place.
func (r reader) tenants(ctx context.Context, value collection, at path.Path, variable string, words ...string) []string {
	if !r.known(value, at) {
		return nil
	}
	source := at.String() + " in the provider block"
	var ids []string
	if value.IsNull() {
		source = variable
		ids = strings.FieldsFunc(os.Getenv(variable), func(c rune) bool { return c == ';' || c == ' ' })
	}
	for _, element := range value.Elements() {
		if !r.known(element, at) {
			return nil
		}
	}
	if !value.IsNull() {
		r.diags.Append(value.ElementsAs(ctx, &ids, false)...)
	}
	for _, id := range ids {
		if !azure.IsGUID(id) && !slices.Contains(words, id) {
			r.fault(at, "Not a tenant id", fmt.Sprintf("%q, from %s, is not a tenant's GUID.", id, source))
		}
	}
	return ids
}

func (r reader) fault(at path.Path, summary, detail string) {
	r.diags.AddAttributeError(at, summary, detail)
}
