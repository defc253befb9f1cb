package status

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

// connectorTables are the tables that the six categories of Sentinel's connector page arrive in.
func connectorTables() types.Set {
	var names []attr.Value
	for _, category := range entralogs.Connector() {
		names = append(names, types.StringValue(category.Table))
	}
	return types.SetValueMust(types.StringType, names)
}

var isTable = inputcheck.Text{
	Must: "must be the name of a table", Headline: "Not the name of a table", Check: checkTable,
}

// checkTable also refuses a known table's name in another letter case, by which a query would not find it, and a category's name in
// its place. Any other table will do.
func checkTable(name string) error {
	if err := loganalytics.CheckTableName(name); err != nil {
		return err
	}
	if table, known := entralogs.LookupTable(name); known {
		if table.Table != name {
			return fmt.Errorf("%q is spelled %q", name, table.Table)
		}
		return nil
	}
	if category, known := entralogs.Lookup(name); known {
		return fmt.Errorf("%q is the log category; it arrives in the table %q", name, category.Table)
	}
	return nil
}

// categoryOf is the category that arrives in a table, null where none is known.
func categoryOf(table string) types.String {
	if category, known := entralogs.LookupTable(table); known {
		return types.StringValue(category.Name)
	}
	return types.StringNull()
}
