package signin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// Method is the sign-in method that a Config selects.
type Method struct {
	method
	config Config
	open   opener
}

// method is one way to sign in.
type method struct {
	name string
	// own are the method's own attributes. Each selects it, or tells it apart from the other methods with use_oidc.
	own []string
	// oidc makes the value that selects a method with use_oidc, of use_oidc and its own; nil for methods without it.
	oidc func(useOIDC, own Input) Input
	// needs are the attributes that the method requires.
	needs []string
	// prepare reads what all tenants share, such as a certificate. It sends nothing.
	prepare func(Config) (opener, error)
	// uncached says that azidentity does not cache the method's tokens.
	uncached bool
}

// selectedBy is the value that selects the method.
func (m method) selectedBy(s Config) Input {
	if m.oidc == nil {
		return s.either(m.own...)
	}
	return m.oidc(s["use_oidc"], s.either(m.own...))
}

// opener makes the credential for one tenant, "" meaning the account's own. It sends nothing.
type opener func(tenant string, options Options) (azcore.TokenCredential, error)

// What an app needs to sign in: by itself, from a pod, and from a pipeline's job.
var (
	app    = []string{"tenant_id", "client_id"}
	podApp = append(slices.Clip(app), "oidc_token_file_path")
	jobApp = append(slices.Clip(app), "oidc_request_url", "oidc_request_token")
)

// methods are all sign-in methods, in azurerm's order of precedence.
var methods = []method{
	{name: "client certificate", own: []string{"client_certificate", "client_certificate_path"}, needs: app,
		prepare: withCertificate},
	{name: "client secret", own: []string{"client_secret"}, needs: app, prepare: withClientSecret},
	{name: "OIDC token", own: []string{"oidc_token"}, oidc: both, needs: app, prepare: withOIDCToken},
	{name: "OIDC token file", own: []string{"oidc_token_file_path"}, oidc: both, needs: app, prepare: withOIDCTokenFile},
	{name: "Azure DevOps service connection", own: []string{"ado_pipeline_service_connection_id"}, oidc: both,
		needs: jobApp, prepare: withAzureDevOps},
	{name: "managed identity as the federated credential of an app", own: []string{"use_msi"}, oidc: bothInBlock,
		needs: app, prepare: withFederatedManagedIdentity},
	{name: "OIDC token request", own: []string{"oidc_request_url", "oidc_request_token"},
		oidc: func(useOIDC, _ Input) Input { return useOIDC }, needs: jobApp, prepare: withOIDCRequest},
	{name: "AKS workload identity", own: []string{"use_aks_workload_identity"}, needs: podApp, prepare: withOIDCTokenFile},
	{name: "managed identity", own: []string{"use_msi"}, prepare: withManagedIdentity},
	{name: "Azure Developer CLI", own: []string{"use_dev_cli"}, prepare: withAzureDeveloperCLI, uncached: true},
	{name: "Azure CLI", own: []string{"use_cli"}, prepare: withAzureCLI, uncached: true},
}

// Choose picks exactly one method and checks that it is complete. It sends nothing.
func Choose(config Config) (*Method, error) {
	chosen, err := choose(config)
	if err != nil {
		return nil, err
	}
	open, err := chosen.prepare(config)
	if err != nil {
		return nil, err
	}
	return &Method{chosen, config, open}, nil
}

// choose picks the first method that the block selects, or else the first that the environment or a default selects.
// Among the methods with use_oidc, one whose own value is in the block takes precedence. There is no fallback: it would
// hide why the intended method failed. A required value that is missing is an error.
func choose(config Config) (method, error) {
	withoutOIDC := func(m method) bool { return m.oidc == nil && config.either(m.own...).InBlock }
	namesOther := slices.ContainsFunc(methods, withoutOIDC) // which use_oidc in the environment must not override
	inBlock := func(m method) bool {
		return m.selectedBy(config).InBlock && (m.oidc == nil || config["use_oidc"].InBlock || !namesOther)
	}
	first := slices.IndexFunc(methods, inBlock)
	if first >= 0 && methods[first].oidc != nil {
		distinct := func(m method) bool { return m.oidc != nil && config.either(m.own...).InBlock && inBlock(m) }
		if i := slices.IndexFunc(methods, distinct); i >= 0 {
			first = i
		}
	}
	if first < 0 {
		first = slices.IndexFunc(methods, func(m method) bool { return m.selectedBy(config).given() })
	}
	if first < 0 {
		return method{}, &ConfigError{Missing: true, Problem: "No way to sign in is configured."}
	}
	chosen := methods[first]
	for _, name := range chosen.needs {
		if !config[name].given() {
			return method{}, &ConfigError{Attribute: name, Missing: true,
				Problem: fmt.Sprintf("Signing in with the %s was selected by %s, but %s is missing.", chosen.name,
					chosen.selectedBy(config).Source, name)}
		}
	}
	return chosen, nil
}

// String names the method and where its values came from, never a value. It names the provider block once, after the
// last of its values.
func (m *Method) String() string {
	const block = " in the provider block"
	sources := strings.Split(m.selectedBy(m.config).Source, " and ")
	for _, name := range slices.Concat(app, m.needs) {
		if source := m.config[name].Source; source != "" && !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	var inBlock, texts []string
	for _, source := range sources {
		name, isInBlock := strings.CutSuffix(source, block)
		if isInBlock {
			inBlock = append(inBlock, name)
		}
		if !isInBlock || len(inBlock) == 1 { // the first in the block stands for the others there
			texts = append(texts, source)
		}
	}
	if last := len(inBlock) - 1; last > 0 {
		i := slices.Index(texts, inBlock[0]+block)
		texts[i] = strings.Join(inBlock[:last], ", ") + " and " + inBlock[last] + block
	}
	return m.name + " (" + strings.Join(texts, ", ") + ")"
}

// Name is the method's name alone.
func (m *Method) Name() string { return m.name }

// ConfiguredTenant is the tenant that the Config names, in lower case, or "".
func (m *Method) ConfiguredTenant() string { return strings.ToLower(m.config["tenant_id"].Value) }
