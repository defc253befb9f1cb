package azure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
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

// SignIn is all that the user said about signing in.
type SignIn struct {
	TenantID     Input
	ClientID     Input
	ClientSecret Input
	// UseCLI has a value when the Azure CLI may be used.
	UseCLI Input

	DisableInstanceDiscovery bool
}

// method is one way to sign in.
type method struct {
	name string
	// asked is the value by which the user asks for the method.
	asked func(SignIn) Input
	// needs are the values that the method cannot do without.
	needs []need
	// open makes the credential for one tenant, "" meaning the tenant that the method has by itself. It
	// sends nothing.
	open func(s SignIn, tenant string, options policy.ClientOptions) (azcore.TokenCredential, error)
}

// need is a value that a method cannot do without, and where the user can give it.
type need struct {
	value     func(SignIn) Input
	attribute string
	variable  string
}

var (
	needTenant   = need{func(s SignIn) Input { return s.TenantID }, "tenant_id", "ARM_TENANT_ID"}
	needClientID = need{func(s SignIn) Input { return s.ClientID }, "client_id", "ARM_CLIENT_ID"}
)

// methods is every way to sign in, the first that is asked for being the one that is used.
var methods = []method{
	{"client secret", func(s SignIn) Input { return s.ClientSecret }, []need{needTenant, needClientID}, openClientSecret},
	{"Azure CLI", func(s SignIn) Input { return s.UseCLI }, nil, openAzureCLI},
}

func openClientSecret(s SignIn, tenant string, options policy.ClientOptions) (azcore.TokenCredential, error) {
	return azidentity.NewClientSecretCredential(tenant, s.ClientID.Value, s.ClientSecret.Value, &azidentity.ClientSecretCredentialOptions{
		ClientOptions:            options,
		DisableInstanceDiscovery: s.DisableInstanceDiscovery,
	})
}

func openAzureCLI(_ SignIn, tenant string, _ policy.ClientOptions) (azcore.TokenCredential, error) {
	return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: tenant})
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
			Remedy: "Set client_secret (ARM_CLIENT_SECRET) together with client_id and tenant_id to sign in as a service principal, " +
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
		return &ConfigError{
			Attribute: n.attribute,
			Problem:   fmt.Sprintf("Signing in with the %s was asked for by %s, but %s is missing.", m.name, m.asked(s).Source, n.attribute),
			Remedy:    fmt.Sprintf("Set %s in the provider block or %s in the environment.", n.attribute, n.variable),
		}
	}
	return nil
}

// sources tells where the method's values come from, for errors and the log.
func (m method) sources(s SignIn) string {
	seen := []string{m.asked(s).Source}
	for _, n := range m.needs {
		seen = append(seen, n.value(s).Source)
	}
	if !slices.ContainsFunc(m.needs, func(n need) bool { return n.attribute == needTenant.attribute }) && s.TenantID.given() {
		seen = append(seen, s.TenantID.Source)
	}
	return strings.Join(seen, ", ")
}

// ConfigError is a provider configuration that cannot work.
type ConfigError struct {
	// Attribute is the provider attribute at fault, "" where there is no single one.
	Attribute string
	Problem   string
	Remedy    string
}

func (e *ConfigError) Error() string { return e.Problem + " " + e.Remedy }
