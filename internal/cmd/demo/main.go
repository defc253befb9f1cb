// Command demo shows the provider at work: a real Terraform runs the provider's shipped binary against a simulated
// Azure on this machine. It ends with 0 only if each step did what it says.
package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

//go:embed main.tf status.tf
var configuration embed.FS

const (
	tenantID  = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	connector = "AzureSentinel_law-soc"
	workspace = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc" +
		"/providers/Microsoft.OperationalInsights/workspaces/law-soc"
)

var application = azuresim.Principal{
	ClientID: "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de", ObjectID: "0b1ec700-4c5d-4b6f-9e0a-7d3f2a1b0c9d",
	Secret: "simulated-secret", Role: azuresim.Contributor,
}

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
	_, settings, err := terraformcli.Install(ctx, folder)
	if err != nil {
		return err
	}
	terraform, err := terraformcli.New(ctx, settings)
	if err != nil {
		return err
	}
	azure, environment, err := startAzure(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, azure.Close()) }()
	environment = append(environment, "TF_CLI_ARGS_plan=-detailed-exitcode")
	if info, err := os.Stdout.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		environment = append(environment, "TF_CLI_ARGS=-no-color")
	}
	terraform.Environment = append(terraform.Environment, environment...)
	fmt.Printf("\n%s will now connect the Entra ID logs of a tenant to Microsoft Sentinel. "+
		"Azure is simulated; all else is real.\n", terraform.Version)

	d := demo{terraform, filepath.Join(folder, "work"), azure.Tenant(tenantID)}
	if err := os.Mkdir(d.folder, 0o700); err != nil {
		return err
	}
	for i, step := range steps {
		fmt.Printf("\n%d. %s\n\n", i+1, step.title)
		if err := d.show(ctx, step); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	fmt.Println("\nEach step did what it says. Nothing was left behind.")
	return nil
}

// startAzure starts a simulator that has a workspace with empty tables, and returns the environment in which a provider
// finds it, trusts it and signs in.
func startAzure(folder string) (azure *azuresim.Simulator, environment []string, err error) {
	authority, err := azuresim.NewAuthority()
	if err != nil {
		return nil, nil, err
	}
	certificate := filepath.Join(folder, "ca.pem")
	if err := os.WriteFile(certificate, authority.PEM, 0o600); err != nil {
		return nil, nil, err
	}
	if azure, err = azuresim.Start("127.0.0.1:0", authority); err != nil {
		return nil, nil, err
	}
	tenant := azure.Tenant(tenantID)
	tenant.AddPrincipal(application)
	tables := map[string]azuresim.Table{}
	for _, category := range entralogs.Connector() {
		tables[category.Table] = azuresim.Table{}
	}
	if err := tenant.PutWorkspace(azuresim.Workspace{ID: workspace, Tables: tables}); err != nil {
		return nil, nil, errors.Join(err, azure.Close())
	}
	return azure, append(azure.Environment(), "SSL_CERT_FILE="+certificate, "ARM_TENANT_ID="+tenantID,
		"ARM_CLIENT_ID="+application.ClientID, "ARM_CLIENT_SECRET="+application.Secret), nil
}

// step is what happens under a title, in this order.
type step struct {
	title     string
	meanwhile func(*azuresim.Tenant) error
	file      string   // is shown, and added to the configuration
	quietly   string   // a command whose output is left out
	command   string   // a command whose output is shown
	prints    []string // are in that output, in which any white space is one space
	exit      int      // of that command: 2 for a plan with something to do
	streams   []string // what the service streams in the end
}

var (
	five = []string{
		"AuditLogs", "ManagedIdentitySignInLogs", "NonInteractiveUserSignInLogs", "ProvisioningLogs",
		"ServicePrincipalSignInLogs",
	}
	six   = append(slices.Clone(five), "SignInLogs")
	drift = append(slices.Clone(five), "RiskyUsers")
)

var steps = []step{
	{
		title: "The whole configuration. The sign-in comes from the environment " +
			"(ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET).",
		file: "main.tf",
	},
	{
		title:   "Plan: six log categories, under the name that Sentinel's own connector page uses.",
		quietly: "init", command: "plan -out=connect.tfplan",
		exit: 2, prints: []string{"1 to add", connector, `"SignInLogs"`},
	},
	{
		title:   "Apply, which waits until the service steadily shows the setting.",
		command: "apply connect.tfplan", prints: []string{"1 added"}, streams: six,
	},
	{title: "Plan again: nothing to do.", command: "plan", prints: []string{"No changes."}, streams: six},
	{
		title:     "Somebody turns SignInLogs off and RiskyUsers on in the portal.",
		meanwhile: changeInPortal, streams: drift,
	},
	{
		title: "Plan shows the drift.", command: "plan -out=repair.tfplan",
		exit: 2, prints: []string{`- "RiskyUsers"`, `+ "SignInLogs"`, "1 to change"}, streams: drift,
	},
	{title: "Apply repairs it.", command: "apply repair.tfplan", prints: []string{"1 changed"}, streams: six},
	{
		title: "Does the data arrive? Meanwhile some logs have come in. " +
			"A few more lines ask for the tables of all six categories.",
		meanwhile: receiveRecords, file: "status.tf", quietly: "apply -auto-approve", command: "output",
		prints: []string{
			`"SignInLogs" = "receiving, last record 20`, `"ManagedIdentitySignInLogs" = "silent, last record 20`,
			`"ProvisioningLogs" = "silent"`,
		},
		streams: six,
	},
	{
		title:   "Destroy, which waits until the setting has gone.",
		command: "destroy -auto-approve", prints: []string{"1 destroyed"},
	},
}

// changeInPortal changes the setting as the portal does, which Terraform does not see.
func changeInPortal(tenant *azuresim.Tenant) error {
	fmt.Println("   The setting now streams " + strings.Join(drift, ", ") + ".")
	return tenant.PutSetting(connector, azuresim.SettingOf(workspace, drift...))
}

func receiveRecords(tenant *azuresim.Tenant) error {
	for table, record := range map[string]azuresim.Record{
		"SigninLogs":                      azuresim.Aged(1204, 3*time.Minute, 3*time.Minute),
		"AADNonInteractiveUserSignInLogs": azuresim.Aged(5310, 2*time.Minute, 2*time.Minute),
		"AADServicePrincipalSignInLogs":   azuresim.Aged(940, 8*time.Minute, 8*time.Minute),
		"AuditLogs":                       azuresim.Aged(87, 12*time.Minute, 12*time.Minute),
		"AADManagedIdentitySignInLogs":    azuresim.Aged(31, 9*24*time.Hour, 9*24*time.Hour),
	} {
		if err := tenant.PutTable(workspace, table, azuresim.Table{Records: []azuresim.Record{record}}); err != nil {
			return err
		}
	}
	return nil
}

// demo is where the steps happen.
type demo struct {
	*terraformcli.Terraform
	folder string
	tenant *azuresim.Tenant
}

func (d demo) show(ctx context.Context, s step) error {
	if s.meanwhile != nil {
		if err := s.meanwhile(d.tenant); err != nil {
			return err
		}
	}
	if s.file != "" {
		text, err := configuration.ReadFile(s.file)
		if err != nil {
			return err
		}
		fmt.Println("   " + strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "\n   "))
		if err := os.WriteFile(filepath.Join(d.folder, s.file), text, 0o600); err != nil {
			return err
		}
	}
	if s.quietly != "" {
		if s.file != "" {
			fmt.Println()
		}
		fmt.Printf("   $ %s %s\n   (its output is left out here)\n\n", filepath.Base(d.Path), s.quietly)
		if output, err := d.Command(ctx, d.folder, strings.Fields(s.quietly)...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s %s: %w\n%s", filepath.Base(d.Path), s.quietly, err, output)
		}
	}
	if s.command != "" {
		if err := d.run(ctx, s); err != nil {
			return err
		}
	}
	if got := d.tenant.Categories(connector); !slices.Equal(got, slices.Sorted(slices.Values(s.streams))) {
		return fmt.Errorf("the service streams %v instead of %v", got, s.streams)
	}
	return nil
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// run shows a command and its output, and checks what that is.
func (d demo) run(ctx context.Context, s step) error {
	fmt.Printf("   $ %s %s\n", filepath.Base(d.Path), s.command)
	var output bytes.Buffer
	command := d.Command(ctx, d.folder, strings.Fields(s.command)...)
	command.Stdout, command.Stderr = io.MultiWriter(os.Stdout, &output), os.Stderr
	err := command.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return err
	}
	if got := command.ProcessState.ExitCode(); got != s.exit {
		return fmt.Errorf("%s ended with %d instead of %d", s.command, got, s.exit)
	}
	words := strings.Join(strings.Fields(colours.ReplaceAllString(output.String(), "")), " ")
	for _, text := range s.prints {
		if !strings.Contains(words, text) {
			return fmt.Errorf("%s did not print %q", s.command, text)
		}
	}
	return nil
}
