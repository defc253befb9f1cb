package provider

import (
	"context"
	"fmt"
	"net/url"
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

// reader combines the provider block and the environment; the block overrides the environment. As in azurerm, an empty
// string counts as not set in both.
type reader struct {
	diags *diag.Diagnostics
}

func (r reader) config(ctx context.Context, b block) azure.Config {
	config := azure.Config{
		SignIn:             r.signIn(b),
		AllowedTenantIDs:   r.tenants(ctx, b.AllowedTenantIDs, "allowed_tenant_ids", "*"),
		AuxiliaryTenantIDs: r.tenants(ctx, b.AuxiliaryTenantIDs, "auxiliary_tenant_ids"),
		PartnerID:          r.text(b.PartnerID, "partner_id").Value,
	}
	config.MetadataHost = r.metadataHost(b)
	if config.MetadataHost == "" {
		config.Cloud = r.cloud(ctx, b)
	}
	if tenant := config.SignIn.TenantID; tenant.Value != "" && !azure.IsGUID(tenant.Value) {
		r.fault("tenant_id", "Not a tenant id", fmt.Sprintf("%q, from %s, is not a GUID. A tenant's domain name "+
			"can't be used, since a token names its tenant by GUID. \"az account show --query tenantId\" prints it.",
			tenant.Value, tenant.Source))
	}
	if n := len(config.AuxiliaryTenantIDs); n > mostAuxiliaryTenants {
		r.fault("auxiliary_tenant_ids", "Too many auxiliary tenants", fmt.Sprintf("There are %d, and Azure "+
			"Resource Manager accepts at most %d.", n, mostAuxiliaryTenants))
	}
	if config.PartnerID != "" && !azure.IsGUID(config.PartnerID) {
		r.fault("partner_id", "Not a partner id", "partner_id (ARM_PARTNER_ID) must be a GUID.")
	}
	return config
}

// mostAuxiliaryTenants is Azure Resource Manager's limit
// (https://learn.microsoft.com/azure/azure-resource-manager/management/authenticate-multi-tenant).
const mostAuxiliaryTenants = 3

func (r reader) signIn(b block) signin.Config {
	s := signin.Config{
		UseOIDC:                  r.toggle(b.UseOIDC, "use_oidc", false),
		UseAKS:                   r.toggle(b.UseAKS, "use_aks_workload_identity", false),
		UseMSI:                   r.toggle(b.UseMSI, "use_msi", false),
		UseCLI:                   r.toggle(b.UseCLI, "use_cli", true),
		UseDevCLI:                r.toggle(b.UseDevCLI, "use_dev_cli", false),
		DisableInstanceDiscovery: r.toggle(b.DisableInstanceDiscovery, "disable_instance_discovery", false).Value != "",

		TenantID:     r.text(b.TenantID, "tenant_id"),
		ClientID:     r.textOrFile(b.ClientID, "client_id", b.ClientIDFilePath, "client_id_file_path"),
		ClientSecret: r.textOrFile(b.ClientSecret, "client_secret", b.ClientSecretFilePath, "client_secret_file_path"),

		Certificate:         r.text(b.ClientCertificate, "client_certificate"),
		CertificatePath:     r.text(b.ClientCertificatePath, "client_certificate_path"),
		CertificatePassword: r.text(b.ClientCertificatePassword, "client_certificate_password"),

		OIDCToken:         r.text(b.OIDCToken, "oidc_token"),
		OIDCTokenPath:     r.text(b.OIDCTokenFilePath, "oidc_token_file_path"),
		OIDCRequestURL:    r.text(b.OIDCRequestURL, "oidc_request_url"),
		OIDCRequestToken:  r.text(b.OIDCRequestToken, "oidc_request_token"),
		ADOConnectionID:   r.text(b.ADOConnectionID, "ado_pipeline_service_connection_id"),
		ManagedIdentityID: r.text(b.ManagedIdentityClientID, "managed_identity_client_id"),
	}
	if s.UseAKS.Value != "" {
		for name, input := range map[string]*signin.Input{"tenant_id": &s.TenantID, "client_id": &s.ClientID,
			"oidc_token_file_path": &s.OIDCTokenPath} {
			if input.Value == "" {
				*input = fromEnvironment(workloadIdentityVariables[name])
			}
		}
	}
	return s
}

// attributePath is the path of an attribute, by its name in variables.
func attributePath(name string) path.Path {
	parent, child, nested := strings.Cut(name, ".")
	if nested {
		return path.Root(parent).AtName(child)
	}
	return path.Root(name)
}

// known refuses a value that is known only after an apply, because the provider needs it to plan.
func (r reader) known(value attr.Value, name string) bool {
	if !value.IsUnknown() {
		return true
	}
	r.fault(name, "The provider block holds an unknown value", fmt.Sprintf("%s depends on something that is not "+
		"created yet. Apply that first with -target, or set the value in a variable or the environment.", name))
	return false
}

// text reads a string from the block, or else from the first of its variables that is set.
func (r reader) text(value types.String, name string) signin.Input {
	if !r.known(value, name) {
		return signin.Input{}
	}
	if text := value.ValueString(); text != "" {
		return signin.Input{Value: text, Source: name + inBlock, InBlock: true}
	}
	return fromEnvironment(variables[name]...)
}

const inBlock = " in the provider block"

func fromEnvironment(variables ...string) signin.Input {
	for _, variable := range variables {
		if text := os.Getenv(variable); text != "" {
			return signin.Input{Value: text, Source: variable}
		}
	}
	return signin.Input{}
}

// textOrFile reads a string, or else the content of a file. Either one in the block overrides both in the environment.
func (r reader) textOrFile(value types.String, name string, file types.String, fileName string) signin.Input {
	text, from := r.text(value, name), r.text(file, fileName)
	if from.Value == "" || text.Value != "" && (text.InBlock || !from.InBlock) {
		return text
	}
	content, err := os.ReadFile(from.Value)
	if err != nil {
		r.fault(fileName, "A file can't be read", fmt.Sprintf("The file from %s can't be read: %s.", from.Source, err))
		return signin.Input{}
	}
	from.Value = strings.TrimSpace(string(content))
	if from.Value == "" {
		r.fault(fileName, "A file is empty", fmt.Sprintf("The file from %s is empty.", from.Source))
	}
	return from
}

// toggle reads a boolean as an input that is given if it is true.
func (r reader) toggle(value types.Bool, name string, byDefault bool) signin.Input {
	if !r.known(value, name) {
		return signin.Input{}
	}
	input, on := signin.Input{Source: "the default of " + name}, byDefault
	if given := fromEnvironment(variables[name]...); !value.IsNull() {
		input.Source, input.InBlock = name+inBlock, true
		on = value.ValueBool()
	} else if given.Value != "" {
		input.Source = given.Source
		parsed, err := strconv.ParseBool(strings.ToLower(given.Value))
		if err != nil {
			r.fault(name, "Not true or false", fmt.Sprintf("The environment variable %s is %q; it must be true or "+
				"false.", given.Source, given.Value))
		}
		on = parsed
	}
	if !on {
		return signin.Input{}
	}
	input.Value = "true"
	return input
}

// metadataHost is "" if none is configured, or if only a variable names one while the block names the cloud.
func (r reader) metadataHost(b block) string {
	host := r.text(b.MetadataHost, "metadata_host")
	inBlock := b.Environment.ValueString() != "" || !b.Endpoint.IsNull()
	switch {
	case host.Value == "" || inBlock && !host.InBlock:
		return ""
	case !b.Endpoint.IsNull():
		r.fault("endpoint", "Both endpoints and a metadata host", fmt.Sprintf("The endpoints come from the metadata "+
			"host, which %s names. Set one or the other.", host.Source))
	case !isHost(host.Value):
		r.fault("metadata_host", "Not a host", fmt.Sprintf("%q, from %s, is not a host. It must be a host name "+
			"alone, such as \"management.local.azurestack.external\", or one with a port: the provider adds "+
			"https:// and the path.", host.Value, host.Source))
	}
	return host.Value
}

// isHost reports whether a string is a host with an optional port.
func isHost(text string) bool {
	u, err := url.Parse("https://" + text)
	return err == nil && u.Host == text && u.Hostname() != "" && u.User == nil
}

func (r reader) cloud(ctx context.Context, b block) azure.Cloud {
	name := r.text(b.Environment, "environment")
	if name.Value == "" {
		name = signin.Input{Value: "public", Source: "the default of environment"}
	}
	if strings.EqualFold(name.Value, azure.CustomCloud) {
		return r.customCloud(ctx, b.Endpoint)
	}
	if !b.Endpoint.IsNull() {
		r.fault("endpoint", "Endpoints without a custom environment",
			fmt.Sprintf("endpoint is for environment = \"custom\", and the environment is %q from %s.", name.Value, name.Source))
	}
	cloud, known := azure.NamedCloud(name.Value)
	if !known {
		r.fault("environment", "Unknown environment",
			fmt.Sprintf("%q, from %s, is not a cloud. It must be one of: %s.",
				name.Value, name.Source, strings.Join(azure.Environments, ", ")))
	}
	return cloud
}

func (r reader) customCloud(ctx context.Context, value types.Object) azure.Cloud {
	var b endpointBlock
	if !r.known(value, "endpoint") {
		return azure.Cloud{}
	}
	if !value.IsNull() {
		r.diags.Append(value.As(ctx, &b, basetypes.ObjectAsOptions{})...)
	}
	return azure.Cloud{
		AuthorityHost: r.endpoint(b.AuthorityHost, "active_directory_authority_host", required, azure.NormalizeAuthority),
		ResourceManager: azure.Endpoint{
			URL:      r.endpoint(b.ResourceManagerEndpoint, "resource_manager_endpoint", required, azure.NormalizeURL),
			Audience: r.endpoint(b.ResourceManagerAudience, "resource_manager_audience", required, asIs),
		},
		// Only the status data source needs these two.
		LogAnalytics: azure.Endpoint{
			URL:      r.endpoint(b.LogAnalyticsEndpoint, "log_analytics_endpoint", optional, azure.NormalizeURL),
			Audience: r.endpoint(b.LogAnalyticsAudience, "log_analytics_audience", optional, asIs),
		},
	}
}

const (
	required = true
	optional = false
)

func asIs(text string) (string, error) { return text, nil }

func (r reader) endpoint(value types.String, name string, needed bool, normalize func(string) (string, error)) string {
	name = "endpoint." + name
	input := r.text(value, name)
	if input.Value == "" {
		if needed && !value.IsUnknown() {
			r.fault(name, "An endpoint is missing",
				fmt.Sprintf("environment = \"custom\" needs %s. Set it in the provider block, or %s in the "+
					"environment.", name, variables[name][0]))
		}
		return ""
	}
	text, err := normalize(input.Value)
	if err != nil {
		r.fault(name, "Not a usable endpoint", fmt.Sprintf("The value from %s can't be used: %s.", input.Source, err))
	}
	return text
}

// collection is a set or a list.
type collection interface {
	attr.Value
	Elements() []attr.Value
	ElementsAs(ctx context.Context, target any, allowUnhandled bool) diag.Diagnostics
}

// tenants reads tenant ids, and the words that are allowed in their place.
func (r reader) tenants(ctx context.Context, value collection, name string, words ...string) []string {
	if !r.known(value, name) {
		return nil
	}
	var ids []string
	given := fromEnvironment(variables[name]...)
	if value.IsNull() {
		ids = strings.FieldsFunc(given.Value, func(c rune) bool { return c == ';' || c == ' ' })
	} else {
		given.Source = name + inBlock
		if slices.ContainsFunc(value.Elements(), func(element attr.Value) bool { return !r.known(element, name) }) {
			return nil
		}
		r.diags.Append(value.ElementsAs(ctx, &ids, false)...)
	}
	for _, id := range ids {
		if !azure.IsGUID(id) && !slices.Contains(words, id) {
			r.fault(name, "Not a tenant id", fmt.Sprintf("%q, from %s, is not a tenant's GUID.", id, given.Source))
		}
	}
	return ids
}

func (r reader) fault(name, summary, detail string) {
	r.diags.AddAttributeError(attributePath(name), summary, detail)
}
