package connector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// failure is the one place where an error becomes what the user reads: what could not be done to which connector, why, what to
// do about it, and last the service's own words.
func failure(verb string, m model, err error) diag.Diagnostic {
	if pending, ok := errors.AsType[*aadiam.NotSettledError](err); ok {
		return notSettled(verb, m, pending)
	}
	if changed, ok := errors.AsType[*aadiam.ChangedError](err); ok {
		return changedSincePlan(m, changed)
	}
	if _, exists := errors.AsType[*aadiam.ExistsError](err); exists {
		return alreadyExists(m)
	}
	advice := remedy.For(err, m.TenantID.ValueString())
	if _, ok := errors.AsType[*aadiam.UncertainError](err); ok {
		return uncertain(verb, m, advice, err)
	}
	return compose(verb, m, advice.Problem, advice.Remedy, remedy.ServiceMessage(err))
}

// uncertain is a change that was sent and not answered.
func uncertain(verb string, m model, advice remedy.Advice, err error) diag.Diagnostic {
	next := "Run \"terraform plan\": it shows whether anything is left to do."
	if verb == "create" {
		next = "Run \"terraform plan\": if it warns that the setting exists already, import it as the warning says."
	}
	if errors.Is(err, context.Canceled) {
		advice.Remedy = "" // which says the same of the plan
	}
	return compose(verb, m, advice.Problem, "The request was sent, and no answer tells whether it had its effect. "+next, advice.Remedy, remedy.ServiceMessage(err))
}

func compose(verb string, m model, problem string, paragraphs ...string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(fmt.Sprintf("Cannot %s the connector%s: %s", verb, quoted(m), problem), inTenant(m, paragraphs...))
}

// inTenant names the tenant where the paragraphs do not, since a run may be about many.
func inTenant(m model, paragraphs ...string) string {
	text, tenant := remedy.Paragraphs(paragraphs...), m.TenantID.ValueString()
	if tenant == "" || strings.Contains(strings.ToLower(text), strings.ToLower(tenant)) {
		return text
	}
	return remedy.Paragraphs(text, "This was in tenant "+tenant+".")
}

// quoted is the connector's name, where it is known.
func quoted(m model) string {
	if m.Name.ValueString() == "" {
		return ""
	}
	return fmt.Sprintf(" %q", m.Name.ValueString())
}

func alreadyExists(m model) diag.Diagnostic {
	return compose("create", m, "it exists already", "It was left as it is. "+existsAdvice(m))
}

// existsAdvice says how to go on where a setting of the connector's name is there already.
func existsAdvice(m model) string {
	return remedy.Paragraphs(
		fmt.Sprintf("Tenant %s has a diagnostic setting of this name, perhaps made in the portal, perhaps by another resource of this configuration. Creating never overwrites one. "+
			"If another resource has the name, remove the duplicate. Otherwise, to manage the setting with Terraform, import it, with this resource's own name in place of \"example\":", m.TenantID.ValueString()),
		importBlock(m),
		"The plan then shows what Terraform would change in it.")
}

// failedWrite looks for the reason where the service refused a setting and said nothing that is known: a category that the cloud does not support, or, for
// a new one, as many settings as the tenant may have. Its own words for these are not known (wire contract 3.6).
func failedWrite(ctx context.Context, client *aadiam.Client, verb string, m model, err error) diag.Diagnostic {
	if !azure.IsStatus(err, http.StatusBadRequest, http.StatusConflict) || remedy.For(err, m.TenantID.ValueString()).Remedy != "" {
		return failure(verb, m, err)
	}
	if refused, evidence := entralogs.Refused(azure.CloudName(client.Endpoint()), m.knownCategories()); len(refused) > 0 {
		return compose(verb, m, "the service refused the request, perhaps for a log category that this cloud does not support",
			refusedInCloud(refused, evidence), "Take it out of log_categories and apply again.", remedy.ServiceMessage(err))
	}
	settings, listErr := client.List(ctx)
	if verb != "create" || listErr != nil || len(settings) < mostSettings {
		return failure(verb, m, err)
	}
	names := make([]string, len(settings))
	for i, setting := range settings {
		names[i] = setting.Name
	}
	slices.Sort(names)
	return compose(verb, m, "the tenant has as many settings as it may",
		fmt.Sprintf("Tenant %s has %d diagnostic settings, and Azure allows %d: %s. That is the likely reason for the refusal below.",
			m.TenantID.ValueString(), len(settings), mostSettings, strings.Join(names, ", ")),
		"Delete one of them, or import one and manage that instead.",
		remedy.ServiceMessage(err))
}

// notSettled is a change that was accepted and was not seen to show. What to do depends on what Terraform makes of the error.
func notSettled(verb string, m model, pending *aadiam.NotSettledError) diag.Diagnostic {
	if errors.Is(pending, context.Canceled) {
		return interruptedWait(verb, m, pending)
	}
	problem := "the service does not show the change"
	seen := "The service accepted the request, and had not steadily shown its effect before the timeout (set in the timeouts block)."
	cause, words := whyNotShown(verb, m, pending), ""
	if !errors.Is(pending, context.DeadlineExceeded) || errors.As(pending, new(*retry.GaveUpError)) {
		advice := remedy.For(pending, m.TenantID.ValueString())
		problem = "the change was accepted, then " + advice.Problem
		seen = "The service accepted the request. Looking for its effect then failed."
		cause, words = advice.Remedy, remedy.ServiceMessage(pending)
	}
	next := map[string]string{
		"create": remedy.Paragraphs("The connector is in the state, marked as tainted: the next apply would destroy it and create it again. To keep it, give this command the address "+
			"that is named above, and run \"terraform plan\" in some minutes:", remedy.Command("terraform untaint <address>")),
		"update": planLater,
		"delete": stillInState,
	}[verb]
	return compose(verb, m, problem, seen+lastSeen(pending), cause, next, words)
}

const (
	planLater    = "Run \"terraform plan\" in some minutes: it shows whether anything is left to do."
	stillInState = "The connector is still in the state. Run \"terraform plan\" in some minutes: if the setting has gone, it leaves the state by itself."
)

// whyNotShown says what may be the matter with content that is not as it was wanted: another writer's only where there is something that nobody
// asked for, since there is no ETag by which the service would have refused the second of two (wire contract 4.1).
func whyNotShown(verb string, m model, pending *aadiam.NotSettledError) string {
	if verb == "delete" || pending.LastSeen == "" {
		return ""
	}
	text := "It was asked to stream " + strings.Join(m.knownCategories(), ", ") + " to the workspace " + m.LogAnalyticsWorkspaceID.ValueString() + "."
	switch {
	case len(pending.Unasked) > 0:
		text += fmt.Sprintf(" Nobody asked for %s here, and it was not there before. Most likely another run of Terraform, or a person, wrote the setting at the same "+
			"moment; the last one wins. Decide who manages it before the next apply.", strings.Join(pending.Unasked, ", "))
	case len(pending.Missing) > 0:
		text += fmt.Sprintf(" If %s stays off, the service may not support it: take it out of log_categories.", strings.Join(pending.Missing, ", "))
	}
	return text
}

// interruptedWait is a warning where the state holds what was accepted, since by an error Terraform would mark a new connector as tainted, to destroy
// it and create it again. Terraform itself says that the run was interrupted.
func interruptedWait(verb string, m model, pending *aadiam.NotSettledError) diag.Diagnostic {
	seen := "The service accepted the request. Waiting for its effect to show was then interrupted." + lastSeen(pending)
	if verb == "delete" {
		return compose(verb, m, "interrupted", seen, stillInState)
	}
	return diag.NewWarningDiagnostic(fmt.Sprintf("Interrupted before the connector%s showed", quoted(m)), inTenant(m, seen, "The connector is in the state. "+planLater))
}

func lastSeen(pending *aadiam.NotSettledError) string {
	if pending.LastSeen == "" {
		return ""
	}
	return " Its last other answer was: " + pending.LastSeen + "."
}

func importBlock(m model) string {
	return remedy.Command("import {", "  to = sentinel_aad_connector.example", fmt.Sprintf("  id = %q", m.TenantID.ValueString()+"/"+m.Name.ValueString()), "}")
}

func changedSincePlan(m model, changed *aadiam.ChangedError) diag.Diagnostic {
	problem, what := "it was deleted since the plan was made", ""
	if !changed.Gone {
		problem, what = "it was changed since the plan was made", "Compared with the plan's starting point: "+strings.Join(changed.Differences, "; ")+"."
	}
	return compose("update", m, problem, what,
		"Nothing was sent, since the plan did not show this. Run \"terraform plan\" again and look at what it says now.")
}
