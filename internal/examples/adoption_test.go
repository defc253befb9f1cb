package examples_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
)

const typeName = "sentinel_aad_connector"

// byPortal makes a setting that Terraform does not know.
func byPortal(t *testing.T, tenant *azuresim.Tenant, name, workspaceID string, categories ...string) {
	t.Helper()
	var logs []any
	for _, category := range categories {
		logs = append(logs, map[string]any{"category": category, "enabled": true})
	}
	if err := tenant.PutSetting(name, map[string]any{"properties": map[string]any{"workspaceId": workspaceID, "logs": logs}}); err != nil {
		t.Fatal(err)
	}
}

// withPortalConnector is a folder to import the connectors into that the portal has made in two tenants.
func withPortalConnector(t *testing.T, file string) *acctest.Folder {
	t.Helper()
	w := newWorld(t)
	byPortal(t, w.Tenant, connectorName, workspaceID, entralogs.Names(entralogs.Connector())...)
	byPortal(t, w.Other, "AzureSentinel_law-fabrikam", fabrikamID, "AuditLogs", "SignInLogs")
	f := open(t, path.Dir(file), environment(w), func(name string) bool { return name == "resource.tf" || name == "main.tf" || name == path.Base(file) })
	f.Run("init")
	return f
}

func TestImports(t *testing.T) {
	for _, file := range examples(t, byImport) {
		t.Run(path.Base(file), func(t *testing.T) {
			switch path.Base(file) {
			case "import.sh":
				importByCommands(t, file)
			case "import-by-identity.tf":
				importByIdentity(t, file)
			default:
				importByBlock(t, file)
			}
		})
	}
}

func importByCommands(t *testing.T, file string) {
	t.Helper()
	f := withPortalConnector(t, file)
	commands := bufio.NewScanner(bytes.NewReader(read(t, file)))
	for commands.Scan() {
		command, isCommand := strings.CutPrefix(commands.Text(), "terraform ")
		if !isCommand {
			continue
		}
		f.Run(strings.Fields(command)...)
		f.Run("plan", "-detailed-exitcode")
		f.Run("state", "rm", "sentinel_aad_connector.entra")
	}
}

func importByBlock(t *testing.T, file string) {
	t.Helper()
	f := withPortalConnector(t, file)
	if printed := f.Run("plan"); !regexp.MustCompile(`[12] to import, 0 to add, 0 to change, 0 to destroy`).MatchString(printed) {
		t.Errorf("the plan is\n%s", printed)
	}
}

// importByIdentity speaks the protocol besides, since a Terraform before 1.12 does not know such a block. One that can query is newer.
func importByIdentity(t *testing.T, file string) {
	t.Helper()
	if acctest.CanQuery(t) {
		t.Run("Terraform", func(t *testing.T) { importByBlock(t, file) })
	}
	t.Run("protocol", func(t *testing.T) { importByIdentityInProtocol(t, file) })
}

func importByIdentityInProtocol(t *testing.T, file string) {
	t.Helper()
	w := newWorld(t)
	byPortal(t, w.Tenant, connectorName, workspaceID, entralogs.Names(entralogs.Connector())...)
	block := blocks(t, file)[0]
	if block.Type != "import" {
		t.Fatalf("there is a block %q", block.Type)
	}
	server := configuredServer(t, w)
	identity, diags := block.Body.Attributes["identity"].Expr.Value(nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	values := map[string]string{}
	for name, value := range identity.AsValueMap() {
		values[name] = value.AsString()
	}
	imported, err := server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: typeName, Identity: &tfprotov6.ResourceIdentityData{IdentityData: dynamic(t, values)},
	})
	if err != nil || len(imported.Diagnostics) > 0 {
		t.Fatalf("importing: %v, %v", err, imported.Diagnostics)
	}
	read, err := server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: typeName, CurrentState: imported.ImportedResources[0].State, CurrentIdentity: imported.ImportedResources[0].Identity,
	})
	if err != nil || len(read.Diagnostics) > 0 || !bytes.Contains(read.NewState.MsgPack, []byte(workspaceID)) {
		t.Fatalf("reading: %v, %v", err, read.Diagnostics)
	}
}

// The providers that the examples move from, and the state that each left behind.
var movedFrom = map[string]string{
	"moved-from-azurerm.tf": "azurerm.json",
	"moved-from-azapi.tf":   "azapi.json",
}

func TestMoves(t *testing.T) {
	for _, file := range examples(t, byMove) {
		t.Run(path.Base(file), func(t *testing.T) {
			w := newWorld(t)
			byPortal(t, w.Tenant, "entra-logs", workspaceID, "AuditLogs", "SignInLogs")
			standIns := w.StandIns(t, "hashicorp/azurerm", "azure/azapi")
			f := open(t, path.Dir(file), append(environment(w), standIns...), func(name string) bool { return name == path.Base(file) })
			f.Write("variables.tf", "variable \"workspace_id\" {}\n") // which resource.tf declares
			state, err := os.ReadFile(filepath.Join("testdata", movedFrom[path.Base(file)]))
			if err != nil {
				t.Fatal(err)
			}
			f.Write("terraform.tfstate", string(state))
			f.Run("init")
			if printed := f.Run("plan"); !acctest.Says("has moved to sentinel_aad_connector.moved", "Plan: 0 to add, 0 to change, 0 to destroy.").MatchString(printed) {
				t.Errorf("the plan is\n%s", printed)
			}
			f.Run("apply", "-auto-approve")
			f.Run("plan", "-detailed-exitcode")
		})
	}
}

// Queries are run by the real Terraform where it can, and always in the protocol.
func TestQueries(t *testing.T) {
	files := examples(t, byQuery)
	w := newWorld(t)
	byPortal(t, w.Tenant, connectorName, workspaceID, "AuditLogs", "SignInLogs")
	byPortal(t, w.Other, "AzureSentinel_law-fabrikam", fabrikamID, "AuditLogs")
	byPortal(t, w.Other, "elsewhere", workspaceID, "AuditLogs")
	want := map[string]string{
		"list-resource.tfquery.hcl":               connectorName,
		"list-resource-one-workspace.tfquery.hcl": "AzureSentinel_law-fabrikam",
	}
	server := configuredServer(t, w)
	for _, file := range files {
		found := query(t, server, file)
		if !slices.Equal(found, []string{want[path.Base(file)]}) {
			t.Errorf("%s finds %q, want %q", file, found, want[path.Base(file)])
		}
	}
	if !acctest.CanQuery(t) {
		return
	}
	f := open(t, path.Dir(files[0]), append(environment(w), "ARM_ALLOWED_TENANT_IDS=*"), func(string) bool { return true })
	f.Run("init")
	printed := f.Run("query", "-generate-config-out=generated.tf")
	for _, name := range want {
		if !strings.Contains(printed, name) {
			t.Errorf("the query does not find %s:\n%s", name, printed)
		}
	}
	if printed := f.Run("plan"); !strings.Contains(printed, "2 to import, 0 to add, 0 to change, 0 to destroy") {
		t.Errorf("the plan of the generated configuration is\n%s", printed)
	}
}

// query runs a file's list blocks in the protocol, and returns the names of what they find.
func query(t *testing.T, server serve.Server, file string) []string {
	t.Helper()
	var found []string
	for _, block := range blocks(t, file) {
		if block.Type != "list" || len(block.Labels) != 2 || block.Labels[0] != typeName {
			t.Errorf("%s: there is a block %s %q", file, block.Type, block.Labels)
		}
		for name := range block.Body.Attributes {
			if !slices.Contains([]string{"provider", "include_resource", "limit"}, name) {
				t.Errorf("%s: a list block has no attribute %q", file, name)
			}
		}
		config := map[string]string{}
		for _, inner := range block.Body.Blocks {
			for name, attribute := range inner.Body.Attributes {
				value, diags := attribute.Expr.Value(nil)
				if diags.HasErrors() {
					t.Fatal(diags)
				}
				config[name] = value.AsString()
			}
		}
		stream, err := server.ListResource(t.Context(), &tfprotov6.ListResourceRequest{TypeName: typeName, Config: dynamic(t, config), Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for result := range stream.Results {
			if len(result.Diagnostics) > 0 {
				t.Fatal(result.Diagnostics[0].Summary, result.Diagnostics[0].Detail)
			}
			found = append(found, result.DisplayName)
		}
	}
	return found
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func blocks(t *testing.T, file string) hclsyntax.Blocks {
	t.Helper()
	parsed, diags := hclsyntax.ParseConfig(read(t, file), file, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return parsed.Body.(*hclsyntax.Body).Blocks
}

func dynamic(t *testing.T, values map[string]string) *tfprotov6.DynamicValue {
	t.Helper()
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return &tfprotov6.DynamicValue{JSON: text}
}

// configuredServer is a provider that reaches the simulator, without Terraform.
func configuredServer(t *testing.T, w *acctest.World) serve.Server {
	t.Helper()
	server := serve.NewServer(provider.New("test")())
	block := fmt.Sprintf(`{"environment": "custom", "disable_instance_discovery": true, "tenant_id": %q, "client_id": %q, "client_secret": %q, "allowed_tenant_ids": ["*"],
		"endpoint": {"active_directory_authority_host": %[4]q, "resource_manager_endpoint": %[4]q, "resource_manager_audience": %[5]q}}`,
		acctest.TenantID, acctest.ClientID, acctest.Secret, w.Sim.URL, azuresim.Audience)
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: &tfprotov6.DynamicValue{JSON: []byte(block)}, TerraformVersion: "1.12.0"})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatalf("configuring: %v, %v", err, configured.Diagnostics)
	}
	return server
}
