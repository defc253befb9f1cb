package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

// translation is a function from a log category to its table, or back, by the catalogue. It makes no requests.
type translation struct {
	name, summary, description string
	parameter, parameterHelp   string
	from, to                   func(entralogs.Category) string
	unknown                    string
}

func categoryName(c entralogs.Category) string { return c.Name }
func tableName(c entralogs.Category) string    { return c.Table }

func newCategoryToTable() function.Function {
	return translation{
		name:    "category_to_table",
		summary: "The table of a log category",
		description: "Returns the Log Analytics table for a log category of Entra ID: `SigninLogs` for `SignInLogs`. A " +
			"category whose table is not known is an error.",
		parameter: "category", parameterHelp: "Log category, in any letter case.",
		from: categoryName, to: tableName,
		unknown: "the table of the log category %q is not known",
	}
}

func newTableToCategory() function.Function {
	return translation{
		name:    "table_to_category",
		summary: "The log category of a table",
		description: "Returns the log category of Entra ID whose records arrive in a Log Analytics table: `SignInLogs` for " +
			"`SigninLogs`. A table without a known category is an error.",
		parameter: "table", parameterHelp: "Log Analytics table, in any letter case.",
		from: tableName, to: categoryName,
		unknown: "no log category of Entra ID is known for the table %q",
	}
}

func (f translation) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = f.name
}

func (f translation) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             f.summary,
		MarkdownDescription: f.description,
		Parameters: []function.Parameter{
			function.StringParameter{Name: f.parameter, MarkdownDescription: f.parameterHelp},
		},
		Return: function.StringReturn{},
	}
}

func (f translation) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var given string
	if resp.Error = req.Arguments.Get(ctx, &given); resp.Error != nil {
		return
	}
	var names []string
	for _, category := range entralogs.All() {
		if strings.EqualFold(f.from(category), given) {
			resp.Error = resp.Result.Set(ctx, f.to(category))
			return
		}
		names = append(names, f.from(category))
	}
	problem := fmt.Sprintf(f.unknown, given) // Terraform adds the full stop
	if closest := inputcheck.Closest(given, names); closest != "" {
		problem += fmt.Sprintf(" (did you mean %q?)", closest)
	}
	resp.Error = function.NewArgumentFuncError(0, problem)
}
