package aadiam

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// The service is eventually consistent: after a PUT it may answer 404 or the old content, after a DELETE still the
// setting, and go back and forth between them (wire contract 4.3). How long is not known; azurerm allows half an
// hour. So a change counts as made when the service has shown it several times running.
const (
	// runningHits is how often a consistent service must show what is awaited, flappingHits how often one that was
	// caught showing something else.
	runningHits  = 3
	flappingHits = 5

	// Between two hits there is a short pause. Misses back off from it, since each costs a request of the tenant's budget.
	shortestPause = 500 * time.Millisecond
	longestPause  = 5 * time.Second
)

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
	for _, listed := range settings {
		// Azure's names know no letter case; that this service's don't is inferred (wire contract 4.4).
		if strings.EqualFold(listed.Name, name) {
			return listed, true, nil
		}
	}
	return Setting{}, false, nil
}

// AwaitContent waits until the service steadily shows the wanted content. before is what it may show until then, the zero Setting for
// nothing. Whatever else it shows, the wait goes on to the context's deadline: another replica may be late, and what was accepted must not
// be given up on. The error then tells what shows instead.
func (c *Client) AwaitContent(ctx context.Context, before, wanted Setting) error {
	var missing, unasked []string
	err := settle(ctx, func(ctx context.Context) (string, error) {
		found, err := c.Get(ctx, wanted.Name)
		if isNotFound(err) {
			missing, unasked = nil, nil
			return "404, as if it did not exist", nil
		}
		if err != nil {
			return "", err
		}
		differences := wanted.Differences(found)
		if len(differences) > 0 {
			missing, unasked = WithoutCategories(wanted.Categories, found.Categories), found.beyond(before, wanted)
		}
		return strings.Join(differences, "; "), nil
	})
	if pending, ok := errors.AsType[*NotSettledError](err); ok {
		pending.Missing, pending.Unasked = missing, unasked
	}
	return err
}

// AwaitGone waits until neither GET nor LIST shows the setting any more.
func (c *Client) AwaitGone(ctx context.Context, name string) error {
	return settle(ctx, func(ctx context.Context) (string, error) {
		_, exists, err := c.Find(ctx, name)
		if err != nil || !exists {
			return "", err
		}
		return "the setting, as if it had not been deleted", nil
	})
}

// Confirm reads a setting that is about to be changed and checks that it still has the content that the change was
// planned from. There is no ETag to leave that to the service (wire contract 4.1). A difference must show several times running
// to count, since one answer may be stale.
func (c *Client) Confirm(ctx context.Context, planned Setting) (Setting, error) {
	for try := 1; ; try++ {
		found, exists, err := c.Find(ctx, planned.Name)
		if err != nil {
			return Setting{}, err
		}
		if exists && planned.Same(found) {
			return found, nil
		}
		if try == runningHits {
			changed := &ChangedError{Name: planned.Name, Gone: !exists, found: found}
			if exists {
				changed.Differences = planned.Differences(found)
			}
			return Setting{}, changed
		}
		if err := azure.Sleep(ctx, shortestPause); err != nil {
			return Setting{}, err
		}
	}
}

// settle polls until observe has several times running seen nothing amiss. observe returns what it saw instead of the awaited.
func settle(ctx context.Context, observe func(context.Context) (string, error)) error {
	var lastMiss string
	pause := shortestPause
	needed := runningHits
	for hits := 0; ; {
		miss, err := observe(ctx)
		if err != nil {
			return &NotSettledError{LastSeen: lastMiss, Err: err}
		}
		wait := shortestPause
		if miss == "" {
			hits++
		} else {
			hits, needed, lastMiss = 0, flappingHits, miss
			wait = pause
			pause = min(pause*3/2, longestPause)
		}
		if hits == needed {
			return nil
		}
		if err := azure.Sleep(ctx, wait); err != nil {
			return &NotSettledError{LastSeen: lastMiss, Err: err}
		}
	}
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
