package connector

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// failure explains an error to the user.
func failure(verb string, m model, err error) diag.Diagnostic {
	return diagnostic(m.described().Failed(verb, err))
}

func diagnostic(message remedy.Message) diag.Diagnostic {
	if message.Warning {
		return diag.NewWarningDiagnostic(message.Summary, message.Detail)
	}
	return diag.NewErrorDiagnostic(message.Summary, message.Detail)
}

// described is the connector as error messages name it.
func (m model) described() remedy.Connector {
	categories, _ := namesIn(m.LogCategories)
	slices.Sort(categories)
	return remedy.Connector{Name: m.Name.ValueString(), Tenant: m.TenantID.ValueString(),
		WorkspaceID: m.LogAnalyticsWorkspaceID.ValueString(), Categories: categories}
}

// failedChange looks for a likely reason if the service refused a setting with an unknown message: a category that the
// cloud does not support or, for a new setting, the limit of five. The service's messages for these are not known.
func failedChange(ctx context.Context, client *aadiam.Client, verb string, m model, err error) diag.Diagnostic {
	connector := m.described()
	refused := azure.IsStatus(err, http.StatusBadRequest, http.StatusConflict) && verb != "delete"
	if !refused || errors.As(err, new(*aadiam.NotVisibleError)) || remedy.For(err, connector.Tenant).Remedy != "" {
		return failure(verb, m, err)
	}
	unsupported, evidence := entralogs.Refused(azure.CloudName(client.Endpoint()), connector.Categories)
	var settings []aadiam.Setting
	if len(unsupported) == 0 && verb == "create" {
		settings, _ = client.List(ctx)
	}
	var likely remedy.Advice
	switch {
	case len(unsupported) > 0:
		likely.Problem, likely.Remedy = remedy.OfPlan("one refused category",
			"<categories>", strings.Join(unsupported, ", "), "<evidence>", evidence)
	case len(settings) >= remedy.MostSettings:
		likely.Problem = "the " + remedy.LimitReached
		likely.Remedy = remedy.TooManySettings(connector.Tenant, namesOf(settings),
			"This is the likely reason for the refusal below.")
	default:
		return failure(verb, m, err)
	}
	return diagnostic(connector.Refused(verb, err, likely))
}

func namesOf(settings []aadiam.Setting) []string {
	names := make([]string, len(settings))
	for i, setting := range settings {
		names[i] = setting.Name
	}
	slices.Sort(names)
	return names
}
