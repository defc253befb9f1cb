package provider

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

// reader combines the provider block and the environment; the block overrides the environment. As in azurerm, an empty
// string counts as not set in both.
type reader struct {
	block block
	diags *diag.Diagnostics
}

// block is the provider block: each attribute, by its name in attributes, as its variable would hold it.
type block map[string]string

// readBlock refuses values that are known only after an apply, because the provider needs them to plan. It leaves out
// the errors of tftypes: the values are of the schema's types.
func (r reader) readBlock(raw tftypes.Value) {
	var values, endpoint map[string]tftypes.Value
	_ = raw.As(&values)
	_ = values["endpoint"].As(&endpoint)
	for name, value := range endpoint {
		values["endpoint."+name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		if !value.IsKnown() || name != "endpoint" && !value.IsFullyKnown() {
			r.addError(name, "The provider block holds an unknown value", "%s depends on something that is not created "+
				"yet. Apply that first with -target, or set the value in a variable or the environment.", name)
		}
		r.block[name] = textOf(value)
	}
}

// textOf separates the elements of a collection by semicolons. An empty collection is ";", and so is the object
// endpoint, because "" would count as not set.
func textOf(value tftypes.Value) (text string) {
	var on bool
	var elements []tftypes.Value
	switch {
	case value.IsNull():
	case value.Type().Is(tftypes.String):
		_ = value.As(&text)
	case value.Type().Is(tftypes.Bool):
		_ = value.As(&on)
		text = strconv.FormatBool(on)
	default:
		_ = value.As(&elements)
		text = ";"
		for _, element := range elements {
			text += textOf(element) + ";"
		}
	}
	return text
}

func (r reader) config() azure.Config {
	config := azure.Config{
		SignIn:             r.signIn(),
		MetadataHost:       r.metadataHost(),
		AllowedTenantIDs:   r.tenants("allowed_tenant_ids", "*"),
		AuxiliaryTenantIDs: r.tenants("auxiliary_tenant_ids"),
		PartnerID:          r.text("partner_id").Value,
	}
	if config.MetadataHost == "" {
		config.Cloud = r.cloud()
	}
	if tenant := config.SignIn["tenant_id"]; tenant.Value != "" {
		r.checkTenant("tenant_id", tenant)
	}
	if n := len(config.AuxiliaryTenantIDs); n > mostAuxiliaryTenants {
		r.addError("auxiliary_tenant_ids", "Too many auxiliary tenants",
			"There are %d, and Azure Resource Manager accepts at most %d.", n, mostAuxiliaryTenants)
	}
	if config.PartnerID != "" && !azure.IsGUID(config.PartnerID) {
		r.addError("partner_id", "Not a partner id", "partner_id (ARM_PARTNER_ID) must be a GUID.")
	}
	return config
}

// mostAuxiliaryTenants is Azure Resource Manager's limit
// (https://learn.microsoft.com/azure/azure-resource-manager/management/authenticate-multi-tenant).
const mostAuxiliaryTenants = 3

func (r reader) signIn() signin.Config {
	s := signin.Config{"client_id": r.textOrFile("client_id"), "client_secret": r.textOrFile("client_secret")}
	for _, name := range []string{"use_oidc", "use_aks_workload_identity", "use_msi", "use_cli", "use_dev_cli",
		"disable_instance_discovery"} {
		s[name] = r.toggle(name)
	}
	for _, name := range []string{"tenant_id", "client_certificate", "client_certificate_path",
		"client_certificate_password", "oidc_token", "oidc_token_file_path", "oidc_request_url", "oidc_request_token",
		"ado_pipeline_service_connection_id", "managed_identity_client_id"} {
		s[name] = r.text(name)
	}
	if s["use_aks_workload_identity"].Value != "" {
		// Its webhook sets these, but they may also be there for other programs, so only this method reads them.
		for name, variable := range map[string]string{"tenant_id": "AZURE_TENANT_ID", "client_id": "AZURE_CLIENT_ID",
			"oidc_token_file_path": "AZURE_FEDERATED_TOKEN_FILE"} {
			s[name] = cmp.Or(s[name], fromEnvironment(variable))
		}
	}
	maps.DeleteFunc(s, func(_ string, input signin.Input) bool { return input.Value == "" })
	return s
}

// text reads a value from the block, or else from the first of its variables that is set.
func (r reader) text(name string) signin.Input {
	if text := r.block[name]; text != "" {
		return signin.Input{Value: text, Source: name + " in the provider block", InBlock: true}
	}
	return fromEnvironment(attributes[name].variables...)
}

func fromEnvironment(variables ...string) signin.Input {
	for _, variable := range variables {
		if text := os.Getenv(variable); text != "" {
			return signin.Input{Value: text, Source: variable}
		}
	}
	return signin.Input{}
}

// textOrFile reads a string, or else the content of a file. Either one in the block overrides both in the environment.
func (r reader) textOrFile(name string) signin.Input {
	fileName := name + "_file_path"
	text, from := r.text(name), r.text(fileName)
	if from.Value == "" || text.Value != "" && (text.InBlock || !from.InBlock) {
		return text
	}
	content, err := os.ReadFile(from.Value)
	if err != nil {
		r.addError(fileName, "A file can't be read", "The file from %s can't be read: %s.", from.Source, err)
		return signin.Input{}
	}
	from.Value = strings.TrimSpace(string(content))
	if from.Value == "" {
		r.addError(fileName, "A file is empty", "The file from %s is empty.", from.Source)
	}
	return from
}

// toggle reads a boolean as an input that is given if it is true.
func (r reader) toggle(name string) signin.Input {
	byDefault := strconv.FormatBool(attributes[name].byDefault)
	input := cmp.Or(r.text(name), signin.Input{Value: byDefault, Source: "the default of " + name})
	on, err := strconv.ParseBool(strings.ToLower(input.Value))
	if err != nil {
		r.addError(name, "Not true or false", "The environment variable %s is %q; it must be true or false.",
			input.Source, input.Value)
	}
	if !on {
		return signin.Input{}
	}
	input.Value = "true"
	return input
}

// metadataHost is "" if none is configured, or if only a variable names one while the block names the cloud.
func (r reader) metadataHost() string {
	host := r.text("metadata_host")
	inBlock := r.block["environment"] != "" || r.block["endpoint"] != ""
	switch {
	case host.Value == "" || inBlock && !host.InBlock:
		return ""
	case r.block["endpoint"] != "":
		r.addError("endpoint", "Both endpoints and a metadata host", "The endpoints come from the metadata host, which %s "+
			"names. Set one or the other.", host.Source)
	case !isHost(host.Value):
		r.addError("metadata_host", "Not a host", "%q, from %s, is not a host. It must be a host name alone, such as "+
			"\"management.local.azurestack.external\", or one with a port: the provider adds https:// and the path.",
			host.Value, host.Source)
	}
	return host.Value
}

// isHost reports whether a string is a host with an optional port.
func isHost(text string) bool {
	u, err := url.Parse("https://" + text)
	return err == nil && u.Host == text && u.Hostname() != "" && u.User == nil
}

func (r reader) cloud() azure.Cloud {
	name := cmp.Or(r.text("environment"), signin.Input{Value: "public", Source: "the default of environment"})
	if strings.EqualFold(name.Value, azure.CustomCloud) {
		return r.customCloud()
	}
	if r.block["endpoint"] != "" {
		r.addError("endpoint", "Endpoints without a custom environment",
			"endpoint is for environment = \"custom\", and the environment is %q from %s.", name.Value, name.Source)
	}
	cloud, known := azure.NamedCloud(name.Value)
	if !known {
		r.addError("environment", "Unknown environment", "%q, from %s, is not a cloud. It must be one of: %s.",
			name.Value, name.Source, strings.Join(azure.Environments, ", "))
	}
	return cloud
}

// customCloud does not require the endpoint of Log Analytics, which only the status data source needs.
func (r reader) customCloud() azure.Cloud {
	asItIs := func(text string) (string, error) { return text, nil }
	return azure.Cloud{
		AuthorityHost: r.endpoint("active_directory_authority_host", true, azure.NormalizeAuthority),
		ResourceManager: azure.Endpoint{
			URL:      r.endpoint("resource_manager_endpoint", true, azure.NormalizeURL),
			Audience: r.endpoint("resource_manager_audience", true, asItIs),
		},
		LogAnalytics: azure.Endpoint{
			URL:      r.endpoint("log_analytics_endpoint", false, azure.NormalizeURL),
			Audience: r.endpoint("log_analytics_audience", false, asItIs),
		},
	}
}

func (r reader) endpoint(name string, required bool, normalize func(string) (string, error)) string {
	name = "endpoint." + name
	input := r.text(name)
	if input.Value == "" {
		if required {
			r.addError(name, "An endpoint is missing", "environment = \"custom\" needs %s. Set it in the provider block, "+
				"or %s in the environment.", name, attributes[name].variables[0])
		}
		return ""
	}
	text, err := normalize(input.Value)
	if err != nil {
		r.addError(name, "Not a usable endpoint", "The value from %s can't be used: %s.", input.Source, err)
	}
	return text
}

// tenants reads tenant ids, and the words that are allowed in their place.
func (r reader) tenants(name string, words ...string) []string {
	given := r.text(name)
	ids := strings.FieldsFunc(given.Value, func(c rune) bool { return c == ';' || c == ' ' })
	for _, id := range ids {
		if !slices.Contains(words, id) {
			r.checkTenant(name, signin.Input{Value: id, Source: given.Source})
		}
	}
	return ids
}

func (r reader) checkTenant(name string, id signin.Input) {
	if err := inputcheck.TenantID().Check(id.Value); err != nil {
		r.addError(name, "Not a tenant id", "The value from %s can't be used: %s.", id.Source, err)
	}
}

func (r reader) addError(name, summary, detail string, values ...any) {
	attribute := path.Root(name)
	if parent, child, nested := strings.Cut(name, "."); nested {
		attribute = path.Root(parent).AtName(child)
	}
	r.diags.AddAttributeError(attribute, summary, fmt.Sprintf(detail, values...))
}
