package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

// translation is a function from a log category to its table, or back. It knows what the catalogue knows, and asks nobody.
type translation struct {
	name, summary, description string
	parameter, parameterHelp   string
	translate                  func(string) (string, bool)
	unknown                    string
	names                      []string // that translate knows
}

var _ function.Function = translation{}

func newCategoryToTable() function.Function {
	return translation{
		name:        "category_to_table",
		summary:     "The table that a log category arrives in",
		description: "Returns the Log Analytics table that a log category of Entra ID arrives in: for `SignInLogs`, `SigninLogs`. A category whose table is not known is an error.",
		parameter:   "category", parameterHelp: "The log category, in any letter case.",
		translate: func(name string) (string, bool) {
			category, known := entralogs.Lookup(name)
			return category.Table, known
		},
		unknown: "the table of the log category %q is not known",
		names:   entralogs.Names(entralogs.All()),
	}
}

func newTableToCategory() function.Function {
	return translation{
		name:        "table_to_category",
		summary:     "The log category that arrives in a table",
		description: "Returns the log category of Entra ID that arrives in a Log Analytics table: for `SigninLogs`, `SignInLogs`. A table that no category is known to arrive in is an error.",
		parameter:   "table", parameterHelp: "The Log Analytics table, in any letter case.",
		translate: func(table string) (string, bool) {
			category, known := entralogs.LookupTable(table)
			return category.Name, known
		},
		unknown: "no log category of Entra ID is known to arrive in a table %q",
		names:   slices.Sorted(maps.Values(entralogs.Tables(entralogs.Names(entralogs.All())))),
	}
}

func (f translation) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = f.name
}

func (f translation) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             f.summary,
		MarkdownDescription: f.description,
		Parameters:          []function.Parameter{function.StringParameter{Name: f.parameter, MarkdownDescription: f.parameterHelp}},
		Return:              function.StringReturn{},
	}
}

func (f translation) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var given string
	if resp.Error = req.Arguments.Get(ctx, &given); resp.Error != nil {
		return
	}
	translated, known := f.translate(given)
	if !known {
		problem := fmt.Sprintf(f.unknown, given) // Terraform adds the full stop
		if closest, found := inputcheck.Closest(given, f.names); found {
			problem += fmt.Sprintf(" (did you mean %q?)", closest)
		}
		resp.Error = function.NewArgumentFuncError(0, problem)
		return
	}
	resp.Error = resp.Result.Set(ctx, translated)
}
