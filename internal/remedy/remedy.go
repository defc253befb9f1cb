// Package remedy says what an error means and what to do about it. Its code reads the clients' typed errors and chooses
// a headline; the texts are in remedies.md.
package remedy

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

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
		return advise("interrupted")
	}
	if tooLong, ok := errors.AsType[*retry.PauseError](err); ok {
		return advise("the service asks to wait longer than the timeout allows", "<asked>", tooLong.Asked.String(),
			"<left>", tooLong.Left.Truncate(time.Second).String())
	}
	if refused, ok := errors.AsType[*azure.TenantNotAllowedError](err); ok {
		return advise("the provider does not allow tenant <tenant>", "<home>", refused.Home, "<tenant>", refused.Tenant)
	}
	if wrong, ok := errors.AsType[*signin.WrongTenantError](err); ok {
		heading := "the sign-in gave a token of another tenant"
		if strings.HasPrefix(wrong.SignIn, "managed identity (") {
			heading = "the sign-in gave a token of another tenant (managed identity)"
		}
		return advise(heading, "<wanted>", wrong.Wanted, "<sign-in>", wrong.SignIn, "<issued>", wrong.Issued)
	}
	if failed, ok := errors.AsType[*signin.Error](err); ok {
		return forSignIn(failed)
	}
	if config, ok := errors.AsType[*signin.ConfigError](err); ok {
		return advise("the provider block is not complete", "<problem>", Configuration(config))
	}
	if answer, ok := errors.AsType[*azure.ServiceError](err); ok {
		return forRefusal(err, answer, tenant)
	}
	return forConnection(err)
}

// Configuration explains a provider configuration that cannot work.
func Configuration(fault *signin.ConfigError) string {
	heading := fault.Attribute + " is not usable"
	if fault.Missing {
		heading = cmp.Or(fault.Attribute, "A sign-in method") + " is missing"
	}
	return fault.Problem + " " + advise(heading).Remedy
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
