package loganalytics

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// Workspace is a Log Analytics workspace.
type Workspace struct {
	// CustomerID is the GUID that queries name the workspace by.
	CustomerID string
	// IngestionStatus is the state of the daily cap: "RespectQuota" and "ApproachingQuota" let data in, "OverQuota",
	// "ForceOff" and "SubscriptionSuspended" do not. It is "" if the service does not report it.
	IngestionStatus string
}

// Workspace reads a workspace by its Azure resource id. Errors are *WorkspaceError, except for an invalid id, for which
// nothing is sent.
func (c *Client) Workspace(ctx context.Context, id string) (Workspace, error) {
	if _, err := azure.Workspace.ParseID(id); err != nil {
		return Workspace{}, err
	}
	var answer struct {
		Properties struct {
			CustomerID       string
			WorkspaceCapping struct{ DataIngestionStatus string }
		}
	}
	err := c.get(ctx, id, "2023-09-01", &answer)
	if err == nil && !azure.IsGUID(answer.Properties.CustomerID) {
		err = errors.New("the answer has no customerId, without which it can't be queried")
	}
	if err != nil {
		return Workspace{}, inWorkspace(id, fmt.Errorf("reading the workspace: %w", err))
	}
	return Workspace{answer.Properties.CustomerID, answer.Properties.WorkspaceCapping.DataIngestionStatus}, nil
}

// WorkspaceError is a failure to read a workspace or all of its tables.
type WorkspaceError struct {
	// WorkspaceID is the Azure resource id as the caller wrote it.
	WorkspaceID string
	Err         error
}

func (e *WorkspaceError) Error() string { return "workspace " + e.WorkspaceID + ": " + e.Err.Error() }
func (e *WorkspaceError) Unwrap() error { return e.Err }

// inWorkspace adds the workspace to an error.
func inWorkspace(id string, err error) error {
	if err == nil {
		return nil
	}
	return &WorkspaceError{WorkspaceID: id, Err: err}
}

// tableName matches KQL identifiers that need no quotes. Azure allows 63 characters.
var tableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)

// CheckTableName returns an error for anything but an identifier, since a name becomes part of a query and of a URL.
func CheckTableName(name string) error {
	if tableName.MatchString(name) {
		return nil
	}
	return fmt.Errorf("%q is not the name of a table: 1 to 63 letters, digits and underscores, not starting with a digit",
		name)
}
