package histories_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// operator has a configuration and a state, and is the test as the stand-in for Terraform sees it.
type operator struct {
	*rapid.T
	ctx       context.Context // which ends when a run is killed
	name      string
	w         *acctest.World
	terraform *protocol.Terraform
	wire      *wire

	config  map[string]connector // by label
	moves   map[string]string    // the old addresses, by the new labels, until they are applied
	imports map[string]string    // ids by label
}

func newOperator(t *rapid.T, w *acctest.World, name string) *operator {
	o := &operator{
		T: t, ctx: t.Context(), name: name, w: w, wire: &wire{sim: w.Sim},
		config: map[string]connector{}, moves: map[string]string{}, imports: map[string]string{},
	}
	o.terraform = acctest.NewTerraform(o, o.wire)
	return o
}

func (o *operator) Context() context.Context { return o.ctx }

// connector is a resource as it is configured: its attributes, without those that are nil or "".
type connector map[string]any

func (c connector) block(label string) string {
	var lines strings.Builder
	for _, attribute := range slices.Sorted(maps.Keys(c)) {
		if value := c[attribute]; value != nil && value != "" {
			fmt.Fprintf(&lines, "  %s = %s\n", attribute, quoted(value))
		}
	}
	return fmt.Sprintf("resource \"sentinel_aad_connector\" %q {\n%s}\n", label, lines.String())
}

// quoted is a text or a list of texts in HCL.
func quoted(value any) string { return strings.ReplaceAll(fmt.Sprintf("%q", value), `" "`, `", "`) }

const resourceType = "sentinel_aad_connector."

// text is the whole configuration.
func (o *operator) text() string {
	var text strings.Builder
	text.WriteString(o.w.Provider("allowed_tenant_ids = " + quoted([]string{acctest.OtherTenantID})))
	for _, label := range slices.Sorted(maps.Keys(o.config)) {
		text.WriteString(o.config[label].block(label))
	}
	for to, from := range o.moves {
		fmt.Fprintf(&text, "moved {\n  from = %s\n  to = %s%s\n}\n", from, resourceType, to)
	}
	for label, id := range o.imports {
		fmt.Fprintf(&text, "import {\n  to = %s%s\n  id = %q\n}\n", resourceType, label, id)
	}
	return text.String()
}

// has says whether the configuration or the state has a resource of a label.
func (o *operator) has(label string) bool {
	_, configured := o.config[label]
	return configured || o.terraform.State[resourceType+label] != nil
}

// tenants are those of the operator's provider, configuration and state.
func (o *operator) tenants() []string {
	all := []string{acctest.TenantID}
	for _, c := range o.config {
		all = append(all, text(c, "tenant_id"))
	}
	for address := range o.terraform.State {
		all = append(all, keyFrom(o.terraform.Attributes(address)).tenant)
	}
	return all
}
