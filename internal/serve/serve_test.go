package serve

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

type key struct{}

// keeper is a server that, as the framework, keeps the contexts of its calls.
type keeper struct {
	Server
	kept  context.Context
	value any
	err   error
}

func (k *keeper) ReadResource(
	ctx context.Context, _ *tfprotov6.ReadResourceRequest,
) (*tfprotov6.ReadResourceResponse, error) {
	child, cancel := context.WithCancel(ctx)
	defer cancel()
	k.kept, k.value, k.err = ctx, child.Value(key{}), child.Err()
	return nil, errors.New("the server's own error")
}

func TestACallsContextIsReleased(t *testing.T) {
	k := &keeper{}
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), time.Hour)
	defer cancel()
	if _, err := (releasing{k}).ReadResource(ctx, nil); err == nil || err.Error() != "the server's own error" {
		t.Errorf("error = %v", err)
	}
	if k.value != "value" || k.err != nil {
		t.Errorf("during the call the context has %v and ends with %v", k.value, k.err)
	}
	if k.kept.Value(key{}) != nil || !errors.Is(k.kept.Err(), context.Canceled) {
		t.Errorf("after the call it has %v and ends with %v", k.kept.Value(key{}), k.kept.Err())
	}
	<-k.kept.Done()
	if deadline, ok := k.kept.Deadline(); ok {
		t.Errorf("after the call it has the deadline %s", deadline)
	}
}

func TestACallIsCancelledWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k := &keeper{}
	_, _ = releasing{k}.ReadResource(ctx, nil)
	if !errors.Is(k.err, context.Canceled) {
		t.Errorf("the call's context ends with %v", k.err)
	}
}

func TestLogsWanted(t *testing.T) {
	for entry, want := range map[string]bool{
		"TF_LOG=TRACE": true, "TF_LOG_PROVIDER=info": true, "TF_LOG_SDK_FRAMEWORK=DEBUG": true,
		"TF_LOG=": false, "TF_LOGS": false, "HOME=/TF_LOG": false,
	} {
		if got := logsWanted([]string{"PATH=/bin", entry}); got != want {
			t.Errorf("logsWanted(%q) = %v", entry, got)
		}
	}
}
