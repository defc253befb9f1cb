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
)

// movable are the types of the other providers' resources for these diagnostic settings, and their providers.
var movable = map[string]string{"azurerm_monitor_aad_diagnostic_setting": "azurerm", azapiResource: "azapi"}

const azapiResource = "azapi_resource"

// MoveState accepts resources that a moved block moves here. Of their states, only the name is taken over: they do not
// name the tenant, and Terraform moves before it configures the provider, so the tenant stays null until the next read,
// which follows at once and finds the content.
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
	// Terraform's address is "registry.terraform.io/hashicorp/azurerm", OpenTofu's "azurerm".
	if path.Base(req.SourceProviderAddress) != movable[req.SourceTypeName] || req.SourceRawState == nil {
		return
	}
	name, err := nameToMove(req.SourceTypeName, req.SourceRawState.JSON)
	if err != nil {
		resp.Diagnostics.AddError(fmt.Sprintf("Cannot move this %s here", req.SourceTypeName), inputcheck.Sentence(err))
		return
	}
	resp.Diagnostics.Append(resp.TargetState.Set(ctx, modelOf(types.StringNull(), aadiam.Setting{Name: name}))...)
}

// nameToMove finds the setting's name in a state. It refuses other types of azapi_resource, and destinations that azapi
// manages and a connector can't.
func nameToMove(typeName string, state []byte) (string, error) {
	const wanted = "Microsoft.AADIAM/diagnosticSettings"
	var source struct {
		Name, Type string
		Body       json.RawMessage
	}
	if err := json.Unmarshal(state, &source); err != nil {
		return "", fmt.Errorf("its state can't be read: %w", err)
	}
	if typeName != azapiResource {
		return source.Name, checkName(source.Name)
	}
	if kind, _, _ := strings.Cut(source.Type, "@"); !strings.EqualFold(kind, wanted) {
		return "", fmt.Errorf("its type is %q, and only %q is a connector", kind, wanted)
	}
	var setting aadiam.Setting
	document, err := bodyOfAzapi(source.Body)
	if err == nil && document != nil {
		err = json.Unmarshal(document, &setting)
	}
	if err != nil {
		return "", fmt.Errorf("its body can't be read: %w", err)
	}
	if lost := setting.OtherDestinations(); len(lost) > 0 {
		return "", fmt.Errorf("it also sends the logs to a destination that a connector can't manage, %s; keep it in azapi, "+
			"or remove that destination first", strings.Join(lost, ", "))
	}
	return source.Name, checkName(source.Name)
}

// bodyOfAzapi unpacks a body: a document, as of azapi's version 2, {"value": document, "type": its type}, or either of
// them as text, as of version 1. It returns nil if there is none, such as a sensitive_body, which no state has.
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
