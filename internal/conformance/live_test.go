package conformance_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/conformance"
)

// what the suite does to a tenant.
const what = `
This signs in to Azure as the provider would, with your ARM_* variables or "az login", and in that tenant:
- creates, changes and deletes up to five diagnostic settings, whose names begin with ` + prefix + `.
  For a few minutes the tenant then has as many settings as Azure allows.
- sends to %s
  the records that Entra ID writes meanwhile of log categories which nothing sends there yet. The default six are not
  among them.
- deletes settings of such names, also those that an interrupted run left.
- writes the requests and answers, without names, ids, secrets and times, to %s.

Type yes to go ahead: `

func TestLiveTenant(t *testing.T) {
	live := os.Getenv("SENTINEL_TEST_LIVE")
	if live == "" {
		t.Skip("skipped: needs a tenant; see make testacc")
	}
	s := suite{
		t: t, provider: "provider \"sentinel\" {}\n", recorder: conformance.NewRecorder(http.DefaultClient),
		workspace: os.Getenv("SENTINEL_TEST_WORKSPACE_ID"), second: os.Getenv("SENTINEL_TEST_SECOND_WORKSPACE_ID"),
	}
	if s.workspace == "" {
		t.Fatal("SENTINEL_TEST_WORKSPACE_ID must be the resource id of a Log Analytics workspace to connect to.")
	}
	path := cmp.Or(os.Getenv("SENTINEL_TEST_TRANSCRIPT"), "transcript.jsonl")
	if live != "yes" {
		terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil {
			t.Fatalf("There is no terminal to ask on (%v). SENTINEL_TEST_LIVE=yes goes ahead without asking.", err)
		}
		defer func() { _ = terminal.Close() }()
		_, err = fmt.Fprintf(terminal, what, strings.TrimSpace(s.workspace+"\n  "+s.second), path)
		if err != nil || !saysYes(terminal) {
			t.Fatal("not run: you did not say yes")
		}
	}
	acctest.SignInAsOwner(t)
	t.Cleanup(func() { // after the suite's own
		file, err := os.Create(path)
		if err == nil {
			defer func() { _ = file.Close() }()
			err = s.recorder.Write(file)
		}
		if err != nil {
			t.Error(err)
		}
	})
	interrupted, release := signal.NotifyContext(t.Context(), os.Interrupt)
	context.AfterFunc(interrupted, release) // a second Ctrl-C ends it at once
	s.run(interrupted)
}

// saysYes reads a person's answer.
func saysYes(from io.Reader) bool {
	answer, _ := bufio.NewReader(from).ReadString('\n')
	return strings.TrimSpace(answer) == "yes"
}

func TestSaysYes(t *testing.T) {
	for answer, want := range map[string]bool{"yes\n": true, "yes": true, "y\n": false, "\n": false, "": false} {
		if saysYes(strings.NewReader(answer)) != want {
			t.Errorf("%q: want %v", answer, want)
		}
	}
}
