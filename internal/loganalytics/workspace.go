package loganalytics

import (
	"context"
	"errors"
	"fmt"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

const workspaceAPIVersion = "2023-09-01"

// Workspace is what Resource Manager says of a Log Analytics workspace.
type Workspace struct {
	// CustomerID is the GUID by which the query service knows the workspace.
	CustomerID string
	// IngestionStatus is the state of the daily cap: "RespectQuota" and "ApproachingQuota" let data in,
	// "OverQuota", "ForceOff" and "SubscriptionSuspended" do not. "" where the service does not say.
	IngestionStatus string
}

// Workspace reads a workspace by its Azure resource id. Its errors are *WorkspaceError, unless the id is not one, for which
// nothing is sent.
func (c *Client) Workspace(ctx context.Context, id string) (Workspace, error) {
	if _, err := azure.Workspace.ParseID(id); err != nil {
		return Workspace{}, err
	}
	var answer struct {
		Properties struct {
			CustomerID       string `json:"customerId"`
			WorkspaceCapping struct {
				DataIngestionStatus string `json:"dataIngestionStatus"`
			} `json:"workspaceCapping"`
		} `json:"properties"`
	}
	if err := c.get(ctx, id, workspaceAPIVersion, &answer); err != nil {
		return Workspace{}, &WorkspaceError{WorkspaceID: id, Err: fmt.Errorf("reading the workspace: %w", err)}
	}
	if !azure.IsGUID(answer.Properties.CustomerID) {
		return Workspace{}, &WorkspaceError{WorkspaceID: id, Err: errNoCustomerID}
	}
	return Workspace{
		CustomerID:      answer.Properties.CustomerID,
		IngestionStatus: answer.Properties.WorkspaceCapping.DataIngestionStatus,
	}, nil
}

var errNoCustomerID = errors.New("reading the workspace: the answer has no customerId, without which it can't be queried")

// WorkspaceError is a failure to read a workspace, or to read anything of what was asked of it.
type WorkspaceError struct {
	// WorkspaceID is its Azure resource id, as it was given.
	WorkspaceID string
	Err         error
}

func (e *WorkspaceError) Error() string { return "workspace " + e.WorkspaceID + ": " + e.Err.Error() }
func (e *WorkspaceError) Unwrap() error { return e.Err }
