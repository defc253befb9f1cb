package azure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Input is one value that the user gave. It remembers where, so that an error can send the user to the
// right place without ever showing the value.
type Input struct {
	Value string
	// Source is the place in the user's words: "tenant_id in the provider block", "ARM_TENANT_ID".
	Source string
	// InBlock says that the provider block itself holds the value. What the block says beats the
	// environment, also in the choice of the method.
	InBlock bool
}

func (i Input) given() bool { return i.Value != "" }

// both is an input that takes two values. The provider block asks for it by either.
func both(a, b Input) Input {
	if !a.given() || !b.given() {
		return Input{}
	}
	return Input{Value: b.Value, Source: a.Source + " and " + b.Source, InBlock: a.InBlock || b.InBlock}
}

// together is both, where one of them alone asks for another method: the provider block asks for it only by the two.
func together(a, b Input) Input {
	input := both(a, b)
	input.InBlock = a.InBlock && b.InBlock
	return input
}

// either is the first input that has a value.
func either(a, b Input) Input {
	if a.given() {
		return a
	}
	return b
}

// SignIn is all that the user said about signing in. An input that stands for true or false has a value for true.
type SignIn struct {
	TenantID Input
	ClientID Input

	ClientSecret        Input
	Certificate         Input // a PFX in base64
	CertificatePath     Input // of a PFX or PEM file
	CertificatePassword Input

	UseOIDC          Input
	OIDCToken        Input
	OIDCTokenPath    Input
	OIDCRequestURL   Input
	OIDCRequestToken Input
	ADOConnectionID  Input

	UseAKS            Input
	UseMSI            Input
	ManagedIdentityID Input // the client id of a user-assigned identity
	UseCLI            Input
	UseDevCLI         Input

	DisableInstanceDiscovery bool
}

// method is one way to sign in.
type method struct {
	name string
	// asked is the value by which the user asks for the method.
	asked func(SignIn) Input
	// needs are the values that the method cannot do without.
	needs []need
	// prepare reads what all tenants have in common, such as a certificate. It sends nothing.
	prepare func(SignIn) (opener, error)
}

// opener makes the credential for one tenant, "" meaning the tenant that the method has by itself. It sends nothing.
type opener func(tenant string, options credentialOptions) (azcore.TokenCredential, error)

// credentialOptions is what every credential is made with.
type credentialOptions struct {
	policy.ClientOptions
	// tokenExchange is the audience of an identity token that is to be exchanged for one of Entra's.
	tokenExchange string
}

// need is a value that a method cannot do without, and where the user can give it.
type need struct {
	value     func(SignIn) Input
	attribute string
	variables string
}

var (
	needTenant       = need{func(s SignIn) Input { return s.TenantID }, "tenant_id", "ARM_TENANT_ID"}
	needClientID     = need{func(s SignIn) Input { return s.ClientID }, "client_id", "ARM_CLIENT_ID"}
	needRequestURL   = need{func(s SignIn) Input { return s.OIDCRequestURL }, "oidc_request_url", "ARM_OIDC_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_URL or SYSTEM_OIDCREQUESTURI"}
	needRequestToken = need{func(s SignIn) Input { return s.OIDCRequestToken }, "oidc_request_token", "ARM_OIDC_REQUEST_TOKEN, ACTIONS_ID_TOKEN_REQUEST_TOKEN or SYSTEM_ACCESSTOKEN"}
	needTokenFile    = need{func(s SignIn) Input { return s.OIDCTokenPath }, "oidc_token_file_path", "AZURE_FEDERATED_TOKEN_FILE"}
)

// methods is every way to sign in, in azurerm's order: the first that is asked for is the one that is used.
var methods = []method{
	{"client certificate", func(s SignIn) Input { return either(s.Certificate, s.CertificatePath) },
		[]need{needTenant, needClientID}, withCertificate},
	{"client secret", func(s SignIn) Input { return s.ClientSecret },
		[]need{needTenant, needClientID}, withClientSecret},
	{"OIDC token", func(s SignIn) Input { return both(s.UseOIDC, s.OIDCToken) },
		[]need{needTenant, needClientID}, withOIDCToken},
	{"OIDC token file", func(s SignIn) Input { return both(s.UseOIDC, s.OIDCTokenPath) },
		[]need{needTenant, needClientID}, withOIDCTokenFile},
	{"Azure DevOps service connection", func(s SignIn) Input { return both(s.UseOIDC, s.ADOConnectionID) },
		[]need{needTenant, needClientID, needRequestURL, needRequestToken}, withAzureDevOps},
	{"managed identity as the federated credential of an app", func(s SignIn) Input { return together(s.UseOIDC, s.UseMSI) },
		[]need{needTenant, needClientID}, withFederatedManagedIdentity},
	{"OIDC token request", func(s SignIn) Input { return s.UseOIDC },
		[]need{needTenant, needClientID, needRequestURL, needRequestToken}, withOIDCRequest},
	{"AKS workload identity", func(s SignIn) Input { return s.UseAKS },
		[]need{needTenant, needClientID, needTokenFile}, withAKS},
	{"managed identity", func(s SignIn) Input { return s.UseMSI },
		nil, withManagedIdentity},
	{"Azure Developer CLI", func(s SignIn) Input { return s.UseDevCLI },
		nil, withAzureDeveloperCLI},
	{"Azure CLI", func(s SignIn) Input { return s.UseCLI },
		nil, withAzureCLI},
}

// chooseMethod picks exactly one method: the first that the provider block asks for, else the first that
// the environment or a default asks for. There is no chain that falls through to another method, since
// that would hide why the intended one failed.
func chooseMethod(s SignIn) (method, error) {
	inBlock := slices.IndexFunc(methods, func(m method) bool { return m.asked(s).given() && m.asked(s).InBlock })
	anywhere := slices.IndexFunc(methods, func(m method) bool { return m.asked(s).given() })

	chosen := inBlock
	if chosen < 0 {
		chosen = anywhere
	}
	if chosen < 0 {
		return method{}, &ConfigError{
			Problem: "No way to sign in is configured.",
			Remedy: "In a pipeline set use_oidc (ARM_USE_OIDC), on an Azure machine use_msi (ARM_USE_MSI); set client_secret (ARM_CLIENT_SECRET) or " +
				"client_certificate_path (ARM_CLIENT_CERTIFICATE_PATH) with client_id and tenant_id to sign in as a service principal; " +
				"or leave use_cli (ARM_USE_CLI) at true and run \"az login\".",
		}
	}
	m := methods[chosen]
	if err := m.check(s); err != nil {
		return method{}, err
	}
	return m, nil
}

// check says which values of a half-configured method are missing.
func (m method) check(s SignIn) error {
	for _, n := range m.needs {
		if n.value(s).given() {
			continue
		}
		fault := &ConfigError{
			Attribute: n.attribute,
			Problem:   fmt.Sprintf("Signing in with the %s was asked for by %s, but %s is missing.", m.name, m.asked(s).Source, n.attribute),
			Remedy:    fmt.Sprintf("Set %s in the provider block or %s in the environment.", n.attribute, n.variables),
		}
		if n.attribute == needRequestURL.attribute || n.attribute == needRequestToken.attribute {
			fault.Remedy += " GitHub Actions sets it in a job with the permission \"id-token: write\". " +
				"Or give the token itself by oidc_token (ARM_OIDC_TOKEN) or oidc_token_file_path (ARM_OIDC_TOKEN_FILE_PATH)."
		}
		return fault
	}
	return nil
}

// sources tells where the method's values come from, for errors and the log.
func (m method) sources(s SignIn) string {
	seen := strings.Split(m.asked(s).Source, " and ")
	for _, n := range append([]need{needTenant, needClientID}, m.needs...) {
		if source := n.value(s).Source; source != "" && !slices.Contains(seen, source) {
			seen = append(seen, source)
		}
	}
	return strings.Join(placeOnce(seen), ", ")
}

// placeOnce names the provider block once, after all that it holds.
func placeOnce(sources []string) []string {
	const block = " in the provider block"
	held := slices.DeleteFunc(slices.Clone(sources), func(s string) bool { return !strings.HasSuffix(s, block) })
	if len(held) < 2 {
		return sources
	}
	first := slices.Index(sources, held[0])
	last := len(held) - 1
	together := strings.ReplaceAll(strings.Join(held[:last], ", "), block, "") + " and " + held[last]
	others := slices.DeleteFunc(sources, func(s string) bool { return strings.HasSuffix(s, block) })
	return slices.Insert(others, first, together)
}

// ConfigError is a provider configuration that cannot work.
type ConfigError struct {
	// Attribute is the provider attribute at fault, "" where there is no single one.
	Attribute string
	Problem   string
	Remedy    string
}

func (e *ConfigError) Error() string { return e.Problem + " " + e.Remedy }
