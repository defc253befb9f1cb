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
		found, err := c.Confirm(ctx, planned)
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

// write looks and writes, again and again while that may help. It looks before each try, since there is no ETag by which the service would refuse to
// overwrite what somebody wrote while this client was waiting; and after one that was not answered, since the service may have applied it.
func (c *Client) write(ctx context.Context, wanted Setting, look func(context.Context) (Setting, error)) (Setting, error) {
	var tried unanswered
	for try := 1; ; try++ {
		next, err := look(ctx)
		if tried.applied && c.holds(ctx, wanted) {
			return wanted, nil
		}
		if err != nil && ctx.Err() != nil {
			return Setting{}, tried.explain(err)
		}
		if err != nil {
			return Setting{}, err
		}
		if tried.unread == azure.MostUnread {
			return Setting{}, tried.explain(fmt.Errorf("%d answers could not be read", tried.unread))
		}
		failed := c.put(ctx, next)
		if failed == nil {
			return next, nil
		}
		if ctx.Err() == nil && !azure.MayPass(failed) {
			return Setting{}, failed
		}
		tried.note(ctx, failed)
		_ = azure.Pause(ctx, try, failed) // cut short, it leaves the next look to find that the time is up
	}
}

// unanswered is what is known of tries to write that were not answered for good.
type unanswered struct {
	last    error // how the last one went, rather than that the deadline cut off another
	unread  int   // how many answers could not be read
	applied bool  // whether one may have had its effect
}

func (u *unanswered) note(ctx context.Context, failed error) {
	if errors.As(failed, new(*azure.UnreadableError)) {
		u.unread++
	}
	if !azure.IsStatus(failed, http.StatusTooManyRequests) {
		u.applied = true
	}
	if u.last == nil || ctx.Err() == nil {
		u.last = failed
	}
}

// explain says why no more tries are made.
func (u *unanswered) explain(err error) error {
	switch {
	case u.last == nil:
		return err
	case u.applied:
		return &UncertainError{Last: u.last, Err: err}
	default:
		return &azure.GaveUpError{Last: u.last, Err: err}
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
	response, err := c.service.Once(request)
	if err != nil {
		return fmt.Errorf("writing the diagnostic setting %q: %w", setting.Name, err)
	}
	if !runtime.HasStatusCode(response, http.StatusOK, http.StatusCreated) {
		return fmt.Errorf("writing the diagnostic setting %q: %w", setting.Name, azure.NewServiceError(response))
	}
	var echo map[string]json.RawMessage
	if err := azure.Decode(response, &echo); err != nil { // so who answered may not have passed the setting on
		return fmt.Errorf("writing the diagnostic setting %q: %w", setting.Name, err)
	}
	return nil
}

// How long holds may take where the time of the operation itself is up, and where the run was interrupted: a CI runner soon kills what does not end.
const (
	lastLook    = 20 * time.Second
	hurriedLook = 5 * time.Second
)

// holds says whether the service has the wanted content. It has a little time of its own when the context's is up, so that what was applied is known
// to be.
func (c *Client) holds(ctx context.Context, wanted Setting) bool {
	if ctx.Err() != nil {
		allowed := lastLook
		if errors.Is(context.Cause(ctx), context.Canceled) {
			allowed = hurriedLook
		}
		more, cancel := context.WithTimeout(context.WithoutCancel(ctx), allowed)
		defer cancel()
		ctx = more
	}
	found, exists, err := c.Find(ctx, wanted.Name)
	return err == nil && exists && wanted.Same(found)
}

// ExistsError is a setting that was to be created and is there already. It was left as it is.
type ExistsError struct{ Name string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("the diagnostic setting %q exists already", e.Name)
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
