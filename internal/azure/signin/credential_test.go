package signin

import (
	"context"
	"errors"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"golang.org/x/sync/semaphore"
)

func TestWaitingForATurnEndsWithTheContext(t *testing.T) {
	stopped := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(stopped)
	taken := semaphore.NewWeighted(1)
	taken.TryAcquire(1)
	_, err := (&Credential{turn: taken}).GetToken(ctx, policy.TokenRequestOptions{})
	_, _, ofCLI := (&azureCLI{turn: taken}).accountToken(ctx, "", policy.TokenRequestOptions{})
	if !errors.Is(err, stopped) || !errors.Is(ofCLI, stopped) {
		t.Errorf("errors %v and %v", err, ofCLI)
	}
}
