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
	tfprotov6.ProviderServer
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
	_, err := Server{ProviderServer: k}.ReadResource(ctx, nil)
	if err == nil || err.Error() != "the server's own error" || k.value != "value" || k.err != nil {
		t.Errorf("during the call the context has %v and ends with %v; the call's error is %v", k.value, k.err, err)
	}
	<-k.kept.Done()
	deadline, ok := k.kept.Deadline()
	if ok || k.kept.Value(key{}) != nil || !errors.Is(k.kept.Err(), context.Canceled) {
		t.Errorf("after the call it has %v, the deadline %s, and %v", k.kept.Value(key{}), deadline, k.kept.Err())
	}
	cancel()
	_, _ = Server{ProviderServer: k}.ReadResource(ctx, nil)
	if !errors.Is(k.err, context.Canceled) {
		t.Errorf("a call that is cancelled ends with %v", k.err)
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
