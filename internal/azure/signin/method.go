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
	// selectedBy is the value that selects the method.
	selectedBy func(Config) Input
	// distinctBy is the value that tells the method apart from the others with use_oidc; nil for methods without it.
	distinctBy func(Config) Input
	// needs are the values that the method requires.
	needs []need
	// prepare reads what all tenants share, such as a certificate. It sends nothing.
	prepare func(Config) (opener, error)
	// caches says that azidentity caches the method's tokens.
	caches bool
}

// opener makes the credential for one tenant, "" meaning the account's own. It sends nothing.
type opener func(tenant string, options Options) (azcore.TokenCredential, error)

// need is a required value and its name.
type need struct {
	attribute string
	value     func(Config) Input
}

var (
	needTenant    = need{"tenant_id", func(s Config) Input { return s.TenantID }}
	needClientID  = need{"client_id", func(s Config) Input { return s.ClientID }}
	needTokenFile = need{"oidc_token_file_path", func(s Config) Input { return s.OIDCTokenPath }}

	needRequestURL   = need{"oidc_request_url", func(s Config) Input { return s.OIDCRequestURL }}
	needRequestToken = need{"oidc_request_token", func(s Config) Input { return s.OIDCRequestToken }}

	// What an app needs to sign in: by itself, from a pod, and from a pipeline's job.
	app    = []need{needTenant, needClientID}
	podApp = []need{needTenant, needClientID, needTokenFile}
	jobApp = []need{needTenant, needClientID, needRequestURL, needRequestToken}
)

// methods are all sign-in methods, in azurerm's order of precedence.
var methods = []method{
	{"client certificate", Config.certificate, nil, app, withCertificate, true},
	{"client secret", func(s Config) Input { return s.ClientSecret }, nil, app, withClientSecret, true},
	{"OIDC token", func(s Config) Input { return both(s.UseOIDC, s.OIDCToken) },
		func(s Config) Input { return s.OIDCToken }, app, withOIDCToken, true},
	{"OIDC token file", func(s Config) Input { return both(s.UseOIDC, s.OIDCTokenPath) },
		func(s Config) Input { return s.OIDCTokenPath }, app, withOIDCTokenFile, true},
	{"Azure DevOps service connection", func(s Config) Input { return both(s.UseOIDC, s.ADOConnectionID) },
		func(s Config) Input { return s.ADOConnectionID }, jobApp, withAzureDevOps, true},
	{"managed identity as the federated credential of an app",
		func(s Config) Input { return together(s.UseOIDC, s.UseMSI) },
		func(s Config) Input { return s.UseMSI }, app, withFederatedManagedIdentity, true},
	{"OIDC token request", func(s Config) Input { return s.UseOIDC },
		func(s Config) Input { return either(s.OIDCRequestURL, s.OIDCRequestToken) }, jobApp, withOIDCRequest, true},
	{"AKS workload identity", func(s Config) Input { return s.UseAKS }, nil, podApp, withAKS, true},
	{"managed identity", func(s Config) Input { return s.UseMSI }, nil, nil, withManagedIdentity, true},
	{"Azure Developer CLI", func(s Config) Input { return s.UseDevCLI }, nil, nil, withAzureDeveloperCLI, false},
	{"Azure CLI", func(s Config) Input { return s.UseCLI }, nil, nil, withAzureCLI, false},
}

// Choose picks exactly one method and checks that it is complete. It sends nothing.
func Choose(config Config) (*Method, error) {
	chosen, err := choose(config)
	if err != nil {
		return nil, err
	}
	if err := chosen.check(config); err != nil {
		return nil, err
	}
	open, err := chosen.prepare(config)
	if err != nil {
		return nil, err
	}
	return &Method{chosen, config, open}, nil
}

// choose picks the first method that the block selects, or else the first that the environment or a default selects.
// Among the methods with use_oidc, one whose distinctive value is in the block takes precedence. There is no fallback
// to another method: that would hide why the intended one failed.
func choose(config Config) (method, error) {
	var inBlock, elsewhere []method
	for _, m := range methods {
		switch input := m.selectedBy(config); {
		case input.given() && input.InBlock && (m.distinctBy == nil || config.UseOIDC.InBlock || !config.namesOtherMethod()):
			inBlock = append(inBlock, m)
		case input.given():
			elsewhere = append(elsewhere, m)
		}
	}
	candidates := append(inBlock, elsewhere...)
	if len(candidates) == 0 {
		return method{}, &ConfigError{Missing: true, Problem: "No way to sign in is configured."}
	}
	first := candidates[0]
	if first.distinctBy == nil {
		return first, nil
	}
	distinct := func(m method) bool { return m.distinctBy != nil && m.distinctBy(config).InBlock }
	if i := slices.IndexFunc(inBlock, distinct); i >= 0 {
		return inBlock[i], nil
	}
	return first, nil
}

// namesOtherMethod reports whether the block switches on a method without use_oidc.
func (s Config) namesOtherMethod() bool {
	return s.UseAKS.InBlock || s.UseMSI.InBlock || s.UseDevCLI.InBlock || s.UseCLI.InBlock
}

// check returns an error for the first required value that is missing.
func (m method) check(s Config) error {
	for _, n := range m.needs {
		if !n.value(s).given() {
			return &ConfigError{Attribute: n.attribute, Missing: true, Problem: fmt.Sprintf(
				"Signing in with the %s was selected by %s, but %s is missing.",
				m.name, m.selectedBy(s).Source, n.attribute)}
		}
	}
	return nil
}

// String names the method and where its values came from, never a value.
func (m *Method) String() string { return m.name + " (" + m.sources(m.config) + ")" }

// Name is the method's name alone.
func (m *Method) Name() string { return m.name }

// ConfiguredTenant is the tenant that the Config names, in lower case, or "".
func (m *Method) ConfiguredTenant() string { return strings.ToLower(m.config.TenantID.Value) }

// sources says where the method's values come from, for errors and the log.
func (m method) sources(s Config) string {
	seen := strings.Split(m.selectedBy(s).Source, " and ")
	for _, n := range append([]need{needTenant, needClientID}, m.needs...) {
		if source := n.value(s).Source; source != "" && !slices.Contains(seen, source) {
			seen = append(seen, source)
		}
	}
	return strings.Join(nameBlockOnce(seen), ", ")
}

// nameBlockOnce names the provider block once, after the last of its values.
func nameBlockOnce(sources []string) []string {
	const block = " in the provider block"
	inBlock := slices.DeleteFunc(slices.Clone(sources), func(s string) bool { return !strings.HasSuffix(s, block) })
	if len(inBlock) < 2 {
		return sources
	}
	first := slices.Index(sources, inBlock[0])
	last := len(inBlock) - 1
	merged := strings.ReplaceAll(strings.Join(inBlock[:last], ", "), block, "") + " and " + inBlock[last]
	others := slices.DeleteFunc(sources, func(s string) bool { return strings.HasSuffix(s, block) })
	return slices.Insert(others, first, merged)
}
