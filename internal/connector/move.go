package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// movable are the other providers' resources for these diagnostic settings.
var movable = []struct {
	provider, typeName string
	read               func(state []byte) (aadiam.Setting, error)
}{
	{"azurerm", "azurerm_monitor_aad_diagnostic_setting", settingOfAzurerm},
	{"azapi", "azapi_resource", settingOfAzapi},
}

// MoveState accepts resources that a moved block moves here. Their states do not name the tenant, and Terraform moves
// before it configures the provider, so the tenant stays null until the next read, which follows at once.
//
// A connector of this provider at another address, such as a private registry's, is moved unchanged.
func (r *connectorResource) MoveState(ctx context.Context) []resource.StateMover {
	var own resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &own)
	return []resource.StateMover{{SourceSchema: &own.Schema, StateMover: moveOwn}, {StateMover: moveOther}}
}

func moveOwn(_ context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	if req.SourceTypeName == typeName && req.SourceState != nil {
		resp.TargetState.Raw = req.SourceState.Raw
	}
}

func moveOther(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	for _, source := range movable {
		// Terraform's address is "registry.terraform.io/hashicorp/azurerm", OpenTofu's "azurerm".
		if req.SourceTypeName != source.typeName || path.Base(req.SourceProviderAddress) != source.provider ||
			req.SourceRawState == nil {
			continue
		}
		setting, err := source.read(req.SourceRawState.JSON)
		if err == nil {
			err = checkName(setting.Name)
		}
		if err != nil {
			resp.Diagnostics.AddError(fmt.Sprintf("Cannot move this %s here", source.typeName), inputcheck.Sentence(err))
			return
		}
		resp.Diagnostics.Append(resp.TargetState.Set(ctx, modelOf(types.StringNull(), setting))...)
	}
}

// settingOfAzurerm reads a state of azurerm: version 3 has log and enabled_log, 4 and 5 have enabled_log only.
func settingOfAzurerm(state []byte) (aadiam.Setting, error) {
	type log struct {
		Category string `json:"category"`
		Enabled  bool   `json:"enabled"`
	}
	var source struct {
		Name                        string `json:"name"`
		LogAnalyticsWorkspaceID     string `json:"log_analytics_workspace_id"`
		StorageAccountID            string `json:"storage_account_id"`
		EventHubAuthorizationRuleID string `json:"eventhub_authorization_rule_id"`
		EventHubName                string `json:"eventhub_name"`
		Log                         []log  `json:"log"`
		EnabledLog                  []log  `json:"enabled_log"`
	}
	if err := json.Unmarshal(state, &source); err != nil {
		return aadiam.Setting{}, fmt.Errorf("its state can't be read: %w", err)
	}
	setting := aadiam.Setting{
		Name:                        source.Name,
		WorkspaceID:                 source.LogAnalyticsWorkspaceID,
		StorageAccountID:            source.StorageAccountID,
		EventHubAuthorizationRuleID: source.EventHubAuthorizationRuleID,
		EventHubName:                source.EventHubName,
	}
	for _, log := range source.EnabledLog {
		setting.Enable(log.Category)
	}
	for _, log := range source.Log {
		if log.Enabled {
			setting.Enable(log.Category)
		}
	}
	return setting, nil
}

// settingOfAzapi reads a state of azapi. Its body is a JSON document in version 2, and the document's text in version
// 1; a sensitive_body is not in the state.
func settingOfAzapi(state []byte) (aadiam.Setting, error) {
	const wanted = "Microsoft.AADIAM/diagnosticSettings"
	var source struct {
		Name string          `json:"name"`
		Type string          `json:"type"`
		Body json.RawMessage `json:"body"`
	}
	if err := json.Unmarshal(state, &source); err != nil {
		return aadiam.Setting{}, fmt.Errorf("its state can't be read: %w", err)
	}
	if kind, _, _ := strings.Cut(source.Type, "@"); !strings.EqualFold(kind, wanted) {
		return aadiam.Setting{}, fmt.Errorf("its type is %q, and only %q is a connector", kind, wanted)
	}
	var setting aadiam.Setting
	document, err := bodyOfAzapi(source.Body)
	if err == nil && document != nil {
		err = json.Unmarshal(document, &setting)
	}
	if err != nil {
		return aadiam.Setting{}, fmt.Errorf("its body can't be read: %w", err)
	}
	if lost := setting.OtherDestinations(); len(lost) > 0 {
		return aadiam.Setting{}, fmt.Errorf("it also sends the logs to a destination that a connector can't manage, %s; "+
			"keep it in azapi, or remove that destination first", strings.Join(lost, ", "))
	}
	setting.Name = source.Name
	return setting, nil
}

// bodyOfAzapi unpacks a body: a document, {"value": document, "type": its type}, or either of them as text. It
// returns nil if there is none.
func bodyOfAzapi(body json.RawMessage) (json.RawMessage, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	var text string // stays empty for null
	if json.Unmarshal(body, &text) == nil {
		return bodyOfAzapi(json.RawMessage(text))
	}
	var dynamic struct{ Value, Type json.RawMessage }
	if err := json.Unmarshal(body, &dynamic); err != nil {
		return nil, err
	}
	if dynamic.Value == nil || dynamic.Type == nil {
		return body, nil
	}
	return bodyOfAzapi(dynamic.Value)
}

// movedAway explains that a moved connector is not in the provider's tenant.
func movedAway(m model) (headline, detail string) {
	elsewhere := remedy.Connector{Tenant: "<tenant id>", Name: m.Name.ValueString()}
	return fmt.Sprintf("The moved connector %q is not in tenant %s", m.Name.ValueString(), m.TenantID.ValueString()),
		remedy.Paragraphs(
			"The state that it was moved from does not name the tenant, so the provider's tenant was read. Nothing was changed.",
			"If it is in another tenant, remove the moved block, release the old resource with a removed block that has "+
				"destroy = false, and import the connector with its tenant:",
			elsewhere.ImportBlock(),
			"If it was deleted, remove the old resource from the state with \"terraform state rm\"; the next apply creates "+
				"the connector.")
}
