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

// Create makes a setting that does not exist yet. It never overwrites one: where there is one, its error is an *ExistsError.
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

// Replace gives a setting the wanted content and keeps what this client does not know of it. It does so only if the setting still has the content that
// the change was planned from, or has the wanted one already, as where a run was killed that had written it; otherwise its error is a *ChangedError. It
// returns what it wrote.
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
		return changed.found, nil // somebody has made this very change, or the plan was made from an old answer
	}
	return written, err
}

// write makes a setting and sends it, and retries both. prepare reads before each attempt, since there is no ETag by which the service would
// refuse to overwrite what somebody else wrote meanwhile; and because an attempt that was not answered may have been applied.
func (c *Client) write(ctx context.Context, wanted Setting, prepare func(context.Context) (Setting, error)) (Setting, error) {
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
		return failed.record(ctx, c.put(ctx, next))
	})
	if err == nil || failed.last == nil || !gaveUp(ctx, err) {
		return written, err
	}
	if failed.maybeApplied && c.matches(ctx, wanted) {
		return wanted, nil
	}
	return Setting{}, failed.explain(err)
}

// attempts is what is known of attempts to write that failed.
type attempts struct {
	latest       error // the latest attempt's
	last         error // that of the last one that ended by itself, rather than with the context
	maybeApplied bool  // whether one may have had its effect
}

// record returns the error of an attempt.
func (a *attempts) record(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	a.latest = err
	if a.last == nil || ctx.Err() == nil {
		a.last = err
	}
	if !azure.IsStatus(err, http.StatusTooManyRequests) {
		a.maybeApplied = true
	}
	return err
}

// retryable is the policy: an attempt to write is worth a retry, while the reads before it have been retried already.
func (a *attempts) retryable(err error) retry.Decision {
	if err != a.latest {
		return retry.Decision{}
	}
	return azure.RetryPolicy(err)
}

// gaveUp says whether an error that was worth a retry is final for lack of time, or after too many answers that can't be read.
func gaveUp(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.As(err, new(*retry.GaveUpError)) || errors.As(err, new(*azure.UnreadableError))
}

func (a *attempts) explain(err error) error {
	switch {
	case a.maybeApplied:
		return &UncertainError{Last: a.last, Err: err}
	case errors.As(err, new(*retry.GaveUpError)):
		return err
	default:
		return &retry.GaveUpError{Last: a.last, Err: err}
	}
}

// put sends a setting once. The service replaces the whole of it, drops what is left out, and takes a setting without categories as a request to
// delete it (wire contract 4.1, 4.2); put refuses to send such a one. What the service answers to PUT is not its canonical content (2.1), so
// it is not read.
func (c *Client) put(ctx context.Context, setting Setting) error {
	if len(setting.Categories) == 0 {
		return fmt.Errorf("the diagnostic setting %q has no categories, which the service would take as a request to delete it", setting.Name)
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

// readEcho checks that the answer is the service's: anybody else may not have passed the setting on.
func readEcho(response *http.Response) error {
	if !runtime.HasStatusCode(response, http.StatusOK, http.StatusCreated) {
		return azure.NewServiceError(response)
	}
	return azure.Decode(response, &map[string]json.RawMessage{})
}

// How long matches may take once the operation's time is up, or the run was interrupted: a CI runner soon kills what does not end.
const (
	lastReadTimeout        = 20 * time.Second
	interruptedReadTimeout = 5 * time.Second
)

// matches says whether the service has the wanted content. When the context has ended it takes a little time of its own, so that a change
// that was applied is known to be.
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

// ExistsError is a setting that was to be created and already exists. It was not changed.
type ExistsError struct{ Name string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("the diagnostic setting %q already exists", e.Name)
}

// UncertainError is a request that was sent and not answered before the time was up: whether the service applied it is not known.
type UncertainError struct {
	// Last is how the last try went.
	Last error
	Err  error
}

func (e *UncertainError) Error() string {
	return fmt.Sprintf("%v; the last try ended with: %v", e.Err, e.Last)
}

// Unwrap gives both, the last try first, since that is what there is something to do about.
func (e *UncertainError) Unwrap() []error { return []error{e.Last, e.Err} }
