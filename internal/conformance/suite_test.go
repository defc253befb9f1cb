package conformance_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/conformance"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// prefix begins the name of every setting that the suite makes.
const prefix = "terraform-provider-sentinel-test-"

const address = "sentinel_aad_connector.test"

// suite tests the provider against any tenant, through nothing but the provider itself. A second Terraform with its own
// state is the other client that causes drift.
type suite struct {
	t          testing.TB
	provider   string // its block
	recorder   *conformance.Recorder
	workspace  string
	second     string // "" where there is only one workspace
	name       string
	categories []string // that no other setting sends to the workspaces
	room       int      // how many more settings the tenant may have
}

// run runs the suite until the context ends, and deletes whatever it made even if it fails.
func (s *suite) run(ctx context.Context) {
	s.name = prefix + strings.ToLower(rand.Text()[:8])
	s.cleanUp()
	defer s.cleanUp() // while the test's context still lasts
	s.lookAround()
	tf := s.terraform()
	for _, step := range []struct {
		what string
		run  func(*protocol.Terraform)
	}{
		{"a connector is created", s.create},
		{"what another client changed is drift, and is repaired", s.drift},
		{"categories change", func(tf *protocol.Terraform) { s.apply(tf, s.config(1, 3), protocol.Update) }},
		{"the workspace changes", s.changeWorkspace},
		{"an existing connector is imported by each form of its id", s.imports},
		{"a state of azurerm is moved", s.move},
		{"the data sources and the list see the connector", s.read},
		{"mistakes are refused", s.mistakes},
		{"a sixth setting is refused", s.sixth},
		{"a connector is destroyed", s.destroy},
	} {
		if ctx.Err() != nil {
			s.t.Fatal("interrupted")
		}
		s.t.Log(step.what)
		step.run(tf)
	}
}

func (s *suite) terraform() *protocol.Terraform { return acctest.NewTerraform(s.t, s.recorder) }

// connector is a configuration with one connector.
func (s *suite) connector(name, workspace string, categories []string, more ...string) string {
	block := acctest.Connector("test", workspace, fmt.Sprintf("name = %q", name), acctest.Categories(categories...))
	return s.provider + block + strings.Join(more, "\n")
}

// config is the configuration of the connector that most tests share, with some of the unused categories.
func (s *suite) config(from, to int, more ...string) string {
	return s.connector(s.name, s.workspace, s.categories[from:to], more...)
}

func importing(line string) string {
	return fmt.Sprintf("\nimport {\n  to = %s\n  %s\n}\n", address, line)
}

// apply applies and then wants a plan without changes.
func (s *suite) apply(tf *protocol.Terraform, config string, want protocol.Action) {
	s.t.Helper()
	s.check(tf.Apply(config), want)
	s.check(tf.Plan(config), protocol.NoOp)
}

// check ends the test if an apply does something else with the connector.
func (s *suite) check(plan *protocol.Plan, want protocol.Action) {
	s.t.Helper()
	if change := plan.Changes[address]; len(plan.Errors()) > 0 || change == nil || change.Action != want {
		s.t.Errorf("it should %s:\n%s\n%s", want, plan, plan.Diagnostics)
		if want != protocol.NoOp {
			s.t.FailNow()
		}
	}
}

// refused wants an apply to fail.
func (s *suite) refused(config string, says ...string) {
	s.t.Helper()
	if applied := s.terraform().Apply(config); len(applied.Errors()) == 0 || !applied.Errors().Contain(says...) {
		s.t.Errorf("the apply should fail with %q:\n%s", says, applied.Diagnostics)
	}
}

// data reads a data source that needs no argument.
func (s *suite) data(source string) map[string]any {
	s.t.Helper()
	plan := s.terraform().Plan(s.provider + fmt.Sprintf("data %q \"all\" {}", source))
	if len(plan.Errors()) > 0 {
		s.t.Fatal(plan.Diagnostics)
	}
	return plan.Data(source + ".all")
}

// connectors are the tenant's: their categories by name.
func (s *suite) connectors() map[string][]string {
	s.t.Helper()
	found := map[string][]string{}
	for _, one := range s.data("sentinel_aad_connectors")["connectors"].([]any) {
		name := one.(map[string]any)["name"].(string)
		found[name] = nil
		for _, category := range one.(map[string]any)["log_categories"].([]any) {
			found[name] = append(found[name], category.(string))
		}
	}
	return found
}

// cleanUp deletes every setting with the suite's prefix, also those that an earlier run left.
func (s *suite) cleanUp() {
	for name, categories := range s.connectors() {
		if !strings.HasPrefix(strings.ToLower(name), prefix) {
			continue
		}
		tf, config := s.terraform(), s.connector(name, s.workspace, categories)
		held := tf.Plan(config + importing(fmt.Sprintf("id = %q", name)))
		tf.State = held.Refreshed
		if destroyed := tf.Destroy(config); len(held.Errors())+len(destroyed.Errors()) > 0 {
			s.t.Errorf("%s is left behind; delete it:\n%s\n%s", name, held.Diagnostics, destroyed.Diagnostics)
		}
	}
}

// lookAround finds out how many settings and which categories the tests may use.
func (s *suite) lookAround() {
	free := s.data("sentinel_aad_log_categories")["categories"].(map[string]any)
	if free["AuditLogs"] != "AuditLogs" {
		s.t.Errorf("the table of AuditLogs is %v", free["AuditLogs"])
	}
	for _, category := range entralogs.Connector() { // the largest logs, so the tests don't stream them
		delete(free, category.Name)
	}
	others := s.connectors()
	for _, categories := range others {
		for _, category := range categories {
			delete(free, category)
		}
	}
	s.categories, s.room = slices.Sorted(maps.Keys(free)), 5-len(others)
	if s.room < 1 || len(s.categories) < 3 {
		s.t.Fatalf("the tenant has %d settings and %d unused categories; the tests need one more and three",
			len(others), len(s.categories))
	}
}

func (s *suite) create(tf *protocol.Terraform) {
	s.apply(tf, s.config(0, 2), protocol.Create)
	upper := s.connector(strings.ToUpper(s.name), strings.ToUpper(s.workspace), s.categories[:2])
	s.check(tf.Plan(upper), protocol.NoOp)
}

func (s *suite) drift(tf *protocol.Terraform) {
	changed := s.terraform().Apply(s.config(0, 1, importing(fmt.Sprintf("id = %q", s.name))))
	s.check(changed, protocol.Update)
	if !changed.Changes[address].Imported {
		s.t.Fatalf("the other client should import:\n%s", changed)
	}
	s.apply(tf, s.config(0, 2), protocol.Update)
}

func (s *suite) changeWorkspace(tf *protocol.Terraform) {
	if s.second == "" {
		s.t.Log("not run: there is no second workspace")
		return
	}
	s.apply(tf, s.connector(s.name, s.second, s.categories[1:3]), protocol.Update)
	s.apply(tf, s.config(1, 3), protocol.Update)
}

func (s *suite) imports(tf *protocol.Terraform) {
	tenant := tf.State[address].Identity()["tenant_id"]
	for _, line := range []string{
		fmt.Sprintf(`id = "%s"`, s.name),
		fmt.Sprintf(`id = "%s"`, strings.ToUpper(s.name)),
		fmt.Sprintf(`id = "%s/%s"`, tenant, s.name),
		fmt.Sprintf(`id = "/providers/microsoft.aadiam/diagnosticSettings/%s"`, s.name),
		fmt.Sprintf(`id = "//providers/Microsoft.AADIAM/diagnosticSettings/%s"`, s.name),
		fmt.Sprintf(`identity = { name = "%s" }`, s.name),
		fmt.Sprintf(`identity = { name = "%s", tenant_id = "%s" }`, s.name, tenant),
	} {
		plan := s.terraform().Plan(s.config(1, 3, importing(line)))
		s.check(plan, protocol.NoOp)
		if change := plan.Changes[address]; change != nil && !change.Imported {
			s.t.Errorf("%s imports nothing", line)
		}
	}
}

func (s *suite) move(*protocol.Terraform) {
	const from = "azurerm_monitor_aad_diagnostic_setting"
	const azurerm = "registry.terraform.io/hashicorp/azurerm"
	attributes := fmt.Appendf(nil, `{
		"id": "/providers/Microsoft.AADIAM/diagnosticSettings/%[1]s", "name": %[1]q, "log_analytics_workspace_id": %[2]q,
		"enabled_log": [{"category": %[3]q, "retention_policy": []}, {"category": %[4]q, "retention_policy": []}]
	}`, s.name, s.workspace, s.categories[1], s.categories[2])
	tf := s.terraform()
	tf.State[from+".old"] = &protocol.Instance{Type: from, Provider: azurerm, JSON: attributes}
	moved := fmt.Sprintf("moved {\n  from = %s.old\n  to = %s\n}\n", from, address)
	s.check(tf.Plan(s.config(1, 3, moved)), protocol.NoOp)
}

func (s *suite) read(tf *protocol.Terraform) {
	plan := tf.Plan(s.config(1, 3, fmt.Sprintf(`
data "sentinel_aad_connectors" "here" {
  log_analytics_workspace_id = %[1]q
}
data "sentinel_aad_connector_status" "here" {
  log_analytics_workspace_id = %[1]q
}
`, s.workspace)))
	if len(plan.Errors()) > 0 {
		s.t.Fatal(plan.Diagnostics)
	}
	if here := fmt.Sprint(plan.Data("sentinel_aad_connectors.here")["connectors"]); !strings.Contains(here, s.name) {
		s.t.Errorf("the workspace's connectors are %s", here)
	}
	status := plan.Data("sentinel_aad_connector_status.here")["status"].(map[string]any)
	for _, category := range entralogs.Connector() {
		if table, _ := status[category.Table].(map[string]any); table["state"] == nil || table["state"] == "" {
			s.t.Errorf("the status of %s is %v", category.Table, table)
		}
	}
	listed := tf.List(s.provider, "sentinel_aad_connector", "", 0)
	if !slices.ContainsFunc(listed, func(one protocol.Listed) bool { return one.Identity["name"] == s.name }) {
		s.t.Error("the list lacks the connector")
	}
}

func (s *suite) mistakes(*protocol.Terraform) {
	s.refused(s.config(0, 1), "import {", s.name)
	const nowhere = prefix + "nowhere"
	s.refused(s.connector(nowhere, s.workspace, s.categories[:1], importing(`id = "`+nowhere+`"`)), nowhere)
	s.refused(s.provider + fmt.Sprintf(`
data "sentinel_aad_connector_status" "nowhere" {
  log_analytics_workspace_id = "%s-nowhere"
}
`, s.workspace))
	if s.room < 2 {
		s.t.Log("not run: what needs room for a second setting")
		return
	}
	// The service may also accept such a category and leave it off.
	unknown := s.connector(s.name+"-unknown", s.workspace, []string{"NoSuchLogs"})
	s.refused(strings.Replace(unknown, "log_categories", "timeouts {\n    create = \"3m\"\n  }\n  log_categories", 1))
	// Whether the service looks at the workspace is not known.
	nowhereToSend, tf := s.connector(s.name+"-lost", s.workspace+"-nowhere", s.categories[:1]), s.terraform()
	tf.Apply(nowhereToSend)
	tf.Destroy(nowhereToSend)
	// One setting alone may send a category to a workspace.
	s.refused(s.connector(s.name+"-same", s.workspace, s.categories[1:2]))
}

func (s *suite) sixth(*protocol.Terraform) {
	if len(s.categories) < 3+s.room {
		s.t.Log("not run: too few unused categories")
		return
	}
	another := func(i int) string {
		return s.connector(fmt.Sprintf("%s-%d", s.name, i), s.workspace, s.categories[2+i:3+i])
	}
	for i := 1; i < s.room; i++ {
		s.apply(s.terraform(), another(i), protocol.Create)
	}
	s.refused(another(s.room))
}

func (s *suite) destroy(tf *protocol.Terraform) {
	unaware := s.terraform() // which destroys it once more
	unaware.State = maps.Clone(tf.State)
	for _, one := range []*protocol.Terraform{tf, unaware} {
		destroyed := one.Apply(s.config(1, 3), protocol.Destroying(), protocol.WithoutRefresh())
		if len(destroyed.Errors()) > 0 {
			s.t.Fatal(destroyed.Diagnostics)
		}
	}
	s.check(tf.Plan(s.config(1, 3)), protocol.Create)
}
