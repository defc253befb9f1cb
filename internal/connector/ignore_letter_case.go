package connector

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
)

// ignoreLetterCase plans no change if the configuration and the state differ only in letter case, or in a slash at
// the end of an id: to Azure they are the same. Unknown values stay as they are.
type ignoreLetterCase struct{}

func (ignoreLetterCase) Description(context.Context) string {
	return "Another letter case is no change."
}
func (m ignoreLetterCase) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (ignoreLetterCase) PlanModifyString(_ context.Context, req planmodifier.StringRequest,
	resp *planmodifier.StringResponse) {
	known := !req.StateValue.IsNull() && !req.PlanValue.IsNull() && !req.PlanValue.IsUnknown()
	if known && aadiam.SameID(req.StateValue.ValueString(), req.PlanValue.ValueString()) {
		resp.PlanValue = req.StateValue
	}
}

func (ignoreLetterCase) PlanModifySet(_ context.Context, req planmodifier.SetRequest, resp *planmodifier.SetResponse) {
	held, _ := namesIn(req.StateValue)
	planned, complete := namesIn(req.PlanValue)
	if complete && !req.StateValue.IsNull() && aadiam.SameCategories(held, planned) {
		resp.PlanValue = req.StateValue
	}
}
