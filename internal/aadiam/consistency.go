package aadiam

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// steady decides when a change counts as visible. After a PUT the service may answer 404 or the old content, after a
// DELETE it may still show the setting, and answers can alternate for an unknown time (README, "Eventual
// consistency"). So several consecutive reads must match, and more of them once a read did not.
var steady = retry.Polling{
	First: 500 * time.Millisecond, Longest: 5 * time.Second,
	Matches: 3, MatchesAfterMiss: 5,
}

// Find returns a setting and whether it exists. A setting is absent only if GET and LIST agree, so that a stray 404
// leads nobody to create it again. If only LIST has the setting, it is taken from there.
func (c *Client) Find(ctx context.Context, name string) (Setting, bool, error) {
	setting, err := c.Get(ctx, name)
	if !isNotFound(err) {
		return setting, err == nil, err
	}
	settings, err := c.List(ctx)
	if err != nil {
		return Setting{}, false, err
	}
	setting, exists := ByName(settings, name)
	return setting, exists, nil
}

// ByName finds a setting in a list. Azure's names ignore letter case; that this service's do is inferred (README,
// "Names and ids").
func ByName(settings []Setting, name string) (Setting, bool) {
	for _, setting := range settings {
		if strings.EqualFold(setting.Name, name) {
			return setting, true
		}
	}
	return Setting{}, false
}

// AwaitContent polls until the service steadily shows the wanted content. before is the content before the change,
// the zero Setting for none. Whatever else shows, polling continues until the context's deadline: a replica may be
// late, and an accepted change must not be dropped. At the deadline the error is a *NotVisibleError that says what
// shows instead.
func (c *Client) AwaitContent(ctx context.Context, before, wanted Setting) error {
	var shown NotVisibleError
	shown.Err = steady.Until(ctx, func(ctx context.Context) (bool, error) {
		found, err := c.Get(ctx, wanted.Name)
		if isNotFound(err) {
			shown = NotVisibleError{LastSeen: "404 Not Found"}
			return false, nil
		}
		if err != nil || wanted.Same(found) {
			return true, err
		}
		shown = NotVisibleError{
			LastSeen: strings.Join(wanted.Differences(found), "; "),
			Missing:  WithoutCategories(wanted.Categories, found.Categories),
			Unasked:  found.beyond(before, wanted),
		}
		return false, nil
	})
	return shown.orNil()
}

// AwaitGone polls until neither GET nor LIST shows the setting any more.
func (c *Client) AwaitGone(ctx context.Context, name string) error {
	var shown NotVisibleError
	shown.Err = steady.Until(ctx, func(ctx context.Context) (bool, error) {
		_, exists, err := c.Find(ctx, name)
		if exists {
			shown.LastSeen = "the setting, not deleted"
		}
		return !exists, err
	})
	return shown.orNil()
}

// readUnchanged reads a setting that is about to be updated and checks that it still has the content that the update
// was planned from. The service has no ETag that could check this. A single answer may be stale, so a difference must
// show in several consecutive reads.
func (c *Client) readUnchanged(ctx context.Context, planned Setting) (Setting, error) {
	for reads := 1; ; reads++ {
		found, exists, err := c.Find(ctx, planned.Name)
		if err != nil || exists && planned.Same(found) {
			return found, err
		}
		if reads == steady.Matches {
			return found, &ChangedError{planned.Name, !exists, planned.Differences(found), found}
		}
		if err := retry.Sleep(ctx, steady.First); err != nil {
			return found, err
		}
	}
}

// NotVisibleError reports a change that the service accepted and that did not become visible. Err says why polling
// ended: the deadline, or a failed read.
type NotVisibleError struct {
	// LastSeen is how the last read that did not match differs from the wanted content, "" if all matched.
	LastSeen string
	// Missing are the wanted categories that were off in that read.
	Missing []string
	// Unasked is what that read had in excess of both the wanted content and the content before: the mark of another
	// writer.
	Unasked []string
	Err     error
}

func (e *NotVisibleError) Error() string {
	text := fmt.Sprintf("waiting for the change to show: %v", e.Err)
	if e.LastSeen != "" {
		text += "; the service last showed: " + e.LastSeen
	}
	return text
}

func (e *NotVisibleError) Unwrap() error { return e.Err }

func (e *NotVisibleError) orNil() error {
	if e.Err == nil {
		return nil
	}
	return e
}

// ChangedError reports a setting that someone else changed after an update of it was planned.
type ChangedError struct {
	Name string
	// Gone says that it was deleted. Otherwise Differences compares it with the content that the update was planned from.
	Gone        bool
	Differences []string

	found Setting
}

func (e *ChangedError) Error() string {
	if e.Gone {
		return fmt.Sprintf("the diagnostic setting %q was deleted since the plan was made", e.Name)
	}
	return fmt.Sprintf("the diagnostic setting %q was changed since the plan was made: %s", e.Name,
		strings.Join(e.Differences, "; "))
}

func isNotFound(err error) bool { return azure.IsStatus(err, http.StatusNotFound) }
