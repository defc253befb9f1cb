// Command demo shows the provider at work: a real Terraform runs the provider's shipped binary against a simulated
// Azure on this machine. It ends with 0 only if each step did what it says.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

//go:embed main.tf
var configuration string

//go:embed status.tf
var statusConfiguration string

const (
	connector = "AzureSentinel_law-soc"
	workspace = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc" +
		"/providers/Microsoft.OperationalInsights/workspaces/law-soc"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		stop()
		log.SetFlags(0)
		log.Fatalf("\nThe demo failed: %v", err)
	}
}

func run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "sentinel-demo")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	fmt.Println("Finding Terraform, building the provider and the simulator ...")
	terraform, err := prepare(ctx, folder)
	if err != nil {
		return err
	}
	azure, err := startAzure(ctx, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, azure.stop()) }()
	terraform.Environment = append(terraform.Environment, azure.environment...)
	fmt.Printf("\n%s will now connect the Entra ID logs of a tenant to Microsoft Sentinel. "+
		"Azure is simulated; all else is real.\n", terraform.Version)

	for i, step := range steps {
		fmt.Printf("\n%d. %s\n\n", i+1, step.title)
		if err := step.do(ctx, terraform, azure); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	fmt.Println("\nEach step did what it says. Nothing was left behind.")
	return nil
}

// steps are what the demo shows.
var steps = []struct {
	title string
	do    func(context.Context, *terraform, *azure) error
}{
	{
		"The whole configuration. The sign-in comes from the environment " +
			"(ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET).",
		showConfiguration,
	},
	{"Plan: six log categories, under the name that Sentinel's own connector page uses.", planCreation},
	{"Apply, which waits until the service steadily shows the setting.", applyCreation},
	{"Plan again: nothing to do.", planNothing},
	{"Somebody turns SignInLogs off and RiskyUsers on in the portal.", changeInPortal},
	{"Plan shows the drift.", planDrift},
	{"Apply repairs it.", repair},
	{
		"Does the data arrive? Meanwhile some logs have come in. " +
			"A few more lines ask for the tables of all six categories.",
		showStatus,
	},
	{"Destroy, which waits until the setting has gone.", destroy},
}

func showConfiguration(_ context.Context, tf *terraform, _ *azure) error {
	fmt.Print(indented(configuration))
	return tf.write("main.tf", configuration)
}

func planCreation(ctx context.Context, tf *terraform, _ *azure) error {
	if err := tf.quietly(ctx, "init"); err != nil {
		return err
	}
	return tf.expect(ctx, changes, []string{"1 to add", connector, `"SignInLogs"`}, "plan", "-out=connect.tfplan")
}

func applyCreation(ctx context.Context, tf *terraform, azure *azure) error {
	if err := tf.expect(ctx, done, []string{"1 added"}, "apply", "connect.tfplan"); err != nil {
		return err
	}
	return azure.streams(ctx, connectorCategories)
}

func planNothing(ctx context.Context, tf *terraform, _ *azure) error {
	return tf.expect(ctx, done, []string{"No changes."}, "plan")
}

func changeInPortal(ctx context.Context, _ *terraform, azure *azure) error {
	changed := slices.DeleteFunc(slices.Clone(connectorCategories), func(c string) bool { return c == "SignInLogs" })
	changed = append(changed, "RiskyUsers")
	if err := azure.rewrite(ctx, changed); err != nil {
		return err
	}
	fmt.Println("   The setting now streams " + strings.Join(changed, ", ") + ".")
	return azure.streams(ctx, changed)
}

func planDrift(ctx context.Context, tf *terraform, _ *azure) error {
	shown := []string{`- "RiskyUsers"`, `+ "SignInLogs"`, "1 to change"}
	return tf.expect(ctx, changes, shown, "plan", "-out=repair.tfplan")
}

func repair(ctx context.Context, tf *terraform, azure *azure) error {
	if err := tf.expect(ctx, done, []string{"1 changed"}, "apply", "repair.tfplan"); err != nil {
		return err
	}
	return azure.streams(ctx, connectorCategories)
}

func showStatus(ctx context.Context, tf *terraform, azure *azure) error {
	for table, records := range map[string]string{
		"SigninLogs":                      `{"age": "3m", "count": 1204}`,
		"AADNonInteractiveUserSignInLogs": `{"age": "2m", "count": 5310}`,
		"AADServicePrincipalSignInLogs":   `{"age": "8m", "count": 940}`,
		"AuditLogs":                       `{"age": "12m", "count": 87}`,
		"AADManagedIdentitySignInLogs":    `{"age": "9d", "count": 31}`,
	} {
		if err := azure.receive(ctx, table, records); err != nil {
			return err
		}
	}
	fmt.Print(indented(statusConfiguration) + "\n")
	if err := tf.write("status.tf", statusConfiguration); err != nil {
		return err
	}
	if err := tf.quietly(ctx, "apply", "-auto-approve"); err != nil {
		return err
	}
	return tf.expect(ctx, done, []string{
		`"SignInLogs" = "receiving, last record 20`, `"ManagedIdentitySignInLogs" = "silent, last record 20`,
		`"ProvisioningLogs" = "silent"`,
	}, "output")
}

func destroy(ctx context.Context, tf *terraform, azure *azure) error {
	if err := tf.expect(ctx, done, []string{"1 destroyed"}, "destroy", "-auto-approve"); err != nil {
		return err
	}
	return azure.streams(ctx, nil)
}

// connectorCategories is what the connector streams by default, as the service knows it.
var connectorCategories = []string{
	"AuditLogs", "ManagedIdentitySignInLogs", "NonInteractiveUserSignInLogs", "ProvisioningLogs",
	"ServicePrincipalSignInLogs", "SignInLogs",
}

func indented(text string) string {
	return "   " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n   ") + "\n"
}
