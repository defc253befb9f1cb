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

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

//go:embed *.tf *.json
var files embed.FS

const (
	tenantID  = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	connector = "AzureSentinel_law-soc"
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
	d, err := start(ctx, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.azure.Close()) }()
	version, err := d.terraform(ctx, "version").Output()
	if err != nil {
		return fmt.Errorf("asking %s for its version: %w", d.binary, err)
	}
	name, _, _ := strings.Cut(string(version), "\n")
	fmt.Printf("\n%s will now connect the Entra ID logs of a tenant to Microsoft Sentinel. "+
		"Azure is simulated; all else is real.\n", name)
	for i, step := range steps {
		fmt.Printf("\n%d. %s\n\n", i+1, step.title)
		if err := d.show(ctx, step); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	fmt.Println("\nEach step did what it says. Nothing was left behind.")
	return nil
}

// demo is where the steps happen.
type demo struct {
	azure       *azuresim.Simulator
	binary      string // Terraform
	environment []string
	folder      string
}

func start(ctx context.Context, folder string) (*demo, error) {
	_, settings, err := terraformcli.Install(ctx, folder)
	if err != nil {
		return nil, err
	}
	binary, err := terraformcli.Find(ctx)
	if err != nil {
		return nil, err
	}
	certificate, work := filepath.Join(folder, "ca.pem"), filepath.Join(folder, "work")
	azure, err := azuresim.Start("127.0.0.1:0", certificate)
	if err := errors.Join(err, os.Mkdir(work, 0o700)); err != nil {
		return nil, err
	}
	d := &demo{azure, binary, slices.Concat(terraformcli.Environment(), azure.Environment(), []string{
		"ARM_TENANT_ID=" + tenantID, "ARM_CLIENT_ID=c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de",
		"ARM_CLIENT_SECRET=simulated-secret", "SSL_CERT_FILE=" + certificate, "TF_CLI_CONFIG_FILE=" + settings,
		"TF_CLI_ARGS_plan=-detailed-exitcode", "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1",
	}), work}
	if info, err := os.Stdout.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		d.environment = append(d.environment, "TF_CLI_ARGS=-no-color")
	}
	return d, nil
}

// terraform is a command that is interrupted as by Ctrl-C when the context ends, so that it tidies up.
func (d *demo) terraform(ctx context.Context, arguments string) *exec.Cmd {
	command := exec.CommandContext(ctx, d.binary, strings.Fields(arguments)...)
	command.Dir, command.Env = d.folder, d.environment
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	return command
}

// step is what happens under a title, in this order.
type step struct {
	title   string
	azure   string   // a seed that changes Azure, which Terraform does not see
	file    string   // is shown, and added to the configuration
	quietly string   // a command whose output is left out
	command string   // a command whose output is shown
	prints  []string // are in that output, in which any white space is one space
	exit    int      // of that command: 2 for a plan with something to do
	streams []string // what the service streams in the end
}

var (
	six   = slices.Sorted(slices.Values(entralogs.Names(entralogs.Connector())))
	drift = append(slices.Clone(six[:5]), "RiskyUsers") // in place of SignInLogs
)

var steps = []step{
	{
		title: "The whole configuration. The sign-in comes from the environment " +
			"(ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET).",
		azure: "start.json", file: "main.tf",
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
		title: "Somebody turns SignInLogs off and RiskyUsers on in the portal.",
		azure: "portal.json", streams: drift,
	},
	{
		title: "Plan shows the drift.", command: "plan -out=repair.tfplan",
		exit: 2, prints: []string{`- "RiskyUsers"`, `+ "SignInLogs"`, "1 to change"}, streams: drift,
	},
	{title: "Apply repairs it.", command: "apply repair.tfplan", prints: []string{"1 changed"}, streams: six},
	{
		title: "Does the data arrive? Meanwhile some logs have come in. " +
			"A few more lines ask for the tables of all six categories.",
		azure: "records.json", file: "status.tf", quietly: "apply -auto-approve", command: "output",
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

func (d *demo) show(ctx context.Context, s step) error {
	if s.azure != "" {
		text, err := files.ReadFile(s.azure)
		seed, invalid := azuresim.ReadSeed(bytes.NewReader(text))
		if err := errors.Join(err, invalid, d.azure.Seed(seed)); err != nil {
			return err
		}
	}
	if s.file != "" {
		text, err := files.ReadFile(s.file)
		fmt.Println("   " + strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "\n   "))
		if err := errors.Join(err, os.WriteFile(filepath.Join(d.folder, s.file), text, 0o600)); err != nil {
			return err
		}
	}
	if s.quietly != "" {
		if s.file != "" {
			fmt.Println()
		}
		fmt.Printf("   $ %s %s\n   (its output is left out here)\n\n", filepath.Base(d.binary), s.quietly)
		if output, err := d.terraform(ctx, s.quietly).CombinedOutput(); err != nil {
			return fmt.Errorf("%s %s: %w\n%s", filepath.Base(d.binary), s.quietly, err, output)
		}
	}
	if s.command != "" {
		if err := d.run(ctx, s); err != nil {
			return err
		}
	}
	got := d.azure.Tenant(tenantID).Categories(connector)
	if !slices.Equal(got, slices.Sorted(slices.Values(s.streams))) {
		return fmt.Errorf("the service streams %v instead of %v", got, s.streams)
	}
	if s.command == "" && s.streams != nil {
		fmt.Println("   The setting now streams " + strings.Join(s.streams, ", ") + ".")
	}
	return nil
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// run shows a command and its output, and checks what that is.
func (d *demo) run(ctx context.Context, s step) error {
	fmt.Printf("   $ %s %s\n", filepath.Base(d.binary), s.command)
	var output bytes.Buffer
	command := d.terraform(ctx, s.command)
	command.Stdout, command.Stderr = io.MultiWriter(os.Stdout, &output), os.Stderr
	if err := command.Run(); command.ProcessState == nil { // it could not be started
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
