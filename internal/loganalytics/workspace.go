package loganalytics

import (
	"context"
	"errors"
	"fmt"
	"strings"

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

// workspaceEntry is a place in the cache.
type workspaceEntry struct {
	// turn holds a value while somebody reads the workspace; unlike a mutex, waiting for it can be cancelled.
	turn chan struct{}
	read *Workspace // nil until it was read
}

// Workspace reads a workspace by its Azure resource id. It asks the service once for each workspace, in
// whatever letter case, for as long as the Client lives; only a failure is asked again. Its errors are
// *WorkspaceError, unless the id is not one, for which nothing is sent.
func (c *Client) Workspace(ctx context.Context, id string) (Workspace, error) {
	if _, err := azure.Workspace.ParseID(id); err != nil {
		return Workspace{}, err
	}
	entry := c.entry(id)
	select {
	case entry.turn <- struct{}{}:
		defer func() { <-entry.turn }()
	case <-ctx.Done():
		return Workspace{}, &WorkspaceError{WorkspaceID: id, Err: context.Cause(ctx)}
	}
	if entry.read == nil {
		read, err := c.readWorkspace(ctx, id)
		if err != nil {
			return Workspace{}, &WorkspaceError{WorkspaceID: id, Err: err}
		}
		entry.read = &read
	}
	return *entry.read, nil
}

func (c *Client) entry(id string) *workspaceEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := strings.ToLower(id)
	if c.workspaces[key] == nil {
		c.workspaces[key] = &workspaceEntry{turn: make(chan struct{}, 1)}
	}
	return c.workspaces[key]
}

func (c *Client) readWorkspace(ctx context.Context, id string) (Workspace, error) {
	var answer struct {
		Properties struct {
			CustomerID       string `json:"customerId"`
			WorkspaceCapping struct {
				DataIngestionStatus string `json:"dataIngestionStatus"`
			} `json:"workspaceCapping"`
		} `json:"properties"`
	}
	if err := c.get(ctx, id, workspaceAPIVersion, &answer); err != nil {
		return Workspace{}, fmt.Errorf("reading the workspace: %w", err)
	}
	if !azure.IsGUID(answer.Properties.CustomerID) {
		return Workspace{}, errors.New("reading the workspace: the answer has no customerId, without which it can't be queried")
	}
	return Workspace{
		CustomerID:      answer.Properties.CustomerID,
		IngestionStatus: answer.Properties.WorkspaceCapping.DataIngestionStatus,
	}, nil
}

// WorkspaceError is a failure to read a workspace, or to read anything of what was asked of it.
type WorkspaceError struct {
	// WorkspaceID is its Azure resource id, as it was given.
	WorkspaceID string
	Err         error
}

func (e *WorkspaceError) Error() string { return "workspace " + e.WorkspaceID + ": " + e.Err.Error() }
func (e *WorkspaceError) Unwrap() error { return e.Err }
