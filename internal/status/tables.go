package status

import (
	"fmt"
	"maps"
	"slices"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

// connectorTables are the tables of the six categories of Sentinel's connector page.
func connectorTables() []string {
	return slices.Collect(maps.Values(entralogs.Tables(entralogs.Names(entralogs.Connector()))))
}

var isTable = inputcheck.Text{
	Must: "must be the name of a table", Headline: "Invalid table name", Check: checkTable,
}

// checkTable refuses what can't be a table's name, a known name in another letter case, which a query would not find,
// and a category's name. Any other table is accepted.
func checkTable(name string) error {
	if err := loganalytics.CheckTableName(name); err != nil {
		return err
	}
	if table, known := entralogs.LookupTable(name); known && table.Table != name {
		return fmt.Errorf("%q is spelled %q", name, table.Table)
	}
	if category, known := entralogs.Lookup(name); known && category.Table != name {
		return fmt.Errorf("%q is the log category; it arrives in the table %q", name, category.Table)
	}
	return nil
}
