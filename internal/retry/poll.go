package retry

import (
	"context"
	"time"
)

// Polling says how often to read something that is changing, and when it counts as changed.
type Polling struct {
	// The pause after a read that does not match grows by half each time, from First to Longest. After a match it is
	// First.
	First, Longest time.Duration
	// Matches is how many reads running must match; 0 means one.
	Matches int
	// MatchesAfterMiss takes the place of Matches once a read did not match; 0 means Matches.
	MatchesAfterMiss int
}

// Until polls until enough reads running match. It ends with the error of a read, or with the context's cause.
func (p Polling) Until(ctx context.Context, read func(context.Context) (matches bool, err error)) error {
	needed := max(p.Matches, 1)
	missPause := p.First
	for matched := 0; ; {
		matches, err := read(ctx)
		if err != nil {
			return err
		}
		pause := p.First
		if matches {
			matched++
		} else {
			matched, needed = 0, max(needed, p.MatchesAfterMiss)
			pause, missPause = missPause, min(missPause*3/2, p.Longest)
		}
		if matched == needed {
			return nil
		}
		if err := Sleep(ctx, pause); err != nil {
			return err
		}
	}
}
