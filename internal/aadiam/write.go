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

// Create creates a setting. It never overwrites one: if the setting exists, the error is an *ExistsError.
func (c *Client) Create(ctx context.Context, wanted Setting) error {
	_, err := c.write(ctx, wanted, func(ctx context.Context) (Setting, error) {
		_, exists, err := c.Find(ctx, wanted.Name)
		if err != nil {
			return Setting{}, err
		}
		if exists {
			return Setting{}, &ExistsError{Name: wanted.Name}
		}
		return wanted, nil
	})
	return err
}

// Replace updates a setting to the wanted content and keeps the properties that this client does not know. If the
// setting no longer has the content that the update was planned from, the error is a *ChangedError, unless it already
// has the wanted content, as after a run that was killed. Replace returns what it wrote.
func (c *Client) Replace(ctx context.Context, planned, wanted Setting) (Setting, error) {
	written, err := c.write(ctx, wanted, func(ctx context.Context) (Setting, error) {
		found, err := c.readUnchanged(ctx, planned)
		if err != nil {
			return Setting{}, err
		}
		found.Name, found.Categories = wanted.Name, wanted.Categories
		for _, d := range destinations {
			*d.of(&found) = *d.of(&wanted)
		}
		return found, nil
	})
	if changed, ok := errors.AsType[*ChangedError](err); ok && !changed.Gone && wanted.Same(changed.found) {
		return changed.found, nil // someone made this very change, or the plan was made from a stale answer
	}
	return written, err
}

// write prepares a setting and sends it, and retries both. prepare reads the setting before each attempt: without an
// ETag the service would overwrite what someone else wrote in the meantime, and an attempt without an answer may have
// been applied.
func (c *Client) write(
	ctx context.Context, wanted Setting, prepare func(context.Context) (Setting, error),
) (Setting, error) {
	var written Setting
	var failed attempts
	err := retry.Do(ctx, failed.retryable, func() error {
		next, err := prepare(ctx)
		if failed.maybeApplied && c.matches(ctx, wanted) {
			written = wanted
			return nil
		}
		if err != nil {
			return err
		}
		written = next
		checked := azure.WithResendCheck(ctx, func() error {
			_, err := prepare(ctx)
			return err
		})
		return failed.record(ctx, c.put(checked, next))
	})
	if err == nil || failed.conclusive == nil || !gaveUp(ctx, err) {
		return written, err
	}
	if failed.maybeApplied && c.matches(ctx, wanted) {
		return wanted, nil
	}
	return Setting{}, failed.explain(err)
}

// attempts remembers failed attempts to write.
type attempts struct {
	latest       error // of the latest attempt
	conclusive   error // of the latest attempt that the end of the context did not cut off
	maybeApplied bool  // whether the service may have applied one
}

// record remembers the error of an attempt and returns it.
func (a *attempts) record(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	a.latest = err
	if a.conclusive == nil || ctx.Err() == nil {
		a.conclusive = err
	}
	if !azure.IsStatus(err, http.StatusTooManyRequests) {
		a.maybeApplied = true
	}
	return err
}

// retryable is the retry policy: a failed PUT is retried, while a failed read before it was already retried.
func (a *attempts) retryable(err error) retry.Decision {
	if !errors.Is(err, a.latest) {
		return retry.Decision{}
	}
	return azure.RetryPolicy(err)
}

// gaveUp reports whether retries ended for lack of time or after too many unreadable answers, rather than with a
// refusal.
func gaveUp(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.As(err, new(*retry.GaveUpError)) || errors.As(err, new(*azure.UnreadableError))
}

func (a *attempts) explain(err error) error {
	switch {
	case a.maybeApplied:
		return &UncertainError{Last: a.conclusive, Err: err}
	case errors.As(err, new(*retry.GaveUpError)):
		return err
	default:
		return &retry.GaveUpError{Last: a.conclusive, Err: err}
	}
}

// put sends a setting once. The service replaces the whole setting (README, "PUT replaces the whole setting") and
// deletes one without categories (README, "No enabled category deletes"), so put refuses to send that. The answer is
// not the canonical content and is not used.
func (c *Client) put(ctx context.Context, setting Setting) error {
	if len(setting.Categories) == 0 {
		return fmt.Errorf("the diagnostic setting %q has no categories, and the service would delete it", setting.Name)
	}
	request, err := c.service.NewRequest(ctx, http.MethodPut, path(setting.Name), apiVersion)
	if err != nil {
		return err
	}
	if err := runtime.MarshalAsJSON(request, setting); err != nil {
		return fmt.Errorf("encoding the diagnostic setting %q: %w", setting.Name, err)
	}
	if err := c.service.WithoutRetries().Do(request, readEcho); err != nil {
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

// Timeouts of the last read, after the operation's deadline and after an interruption. A CI runner soon kills a
// process that does not end.
const (
	lastReadTimeout        = 20 * time.Second
	interruptedReadTimeout = 5 * time.Second
)

// matches reports whether the service has the wanted content. Once the context has ended, it uses a short timeout of
// its own, so that an applied change does not go unnoticed.
func (c *Client) matches(ctx context.Context, wanted Setting) bool {
	if ctx.Err() != nil {
		timeout := lastReadTimeout
		if errors.Is(context.Cause(ctx), context.Canceled) {
			timeout = interruptedReadTimeout
		}
		more, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		defer cancel()
		ctx = more
	}
	found, exists, err := c.Find(ctx, wanted.Name)
	return err == nil && exists && wanted.Same(found)
}

// ExistsError reports that a setting to be created already exists. It was not changed.
type ExistsError struct{ Name string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("the diagnostic setting %q already exists", e.Name)
}

// UncertainError reports a request that was sent but not answered in time: the service may have applied it.
type UncertainError struct {
	// Last is the error of the last attempt.
	Last error
	Err  error
}

func (e *UncertainError) Error() string {
	return fmt.Sprintf("%v; the last attempt ended with: %v", e.Err, e.Last)
}

// Unwrap returns both, the last attempt's first, because that one can be acted on.
func (e *UncertainError) Unwrap() []error { return []error{e.Last, e.Err} }
