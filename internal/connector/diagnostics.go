package connector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// failure is the one place where an error becomes what the user reads: what could not be done to which connector, why, what to
// do about it, and last the service's own words.
func failure(verb string, m model, err error) diag.Diagnostic {
	if overwritten, ok := errors.AsType[*aadiam.OverwrittenError](err); ok {
		return overwrittenBySomebody(verb, m, overwritten)
	}
	if pending, ok := errors.AsType[*aadiam.NotSettledError](err); ok {
		return notSettled(verb, m, pending)
	}
	if changed, ok := errors.AsType[*aadiam.ChangedError](err); ok {
		return changedSincePlan(m, changed)
	}
	if _, exists := errors.AsType[*aadiam.ExistsError](err); exists {
		return alreadyExists(m)
	}
	advice := azure.Advise(err, m.TenantID.ValueString())
	if _, ok := errors.AsType[*aadiam.UncertainError](err); ok {
		return uncertain(verb, m, advice, err)
	}
	return compose(verb, m, advice.Problem, advice.Remedy, azure.Said(err))
}

// uncertain is a change that was sent and not answered.
func uncertain(verb string, m model, advice azure.Advice, err error) diag.Diagnostic {
	next := "Run \"terraform plan\": it shows whether anything is left to do."
	if verb == "create" {
		next = "Run \"terraform plan\": if it warns that the setting exists already, import it as the warning says."
	}
	if errors.Is(err, context.Canceled) {
		advice.Remedy = "" // which says the same of the plan
	}
	return compose(verb, m, advice.Problem, "The request was sent, and no answer tells whether it had its effect. "+next, advice.Remedy, azure.Said(err))
}

func compose(verb string, m model, problem string, paragraphs ...string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(fmt.Sprintf("Cannot %s the connector%s: %s", verb, quoted(m), problem), inTenant(m, paragraphs...))
}

// inTenant names the tenant where the paragraphs do not, since a run may be about many.
func inTenant(m model, paragraphs ...string) string {
	text, tenant := azure.Paragraphs(paragraphs...), m.TenantID.ValueString()
	if tenant == "" || strings.Contains(strings.ToLower(text), strings.ToLower(tenant)) {
		return text
	}
	return azure.Paragraphs(text, "This was in tenant "+tenant+".")
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
	return azure.Paragraphs(
		fmt.Sprintf("Tenant %s has a diagnostic setting of this name, perhaps made in the portal, perhaps by another resource of this configuration. Creating never overwrites one. "+
			"To manage it with Terraform, import it, with this resource's own name in place of \"example\":", m.TenantID.ValueString()),
		importBlock(m),
		"The plan then shows what Terraform would change in it.")
}

// failedCreate looks whether the tenant's settings tell why the service refused one more, where it says nothing that is known. Its own words for
// that are not (wire contract 3.6).
func failedCreate(ctx context.Context, client *aadiam.Client, m model, err error) diag.Diagnostic {
	if !azure.IsStatus(err, http.StatusBadRequest, http.StatusConflict) || azure.Advise(err, m.TenantID.ValueString()).Remedy != "" {
		return failure("create", m, err)
	}
	settings, listErr := client.List(ctx)
	if listErr != nil || len(settings) < mostSettings {
		return failure("create", m, err)
	}
	names := make([]string, len(settings))
	for i, setting := range settings {
		names[i] = setting.Name
	}
	return compose("create", m, "the tenant has as many settings as it may",
		fmt.Sprintf("Tenant %s has %d diagnostic settings, and Azure allows %d: %s. That is the likely reason for the refusal below.",
			m.TenantID.ValueString(), len(settings), mostSettings, strings.Join(names, ", ")),
		"Delete one of them, or import one and manage that instead.",
		azure.Said(err))
}

// notSettled is a change that was accepted and was not seen to show. What to do depends on what Terraform makes of the error.
func notSettled(verb string, m model, pending *aadiam.NotSettledError) diag.Diagnostic {
	if errors.Is(pending, context.Canceled) {
		return interruptedWait(verb, m, pending)
	}
	problem := "the service does not show the change yet"
	seen := "The service accepted the request, and had not steadily shown its effect when the time was up, which a timeouts block sets."
	var cause, words string
	if !errors.Is(pending, context.DeadlineExceeded) || errors.As(pending, new(*azure.GaveUpError)) {
		advice := azure.Advise(pending, m.TenantID.ValueString())
		problem = "the change was accepted, then " + advice.Problem
		seen = "The service accepted the request. Looking for its effect then failed."
		cause, words = advice.Remedy, azure.Said(pending)
	}
	next := map[string]string{
		"create": azure.Paragraphs("The connector is in the state, marked as tainted: the next apply would destroy it and create it again. To keep it, give this command the address "+
			"that is named above, and run \"terraform plan\" in some minutes:", azure.Command("terraform untaint <address>")),
		"update": planLater,
		"delete": stillInState,
	}[verb]
	return compose(verb, m, problem, seen+lastSeen(pending), cause, next, words)
}

const (
	planLater    = "Run \"terraform plan\" in some minutes: it shows whether anything is left to do."
	stillInState = "The connector is still in the state. Run \"terraform plan\" in some minutes: if the setting has gone, it leaves the state by itself."
)

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

// overwrittenBySomebody is what the loser of two that wrote at the same time reads. There is no ETag by which the service would have refused the
// second (wire contract 4.1).
func overwrittenBySomebody(verb string, m model, overwritten *aadiam.OverwrittenError) diag.Diagnostic {
	next := "Settle who manages it. Then run \"terraform plan\", which shows what there is to change."
	if verb == "create" {
		next = azure.Paragraphs("The connector is not in the state, so that nothing here changes what somebody else made. Settle who manages it. To do so with this configuration, import it, "+
			"with this resource's own name in place of \"example\":", importBlock(m))
	}
	return compose(verb, m, "somebody else wrote it at the same time",
		"The service accepted the request, and has since steadily shown something else. Compared with what was written: "+strings.Join(overwritten.Differences, "; ")+
			". Most likely another run of Terraform, or a person, wrote the setting at the same moment; the last one wins.", next)
}

func importBlock(m model) string {
	return azure.Command("import {", "  to = sentinel_aad_connector.example", fmt.Sprintf("  id = %q", m.TenantID.ValueString()+"/"+m.Name.ValueString()), "}")
}

func changedSincePlan(m model, changed *aadiam.ChangedError) diag.Diagnostic {
	problem, what := "it was deleted since the plan was made", ""
	if !changed.Gone {
		problem, what = "it was changed since the plan was made", "Compared with the plan's starting point: "+strings.Join(changed.Differences, "; ")+"."
	}
	return compose("update", m, problem, what,
		"Nothing was sent, since the plan did not show this. Run \"terraform plan\" again and look at what it says now.")
}
