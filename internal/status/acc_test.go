package status_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

func TestMain(m *testing.M) { acctest.Run(m) }

// The documentation's example: a check warns and stops nothing where a table never had a record, and a postcondition
// stops the plan where one has gone silent.
func TestAccStatus_example(t *testing.T) {
	w := acctest.NewWorld(t)
	tables := map[string]azuresim.Table{}
	for _, name := range six {
		tables[name.(string)] = received(1, hour)
	}
	tables["AuditLogs"] = azuresim.Table{}
	put(t, w, azuresim.Workspace{Tables: tables})
	variables := config.Variables{"workspace_id": config.StringVariable(workspaceID)}
	example := w.Provider() + folder(t, "../../examples/data-sources/sentinel_aad_connector_status")
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: example, ConfigVariables: variables},
		{
			Config: example, ConfigVariables: variables,
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{acctest.PlanCheck(func(req plancheck.CheckPlanRequest) error {
					for _, check := range req.Plan.Checks {
						if check.Address.ToDisplay == "check.entra_logs_arrive" && string(check.Status) == "fail" {
							return nil
						}
					}
					return errors.New("the check does not fail")
				})},
			},
		},
		{
			PreConfig: func() { putTable(t, w, "AuditLogs", received(1, 8*day)) },
			Config:    example, ConfigVariables: variables,
			ExpectError: acctest.Says("Gone silent: AuditLogs since 20"),
		},
	}})
}

// folder is all of an example's configuration.
func folder(t *testing.T, name string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(name, "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no example in %s: %v", name, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
