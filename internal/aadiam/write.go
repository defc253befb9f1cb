package aadiam

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// Create creates a setting. It never overwrites one: if the setting exists, the error is ErrExists. After an attempt
// without an answer, a setting counts as created by that attempt if it has nothing that was not asked for. It may lack
// something, because the service may leave a category off.
func (c *Client) Create(ctx context.Context, wanted Setting) error {
	isOurs := func(found Setting) bool { return len(found.beyond(wanted)) == 0 }
	return c.write(ctx, wanted.Name, isOurs, func(ctx context.Context) (Setting, error) {
		_, exists, err := c.Find(ctx, wanted.Name)
		if err == nil && exists {
			err = fmt.Errorf("the diagnostic setting %q %w", wanted.Name, ErrExists)
		}
		return wanted, err
	})
}

// Replace updates a setting to the wanted content and keeps the properties that this client does not know. If the
// setting no longer has the content that the update was planned from, the error is a *ChangedError, unless it already
// has the wanted content, as after a run that was killed.
func (c *Client) Replace(ctx context.Context, planned, wanted Setting) error {
	err := c.write(ctx, wanted.Name, wanted.Same, func(ctx context.Context) (Setting, error) {
		found, err := c.readUnchanged(ctx, planned)
		found.Name, found.Destinations, found.Categories = wanted.Name, wanted.Destinations, wanted.Categories
		return found, err
	})
	if changed, ok := errors.AsType[*ChangedError](err); ok && wanted.Same(changed.found) {
		return nil // someone made this very change, or the plan was made from a stale answer
	}
	return err
}

// write prepares a setting and sends it, and retries both. prepare reads the setting before each attempt: without an
// ETag the service would overwrite what someone else wrote in the meantime, and an attempt without an answer may have
// been applied. isOurs reports whether content that shows then comes from that attempt.
func (c *Client) write(ctx context.Context, name string, isOurs func(Setting) bool,
	prepare func(context.Context) (Setting, error)) error {
	var (
		sent         bool  // whether the latest attempt got as far as the PUT
		maybeApplied bool  // whether the service may have applied a PUT that failed
		last         error // of the latest PUT that the end of the context did not cut off, if any
	)
	retryable := func(err error) retry.Decision {
		if !sent { // a failed read was already retried
			return retry.Decision{}
		}
		return azure.RetryPolicy(err)
	}
	err := retry.Do(ctx, retryable, func() error {
		setting, err := prepare(ctx)
		if maybeApplied && c.shows(ctx, name, isOurs) {
			return nil
		}
		if sent = err == nil; !sent {
			return err
		}
		err = c.put(azure.WithResendCheck(ctx, func() error {
			_, err := prepare(ctx)
			return err
		}), setting)
		maybeApplied = maybeApplied || err != nil && !azure.IsStatus(err, http.StatusTooManyRequests)
		if last == nil || ctx.Err() == nil {
			last = err
		}
		return err
	})
	switch {
	case err == nil || last == nil || !gaveUp(ctx, err):
		return err
	case maybeApplied && c.shows(ctx, name, isOurs):
		return nil
	case maybeApplied:
		return &UncertainError{retry.GaveUpError{Last: last, Err: err}}
	case errors.As(err, new(*retry.GaveUpError)):
		return err
	default:
		return &retry.GaveUpError{Last: last, Err: err}
	}
}

// gaveUp reports whether retries ended for lack of time or after too many unreadable answers, rather than with a
// refusal.
func gaveUp(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.As(err, new(*retry.GaveUpError)) || errors.As(err, new(*azure.UnreadableError))
}

// put sends a setting once. The service replaces the whole setting (README, "PUT replaces the whole setting") and
// deletes one without categories (README, "No enabled category deletes"), so put refuses to send that. The answer is
// not the canonical content and is not used.
func (c *Client) put(ctx context.Context, setting Setting) error {
	if len(setting.Categories) == 0 {
		return fmt.Errorf("the diagnostic setting %q has no categories, and the service would delete it", setting.Name)
	}
	request, err := c.service.NewRequest(ctx, http.MethodPut, path(setting.Name), apiVersion)
	if err == nil {
		err = runtime.MarshalAsJSON(request, setting)
	}
	if err == nil {
		err = c.service.WithoutRetries().Do(request, readEcho)
	}
	if err != nil {
		return fmt.Errorf("writing the diagnostic setting %q: %w", setting.Name, err)
	}
	return nil
}

// readEcho checks that the answer is the service's: a proxy may not have passed the setting on.
func readEcho(response *http.Response) error {
	if !runtime.HasStatusCode(response, http.StatusOK, http.StatusCreated) {
		return azure.NewServiceError(response)
	}
	return azure.Decode(response, &map[string]json.RawMessage{})
}

// shows reports whether the service shows a setting that isWanted accepts. Once the context has ended, it uses a short
// timeout of its own, so that an applied change does not go unnoticed.
func (c *Client) shows(ctx context.Context, name string, isWanted func(Setting) bool) bool {
	if ctx.Err() != nil {
		timeout := 20 * time.Second
		if errors.Is(context.Cause(ctx), context.Canceled) {
			timeout = 5 * time.Second // a CI runner soon kills a process that does not end
		}
		more, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		defer cancel()
		ctx = more
	}
	found, exists, err := c.Find(ctx, name)
	return err == nil && exists && isWanted(found)
}

// ErrExists reports that a setting to be created already exists. It was not changed.
var ErrExists = errors.New("already exists")

// UncertainError reports a request that was sent but not answered in time: the service may have applied it.
type UncertainError struct{ retry.GaveUpError }
