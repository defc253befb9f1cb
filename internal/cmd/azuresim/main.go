// Command azuresim runs the Azure simulator until it is interrupted. It prints the environment in which Terraform and
// its providers find it, as lines for a shell. It is a tool for tests: its flags, its seed and its control endpoint
// can change with any release.
package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// defaultSeed has two tenants, each with a workspace whose tables are empty.
//
//go:embed seed.json
var defaultSeed []byte

// app signs in to each tenant without principals of its own.
var app = azuresim.Principal{
	ClientID: "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de",
	ObjectID: "0b1ec700-4c5d-4b6f-9e0a-7d3f2a1b0c9d",
	Secret:   "simulated-secret",
	Role:     azuresim.Contributor,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		stop()
		log.Fatal(err)
	}
}

func run(ctx context.Context, arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("azuresim", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "the loopback address to listen on")
	seedFile := flags.String("seed", "", "a JSON file with the tenants, workspaces, tables, settings and faults to "+
		"start with (default: two tenants with a workspace each)")
	certificate := flags.String("ca", "", "where to write the certificate of the simulator's authority "+
		"(default: a temporary file)")
	latency := flags.Duration("latency", 0, "how long to hold back every answer")
	_ = flags.Parse(arguments) // exits on an error
	seed, err := readSeed(*seedFile)
	if err != nil {
		return err
	}
	seed.Latency = cmp.Or(azuresim.Duration(*latency), seed.Latency)
	if *certificate == "" {
		folder, err := os.MkdirTemp("", "azuresim-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		*certificate = filepath.Join(folder, "ca.pem")
	}
	simulator, err := azuresim.Start(*listen, *certificate)
	if err != nil {
		return err
	}
	defer func() { _ = simulator.Close() }()
	if err := simulator.Seed(seed); err != nil {
		return err
	}
	if _, err := io.WriteString(out, lines(simulator, seed, *certificate)); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func readSeed(file string) (azuresim.Seed, error) {
	text := defaultSeed
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return azuresim.Seed{}, fmt.Errorf("reading the seed: %w", err)
		}
	}
	seed, err := azuresim.ReadSeed(bytes.NewReader(text))
	if err == nil && len(seed.Tenants) == 0 {
		err = errors.New("the seed has no tenant, and the first one is where the environment signs in")
	}
	for i := range seed.Tenants {
		if len(seed.Tenants[i].Principals) == 0 {
			seed.Tenants[i].Principals = []azuresim.Principal{app}
		}
	}
	return seed, err
}

// lines returns the environment as lines for a shell. It signs in to the seed's first tenant as its first principal.
func lines(simulator *azuresim.Simulator, seed azuresim.Seed, certificate string) string {
	tenant := seed.Tenants[0]
	principal := tenant.Principals[0]
	environment := append(simulator.Environment(), "SSL_CERT_FILE="+certificate,
		"ARM_TENANT_ID="+tenant.ID, "ARM_CLIENT_ID="+principal.ClientID, "ARM_CLIENT_SECRET="+principal.Secret)
	if len(tenant.Workspaces) > 0 {
		environment = append(environment, "TF_VAR_workspace_id="+tenant.Workspaces[0].ID)
	}
	var text strings.Builder
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		fmt.Fprintf(&text, "export %s=%s\n", name, quoted(value))
	}
	fmt.Fprintf(&text, "# Paste the lines above into another shell, and run Terraform there.\n"+
		"# The simulator runs until Ctrl-C or: kill %d\n", os.Getpid())
	for _, tenant := range seed.Tenants {
		fmt.Fprintf(&text, "# Tenant %s\n", tenant.ID)
		for _, workspace := range tenant.Workspaces {
			fmt.Fprintf(&text, "#   workspace %s\n", workspace.ID)
		}
	}
	fmt.Fprintf(&text, "# To see and change what it does: curl --cacert %s %s/simulator/\n"+
		"# For azurerm, also: export ARM_METADATA_HOSTNAME=%s\n",
		quoted(certificate), simulator.URL, strings.TrimPrefix(simulator.URL, "https://"))
	return text.String()
}

// quoted quotes a value for a shell.
func quoted(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }
