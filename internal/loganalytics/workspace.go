package loganalytics

import (
	"context"
	"errors"
	"fmt"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

const workspaceAPIVersion = "2023-09-01"

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

var errNoCustomerID = errors.New(
	"reading the workspace: the answer has no customerId, without which it can't be queried",
)

// WorkspaceError is a failure to read a workspace or all of its tables.
type WorkspaceError struct {
	// WorkspaceID is the Azure resource id as the caller wrote it.
	WorkspaceID string
	Err         error
}

func (e *WorkspaceError) Error() string { return "workspace " + e.WorkspaceID + ": " + e.Err.Error() }
func (e *WorkspaceError) Unwrap() error { return e.Err }
