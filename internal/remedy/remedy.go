// Package remedy says what an error means and what to do about it. It reads the clients' typed errors; every headline
// and command that users read is here.
package remedy

import (
	"context"
	"errors"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// Advice is what an error means to the person who reads it.
type Advice struct {
	// Problem is a headline of a few words, in lower case and without a full stop.
	Problem string
	// Remedy says what to do, in paragraphs. Lines that start with spaces are kept as they are.
	Remedy string
}

// For explains an error of a client that happened in a tenant. Where there is nothing to say about it, the Advice has
// no Remedy.
func For(err error, tenant string) Advice {
	if errors.Is(err, context.Canceled) {
		return Advice{"interrupted", "Run \"terraform plan\": it shows what is left to do."}
	}
	if tooLong, ok := errors.AsType[*retry.PauseError](err); ok {
		return forPause(tooLong)
	}
	if refused, ok := errors.AsType[*azure.TenantNotAllowedError](err); ok {
		return Advice{"the provider does not allow tenant " + refused.Tenant, fill(`
			The provider signs in to tenant <home>, and may use no others than those in allowed_tenant_ids. Nothing was sent.

			If <home> is the wrong one, correct tenant_id in the provider block, ARM_TENANT_ID or the sign-in, and change
			nothing else: a connector whose tenant_id is not set would be replaced by one in <home>.

			To let resources name this tenant, add it to the list in the provider block, or to ARM_ALLOWED_TENANT_IDS:

			    allowed_tenant_ids = ["<tenant>"]

			The app must also exist in that tenant, with its role at the scope `+aadiamScope+` there.`,
			"<home>", refused.Home, "<tenant>", refused.Tenant)}
	}
	if wrong, ok := errors.AsType[*signin.WrongTenantError](err); ok {
		return forWrongTenant(wrong)
	}
	if failed, ok := errors.AsType[*signin.Error](err); ok {
		return forSignIn(failed)
	}
	if config, ok := errors.AsType[*signin.ConfigError](err); ok {
		return Advice{"the provider block is not complete", Configuration(config)}
	}
	if answer, ok := errors.AsType[*azure.ServiceError](err); ok {
		return forRefusal(err, answer, tenant)
	}
	return forConnection(err)
}

// Explain returns the headline of an error of a client that happened in a tenant, and what to do about it, followed by
// the service's own words.
func Explain(err error, tenant string) (problem, detail string) {
	advice := For(err, tenant)
	return advice.Problem, Paragraphs(advice.Remedy, ServiceMessage(err))
}

// ServiceMessage quotes whoever refused, or the error itself where nobody did, unless For has said it all.
func ServiceMessage(err error) string {
	if errors.Is(err, context.Canceled) {
		return ""
	}
	if failed, ok := errors.AsType[*signin.Error](err); ok {
		return entraMessage(failed)
	}
	if refusal, ok := errors.AsType[*azure.ServiceError](err); ok {
		text := "Azure said: " + refusal.Error()
		if refusal.NotJSON {
			text = "The answer was: " + refusal.Error()
		}
		if refusal.CorrelationID != "" {
			text += "\nCorrelation id: " + refusal.CorrelationID
		}
		return text
	}
	switch {
	case errors.As(err, new(*azure.TenantNotAllowedError)), errors.As(err, new(*signin.WrongTenantError)),
		errors.As(err, new(*signin.ConfigError)):
		return ""
	default:
		return "The error was: " + inWords(err)
	}
}

// inWords is an error's text with other words than Go's own for a deadline.
func inWords(err error) string {
	return strings.ReplaceAll(err.Error(), context.DeadlineExceeded.Error(), "the operation timed out")
}
