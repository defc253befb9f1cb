package signin

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"golang.org/x/sync/semaphore"
)

// azureCLI gives tokens of the Azure CLI's account.
//
// In Cloud Shell and after "az login --identity", az refuses --tenant, even with the account's own tenant
// (get_raw_token in https://github.com/Azure/azure-cli/blob/dev/src/azure-cli-core/azure/cli/core/_profile.py). So the
// first token is requested without --tenant, as are all for the tenant that it turns out to be of.
type azureCLI struct {
	account *azidentity.AzureCLICredential

	turn *semaphore.Weighted           // is held while home and kept are in use
	home string                        // the account's tenant, "" until it is known
	kept map[string]azcore.AccessToken // tokens of the account that were not returned yet, by scope
}

func withAzureCLI(Config) (opener, error) {
	account, err := azidentity.NewAzureCLICredential(nil)
	cli := &azureCLI{account: account, turn: semaphore.NewWeighted(1), kept: map[string]azcore.AccessToken{}}
	return func(tenant string, _ Options) (azcore.TokenCredential, error) {
		named, err := azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: tenant})
		return cliCredential{cli, named, tenant}, err
	}, err
}

// cliCredential is the Azure CLI's credential for one tenant, "" meaning the account's own.
type cliCredential struct {
	cli    *azureCLI
	named  *azidentity.AzureCLICredential
	tenant string
}

func (c cliCredential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if options.Claims == "" {
		token, answered, err := c.cli.accountToken(ctx, c.tenant, options)
		if answered {
			return token, err
		}
	}
	return c.named.GetToken(ctx, options) // with claims, its error is the command to run
}

// accountToken returns a token of the account's own tenant, unless that is known not to be the given one.
func (a *azureCLI) accountToken(ctx context.Context, tenant string,
	options policy.TokenRequestOptions) (token azcore.AccessToken, answered bool, err error) {
	if a.turn.Acquire(ctx, 1) != nil {
		return token, true, context.Cause(ctx)
	}
	defer a.turn.Release(1)
	if tenant != "" && a.home != "" && a.home != tenant {
		return token, false, nil
	}
	scope := options.Scopes[0]
	token, found := a.kept[scope]
	delete(a.kept, scope)
	if !found || time.Until(token.ExpiresOn) < 5*time.Minute {
		token, err = a.account.GetToken(ctx, policy.TokenRequestOptions{Scopes: options.Scopes})
	}
	if err == nil {
		a.home = TokenTenant(token.Token)
		if a.home != tenant {
			a.kept[scope] = token
		}
	}
	return token, tenant == "" || tenant == a.home, err
}
