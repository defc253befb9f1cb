package status

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

type silenceQuery struct{}

// NewSilenceQuery makes the function silence_query, which applies the status' own rule between two plans. It reads
// nothing.
func NewSilenceQuery() function.Function { return silenceQuery{} }

func (silenceQuery) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "silence_query"
}

func (silenceQuery) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "A KQL query for tables that receive no data",
		MarkdownDescription: "Returns a KQL query for an Azure Monitor log search alert or a workbook, by the same rule as " +
			"the data source `sentinel_aad_connector_status`. Its result has a row with `TableName` and `LastRecord` for each " +
			"table that is silent or missing, and no row if every table receives data. A log search alert looks back two days " +
			"at most, so there a longer `lookback` has no effect. A table on the Basic or Auxiliary plan makes the query fail.",
		Parameters: []function.Parameter{
			function.SetParameter{
				Name:                "tables",
				ElementType:         types.StringType,
				MarkdownDescription: "Log Analytics tables to check.",
			},
			function.StringParameter{
				Name:                "lookback",
				MarkdownDescription: "How recent a record must be: an ISO 8601 duration of at most 90 days, such as `P1D`.",
			},
		},
		Return: function.StringReturn{},
	}
}

func (silenceQuery) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var tables []string
	var lookback string
	if resp.Error = req.Arguments.Get(ctx, &tables, &lookback); resp.Error != nil {
		return
	}
	for _, table := range tables {
		if err := checkTable(table); err != nil {
			resp.Error = function.NewArgumentFuncError(0, err.Error())
			return
		}
	}
	length, err := parseLookback(lookback)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(1, err.Error())
		return
	}
	query, err := loganalytics.SilenceQuery(tables, length)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, query)
}
