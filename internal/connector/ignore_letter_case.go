package connector

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
)

// ignoreLetterCase plans no change if the configuration and the state differ only in letter case, or in a slash at
// the end of an id: to Azure they are the same. Unknown values stay as they are.
type ignoreLetterCase struct{}

var (
	_ planmodifier.String = ignoreLetterCase{}
	_ planmodifier.Set    = ignoreLetterCase{}
)

func (ignoreLetterCase) Description(context.Context) string {
	return "Another letter case is no change."
}
func (m ignoreLetterCase) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (ignoreLetterCase) PlanModifyString(_ context.Context, req planmodifier.StringRequest,
	resp *planmodifier.StringResponse) {
	if req.StateValue.IsNull() || req.PlanValue.IsNull() || req.PlanValue.IsUnknown() {
		return
	}
	if aadiam.SameID(req.StateValue.ValueString(), req.PlanValue.ValueString()) {
		resp.PlanValue = req.StateValue
	}
}

func (ignoreLetterCase) PlanModifySet(ctx context.Context, req planmodifier.SetRequest,
	resp *planmodifier.SetResponse) {
	if req.StateValue.IsNull() || req.PlanValue.IsNull() || req.PlanValue.IsUnknown() {
		return
	}
	for _, element := range req.PlanValue.Elements() {
		if element.IsUnknown() {
			return
		}
	}
	var held, planned []string
	resp.Diagnostics.Append(req.StateValue.ElementsAs(ctx, &held, false)...)
	resp.Diagnostics.Append(req.PlanValue.ElementsAs(ctx, &planned, false)...)
	if aadiam.SameCategories(held, planned) {
		resp.PlanValue = req.StateValue
	}
}
