package connector

import (
	"context"
	"net/http"
	"slices"

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
	return remedy.Connector{
		Name: m.Name.ValueString(), Tenant: m.TenantID.ValueString(), WorkspaceID: m.LogAnalyticsWorkspaceID.ValueString(),
		Categories: slices.Sorted(slices.Values(m.knownCategories())),
	}
}

// failedWrite looks for a likely reason if the service refused a setting with an unknown message: a category that the
// cloud does not support or, for a new setting, the limit of five. The service's messages for these are not known.
func failedWrite(ctx context.Context, client *aadiam.Client, verb string, m model, err error) diag.Diagnostic {
	connector := m.described()
	if !azure.IsStatus(err, http.StatusBadRequest, http.StatusConflict) || remedy.For(err, connector.Tenant).Remedy != "" {
		return failure(verb, m, err)
	}
	if refused, evidence := entralogs.Refused(azure.CloudName(client.Endpoint()), connector.Categories); len(refused) > 0 {
		return diagnostic(connector.Refused(verb, err, remedy.Advice{
			Problem: "the service refused the request, perhaps for a log category that this cloud does not support",
			Remedy:  remedy.Paragraphs(refusedInCloud(refused, evidence), "Remove it from log_categories and apply again."),
		}))
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
	return diagnostic(connector.Refused(verb, err, connector.TooManySettings(names, mostSettings)))
}
