package connector_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mitchellh/go-wordwrap"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/golden"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// lesson is an error as a user meets it: what goes wrong, and the run that finds it out.
type lesson struct {
	// during is a creation where it is "". Where it is "update", "replace", "destroy" or "refresh", a connector exists.
	// For a "refresh" or a "plan", all goes wrong before the plan and else after it; on wrong "input" nothing is sent.
	during string
	azure  func(*run) // makes it go wrong

	signIn    func(*run) string   // the provider block's line for a secret, where it is not the right one
	block     func(string) string // edits the provider block
	connector string              // a further line of the resource
	config    string              // what there is in place of the resource

	accepted bool // the service made the change all the same
}

// Each error reads as the golden file of its name says, which somebody has read as the user will. -update writes the
// files.
func TestErrorsTeach(t *testing.T) {
	maps.Copy(lessons, refusals(t))
	for name, l := range lessons {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(r *run) { r.teaches("errors", name, r.printed(l.fail(r))) })
		})
	}
	t.Cleanup(func() { // when the cases, which run in parallel, have written their files
		files, err := filepath.Glob("testdata/errors/*.txt")
		if taught := len(lessons) + len(processLessons); err != nil || len(files) != taught {
			t.Errorf("there are %d golden files for %d errors, error %v", len(files), taught, err)
		}
	})
}

func goldenFile(kind, name string) string {
	return filepath.Join(kind, strings.NewReplacer(", ", "-", " ", "-").Replace(name)+".txt")
}

// fail makes the run that fails, with one error. The service changes only where it accepted the change.
func (l lesson) fail(r *run) protocol.Diagnostic {
	r.Helper()
	secret, azure := line("client_secret", acctest.Secret), l.azure
	if azure == nil {
		azure = nothing
	}
	if l.signIn != nil {
		secret = l.signIn(r)
	}
	block := r.ProviderWith(secret, fmt.Sprintf("auxiliary_tenant_ids = [%q]", acctest.OtherTenantID))
	if l.block != nil {
		block = l.block(block)
	}
	config := block + cmp.Or(l.config, connector(lawSOC, l.connector))
	exists := slices.Contains([]string{"update", "replace", "destroy", "refresh"}, l.during)
	if exists {
		r.apply(config)
		r.Sim.ForgetRequests()
	}
	var options []protocol.Option
	switch l.during {
	case "update", "replace":
		config = block + connector(lawSOC, categories("AuditLogs"))
		if l.during == "replace" {
			options = append(options, protocol.Replacing(address))
		}
	case "destroy":
		options = append(options, protocol.Destroying())
	case "refresh", "plan":
		azure(r)
		azure = nothing
	}
	plan := r.tf.Plan(config, options...)
	if slices.ContainsFunc(r.calls(), func(call string) bool { return !strings.HasPrefix(call, "GET ") }) {
		r.Errorf("the plan sent %q", r.calls())
	}
	if requests := r.Sim.Requests(); l.during == "input" && len(requests) > 0 {
		r.Errorf("%d requests were sent, the first to %s", len(requests), requests[0].Path)
	}
	azure(r)
	before, said := r.Tenant.Categories(soc), plan.Errors()
	if len(said) == 0 {
		said = plan.Apply().Errors()
	}
	if after := r.Tenant.Categories(soc); slices.Equal(before, after) == l.accepted {
		r.Errorf("the service had %v and has %v", before, after)
	}
	if inState := r.tf.State[address] != nil; inState != (exists || l.accepted) {
		r.Errorf("the connector is in the state: %v", inState)
	}
	if len(said) != 1 {
		r.Fatalf("there are %d errors, want one:\n%s", len(said), said)
	}
	return said[0]
}

// printed is an error or a warning as Terraform prints it, but for where in the configuration it is: TestAccConnector
// compares.
func (r *run) printed(d protocol.Diagnostic) string {
	const width = 77
	var lines []string
	host, _ := url.Parse(r.Sim.URL)
	for line := range strings.SplitSeq(strings.ReplaceAll(d.Detail, host.Host, "127.0.0.1:12345"), "\n") {
		if !strings.HasPrefix(line, " ") {
			line = wordwrap.WrapString(line, width)
		}
		lines = append(lines, line)
	}
	severity := "Error: "
	if d.Warning {
		severity = "Warning: "
	}
	return severity + d.Summary + "\n\n" + strings.Join(lines, "\n") + "\n"
}

// What differs from run to run.
var varying = map[string]*regexp.Regexp{
	"Correlation id: <id>": regexp.MustCompile(`Correlation id: [0-9a-f-]{36}`),
	"127.0.0.1:<port>":     regexp.MustCompile(`127\.0\.0\.1:\d{5}`),
	"'<thumbprint>'":       regexp.MustCompile(`'[0-9A-F]{64}'`),
	"<time>":               regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z`),
}

// teaches compares what a user reads with its golden file.
func (r *run) teaches(kind, name, said string) {
	r.Helper()
	for _, secret := range []string{acctest.Secret, "eyJ", "wrong-secret", "PRIVATE KEY"} {
		if strings.Contains(said, secret) {
			r.Errorf("the error holds %q", secret)
		}
	}
	for same, differs := range varying {
		said = differs.ReplaceAllString(said, same)
	}
	golden.Compare(r, goldenFile(kind, name), said)
}

// toldOf compares what a test tells with the golden file of its name.
func (r *run) toldOf(kind, told string) {
	r.Helper()
	r.teaches(kind, strings.ReplaceAll(path.Base(r.Name()), "_", " "), told)
}
