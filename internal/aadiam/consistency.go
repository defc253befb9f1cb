package aadiam

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// steady decides when a change counts as made. The service is eventually consistent: after a PUT it may answer 404 or the old content, after
// a DELETE still the setting, and go back and forth between them (wire contract 4.3). How long for is not known; azurerm allows half an
// hour. So several reads running must match, and more of them once one did not.
var steady = retry.Polling{
	First: 500 * time.Millisecond, Longest: 5 * time.Second,
	Matches: 3, MatchesAfterMiss: 5,
}

// Find returns a setting and whether it exists. It is absent only when GET and LIST agree that it is, so that one stray
// 404 makes nobody create it again. A setting whose GET strays is taken from the list.
func (c *Client) Find(ctx context.Context, name string) (Setting, bool, error) {
	setting, err := c.Get(ctx, name)
	if err == nil {
		return setting, true, nil
	}
	if !isNotFound(err) {
		return Setting{}, false, err
	}
	settings, err := c.List(ctx)
	if err != nil {
		return Setting{}, false, err
	}
	setting, exists := ByName(settings, name)
	return setting, exists, nil
}

// ByName finds a setting in a list. Azure's names ignore letter case; that this service's do is inferred (wire contract 4.4).
func ByName(settings []Setting, name string) (Setting, bool) {
	i := slices.IndexFunc(settings, func(s Setting) bool { return strings.EqualFold(s.Name, name) })
	if i < 0 {
		return Setting{}, false
	}
	return settings[i], true
}

// AwaitContent waits until the service steadily shows the wanted content. before is what it may show until then, the zero Setting for
// nothing. Whatever else it shows, the wait goes on to the context's deadline: another replica may be late, and an accepted change is not
// given up. The error, a *NotSettledError, then says what shows instead.
func (c *Client) AwaitContent(ctx context.Context, before, wanted Setting) error {
	var shown NotSettledError
	shown.Err = steady.Until(ctx, func(ctx context.Context) (bool, error) {
		found, err := c.Get(ctx, wanted.Name)
		if isNotFound(err) {
			shown = NotSettledError{LastSeen: "404 Not Found"}
			return false, nil
		}
		if err != nil || wanted.Same(found) {
			return true, err
		}
		shown = NotSettledError{
			LastSeen: strings.Join(wanted.Differences(found), "; "),
			Missing:  WithoutCategories(wanted.Categories, found.Categories),
			Unasked:  found.beyond(before, wanted),
		}
		return false, nil
	})
	return shown.orNil()
}

// AwaitGone waits until neither GET nor LIST shows the setting any more.
func (c *Client) AwaitGone(ctx context.Context, name string) error {
	var shown NotSettledError
	shown.Err = steady.Until(ctx, func(ctx context.Context) (bool, error) {
		_, exists, err := c.Find(ctx, name)
		if exists {
			shown.LastSeen = "the setting, not deleted"
		}
		return !exists, err
	})
	return shown.orNil()
}

// readUnchanged reads a setting that is about to be changed and checks that it still has the content that the change was planned from: there
// is no ETag to leave that to the service (wire contract 4.1). One answer may be stale, so a difference must show several times running.
func (c *Client) readUnchanged(ctx context.Context, planned Setting) (Setting, error) {
	var found Setting
	once := retry.Polling{First: steady.First, Longest: steady.First}
	reads := 0
	err := once.Until(ctx, func(ctx context.Context) (bool, error) {
		var exists bool
		var err error
		found, exists, err = c.Find(ctx, planned.Name)
		if err != nil || exists && planned.Same(found) {
			return true, err
		}
		if reads++; reads < steady.Matches {
			return false, nil
		}
		changed := &ChangedError{Name: planned.Name, Gone: !exists, found: found}
		if exists {
			changed.Differences = planned.Differences(found)
		}
		return false, changed
	})
	return found, err
}

// NotSettledError is a change that the service accepted and that was not seen to show, for Err: the time was up, or looking failed.
type NotSettledError struct {
	// LastSeen is what it showed instead, compared with what was wanted; "" if it was not seen to show anything else.
	LastSeen string
	// Missing are the wanted categories that it then showed as off.
	Missing []string
	// Unasked is what it then showed that neither was wanted nor had been there before: the mark of another writer.
	Unasked []string
	Err     error
}

func (e *NotSettledError) Error() string {
	if e.LastSeen == "" {
		return fmt.Sprintf("waiting for the change to show: %v", e.Err)
	}
	return fmt.Sprintf("waiting for the change to show: %v; the last other answer was: %s", e.Err, e.LastSeen)
}

func (e *NotSettledError) Unwrap() error { return e.Err }

func (e *NotSettledError) orNil() error {
	if e.Err == nil {
		return nil
	}
	return e
}

// ChangedError is a setting that somebody changed after the change to it was planned.
type ChangedError struct {
	Name string
	// Gone says that it was deleted; otherwise Differences says what is not as planned from.
	Gone        bool
	Differences []string

	found Setting
}

func (e *ChangedError) Error() string {
	if e.Gone {
		return fmt.Sprintf("the diagnostic setting %q was deleted since the plan was made", e.Name)
	}
	return fmt.Sprintf("the diagnostic setting %q was changed since the plan was made: %s", e.Name, strings.Join(e.Differences, "; "))
}

func isNotFound(err error) bool { return azure.IsStatus(err, http.StatusNotFound) }
