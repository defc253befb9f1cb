package serve

import (
	"context"
	"sync/atomic"
	"time"
)

// releasedContext stands for a call's context while the call lasts, and for an empty, cancelled one afterwards.
type releasedContext struct {
	held atomic.Pointer[context.Context]
}

func (c *releasedContext) hold(ctx context.Context) { c.held.Store(&ctx) }

func (c *releasedContext) release() { c.held.Store(&over) }

// over is the cancelled context that replaces a released one.
var over = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (c *releasedContext) Deadline() (time.Time, bool) { return (*c.held.Load()).Deadline() }
func (c *releasedContext) Done() <-chan struct{}       { return (*c.held.Load()).Done() }
func (c *releasedContext) Err() error                  { return (*c.held.Load()).Err() }
func (c *releasedContext) Value(key any) any           { return (*c.held.Load()).Value(key) }
