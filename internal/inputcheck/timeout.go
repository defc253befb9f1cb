package inputcheck

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Timeouts refuses timeouts in the framework's block that end an operation before it starts. The framework itself
// refuses those that are no durations.
type Timeouts struct{}

// Description describes valid timeouts.
func (Timeouts) Description(context.Context) string { return "must be longer than zero" }

// MarkdownDescription is Description.
func (t Timeouts) MarkdownDescription(ctx context.Context) string { return t.Description(ctx) }

// ValidateObject checks each timeout.
func (Timeouts) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	for operation, timeout := range req.ConfigValue.Attributes() {
		text, _ := timeout.(types.String)
		if duration, err := time.ParseDuration(text.ValueString()); err == nil && duration <= 0 {
			resp.Diagnostics.AddAttributeError(req.Path.AtName(operation), "Not a timeout",
				"A timeout must be longer than zero.")
		}
	}
}
