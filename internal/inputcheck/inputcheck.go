// Package inputcheck has the validators that several of the provider's blocks share. Null and unknown values are
// skipped.
package inputcheck

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// Text validates a string. Must describes a valid one, Headline is the summary of the diagnostic, and the error of
// Check its detail.
type Text struct {
	Must     string
	Headline string
	Check    func(string) error
}

func (t Text) Description(context.Context) string         { return t.Must }
func (t Text) MarkdownDescription(context.Context) string { return t.Must }

func (t Text) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := t.Check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, t.Headline, Sentence(err))
	}
}

// ResourceID validates the id of an Azure resource.
func ResourceID(of azure.ResourceType) Text {
	return Text{"must be the resource id of " + of.Noun, "Not the id of " + of.Noun, func(id string) error {
		_, err := of.ParseID(id)
		return err
	}}
}

// TenantID validates a tenant's GUID.
func TenantID() Text {
	return Text{"must be a tenant's GUID", "Not a tenant id", func(id string) error {
		if azure.IsGUID(id) {
			return nil
		}
		return fmt.Errorf("%q is not a GUID; a domain name can't be used, because tokens name their tenant by GUID: \"az "+
			"account show --query tenantId\" prints it", id)
	}}
}

// Timeouts refuses timeouts in the framework's block that end an operation before it starts. The framework itself
// refuses those that are no durations.
type Timeouts struct{}

func (Timeouts) Description(context.Context) string         { return "must be longer than zero" }
func (Timeouts) MarkdownDescription(context.Context) string { return "must be longer than zero" }

func (Timeouts) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	for operation, timeout := range req.ConfigValue.Attributes() {
		text, _ := timeout.(types.String)
		if duration, err := time.ParseDuration(text.ValueString()); err == nil && duration <= 0 {
			resp.Diagnostics.AddAttributeError(req.Path.AtName(operation), "Not a timeout",
				"A timeout must be longer than zero.")
		}
	}
}

// Sentence formats an error as a sentence.
func Sentence(err error) string {
	text := err.Error()
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
