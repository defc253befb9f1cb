package serve

import (
	"context"
	"sync/atomic"
	"time"
)

// releasedContext is another context for as long as a call lasts, and an empty one that has been cancelled afterwards.
type releasedContext struct {
	held atomic.Pointer[context.Context]
}

func (c *releasedContext) hold(ctx context.Context) { c.held.Store(&ctx) }

func (c *releasedContext) release() { c.held.Store(&over) }

// over is what a released context is: it keeps nothing alive.
var over = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (c *releasedContext) Deadline() (time.Time, bool) { return (*c.held.Load()).Deadline() }
func (c *releasedContext) Done() <-chan struct{}       { return (*c.held.Load()).Done() }
func (c *releasedContext) Err() error                  { return (*c.held.Load()).Err() }
func (c *releasedContext) Value(key any) any           { return (*c.held.Load()).Value(key) }
