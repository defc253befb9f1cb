package loganalytics

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

const tableAPIVersion = "2022-10-01"

// analyticsPlan is the plan whose tables can be queried together. A table on another plan (Basic, Auxiliary) makes such
// a query fail, and each query of it costs money ("Table plans").
const analyticsPlan = "Analytics"

// tableName matches KQL identifiers that need no quotes. Azure allows 63 characters.
var tableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)

// CheckTableName returns an error for anything but an identifier, since a name becomes part of a query and of a URL.
func CheckTableName(name string) error {
	if tableName.MatchString(name) {
		return nil
	}
	return fmt.Errorf(
		"%q is not the name of a table: 1 to 63 letters, digits and underscores, not starting with a digit",
		name,
	)
}

// TablePlan returns the plan of a table ("Analytics", "Basic", "Auxiliary") and whether the table exists. Queries may
// still fail to resolve a table that exists here.
func (c *Client) TablePlan(ctx context.Context, workspaceID, table string) (plan string, exists bool, err error) {
	if _, err := azure.Workspace.ParseID(workspaceID); err != nil {
		return "", false, err
	}
	if err := CheckTableName(table); err != nil {
		return "", false, err
	}
	var answer struct {
		Properties struct {
			Plan string `json:"plan"`
		} `json:"properties"`
	}
	err = c.get(ctx, workspaceID+"/tables/"+table, tableAPIVersion, &answer)
	if azure.IsStatus(err, http.StatusNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("reading the plan of table %s: %w", table, err)
	}
	return answer.Properties.Plan, true, nil
}

// queryable reports whether a table on a plan can be queried together with others, as one on an unknown plan may be.
func queryable(plan string) bool { return plan == "" || strings.EqualFold(plan, analyticsPlan) }
