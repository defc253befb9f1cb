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
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
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
	tenant := m.TenantID.ValueString()
	advice := azure.Advise(err, tenant)
	words := azure.Said(err)
	if words == "" {
		words = "The error was: " + err.Error()
	}
	return compose(verb, m, advice.Problem, advice.Remedy, words)
}

func compose(verb string, m model, problem string, paragraphs ...string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(fmt.Sprintf("Cannot %s the connector%s: %s", verb, quoted(m), problem), azure.Paragraphs(paragraphs...))
}

// quoted is the connector's name, where it is known.
func quoted(m model) string {
	if m.Name.ValueString() == "" {
		return ""
	}
	return fmt.Sprintf(" %q", m.Name.ValueString())
}

func alreadyExists(m model) diag.Diagnostic {
	return compose("create", m, "it exists already",
		fmt.Sprintf("Tenant %s has a diagnostic setting of this name, perhaps made in the portal. It was left as it is. "+
			"To manage it with Terraform, import it, giving this resource's address:", m.TenantID.ValueString()),
		azure.Command("import {", "  to = sentinel_aad_connector.example", fmt.Sprintf("  id = %q", m.TenantID.ValueString()+"/"+m.Name.ValueString()), "}"),
		"The plan then shows what Terraform would change in it.")
}

// refusedCreate looks whether the tenant's settings tell why the service refused one more. Its own words for that are not known
// (wire contract 3.6).
func refusedCreate(ctx context.Context, client *aadiam.Client, m model, err error) diag.Diagnostic {
	const most = 5
	if !azure.IsStatus(err, http.StatusBadRequest, http.StatusConflict) {
		return failure("create", m, err)
	}
	settings, listErr := client.List(ctx)
	if listErr != nil || len(settings) < most {
		return failure("create", m, err)
	}
	names := make([]string, len(settings))
	for i, setting := range settings {
		names[i] = setting.Name
	}
	return compose("create", m, "the tenant has as many settings as it may",
		fmt.Sprintf("Tenant %s has %d diagnostic settings, and Azure allows %d: %s.", m.TenantID.ValueString(), len(settings), most, strings.Join(names, ", ")),
		"Delete one of them, or import one and manage that instead.",
		azure.Said(err))
}

// notSettled is a change that was accepted and did not show in time. What to do depends on what Terraform makes of the error.
func notSettled(verb string, m model, pending *aadiam.NotSettledError) diag.Diagnostic {
	seen := "The service accepted the request, and had not steadily shown its effect when the time was up."
	if errors.Is(pending, context.Canceled) {
		seen = "The service accepted the request. Waiting for its effect to show was then interrupted."
	}
	if pending.LastSeen != "" {
		seen += " Its last other answer was: " + pending.LastSeen + "."
	}
	next := map[string]string{
		"create": "The connector is in the state, marked as tainted. Run \"terraform plan\" in some minutes. If the setting is there, keep it with \"terraform untaint\" " +
			"and the resource's address; otherwise the next apply creates it again.",
		"update": "Run \"terraform plan\" in some minutes: it shows whether anything is left to do.",
		"delete": "The connector is still in the state. Run \"terraform plan\" in some minutes: if the setting has gone, it leaves the state by itself.",
	}[verb]
	return compose(verb, m, "the service does not show the change yet", seen, next, "A longer timeouts block gives it more time.")
}

func changedSincePlan(m model, changed *aadiam.ChangedError) diag.Diagnostic {
	what := "It was deleted."
	if !changed.Gone {
		what = "Compared with the plan's starting point: " + strings.Join(changed.Differences, "; ") + "."
	}
	return compose("update", m, "it was changed since the plan was made", what,
		"Nothing was sent, since the plan did not show this. Run \"terraform plan\" again and look at what it says now.")
}

// list names categories in a sentence of documentation.
func list(categories []entralogs.Category) string {
	return "`" + strings.Join(entralogs.Names(categories), "`, `") + "`"
}
