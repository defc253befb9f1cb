// Command azuresim runs the Azure simulator until it is interrupted, and prints the environment by which the provider finds it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// The identity that the simulator comes with.
const (
	tenantID = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	clientID = "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de"
	objectID = "0b1ec700-4c5d-4b6f-9e0a-7d3f2a1b0c9d"
	secret   = "simulated-secret"
)

// The workspace that the simulator comes with: the tables of the connector are there, and no data yet.
const workspaceID = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"

var tables = []string{
	"AuditLogs", "SigninLogs", "AADNonInteractiveUserSignInLogs", "AADServicePrincipalSignInLogs", "AADManagedIdentitySignInLogs", "AADProvisioningLogs",
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "the loopback address to listen on")
	authorityFile := flag.String("ca", filepath.Join(os.TempDir(), "azuresim-ca.pem"), "where to write the certificate of the simulator's authority")
	latency := flag.Duration("latency", 0, "how long to hold every answer back")
	flag.Parse()
	if err := run(*listen, *authorityFile, *latency); err != nil {
		log.Fatal(err)
	}
}

func run(listen, authorityFile string, latency time.Duration) error {
	authority, err := azuresim.NewAuthority()
	if err != nil {
		return err
	}
	if err := os.WriteFile(authorityFile, authority.PEM, 0o600); err != nil {
		return err
	}
	simulator, err := azuresim.Start(listen, authority)
	if err != nil {
		return err
	}
	simulator.SetLatency(latency)
	tenant := simulator.Tenant(tenantID)
	tenant.AddPrincipal(azuresim.Principal{ClientID: clientID, ObjectID: objectID, Secret: secret, Role: azuresim.Contributor})
	workspace := azuresim.Workspace{ID: workspaceID, Tables: map[string]azuresim.Table{}}
	for _, table := range tables {
		workspace.Tables[table] = azuresim.Table{}
	}
	if err := tenant.PutWorkspace(workspace); err != nil {
		return errors.Join(err, simulator.Close())
	}
	for _, variable := range [][2]string{
		{"SSL_CERT_FILE", authorityFile},
		{"ARM_ENVIRONMENT", "custom"},
		{"ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST", simulator.URL},
		{"ARM_RESOURCE_MANAGER_ENDPOINT", simulator.URL},
		{"ARM_RESOURCE_MANAGER_AUDIENCE", azuresim.Audience},
		{"ARM_LOG_ANALYTICS_ENDPOINT", simulator.URL + "/v1"},
		{"ARM_LOG_ANALYTICS_AUDIENCE", azuresim.LogAnalyticsAudience},
		{"ARM_DISABLE_INSTANCE_DISCOVERY", "true"},
		{"ARM_TENANT_ID", tenantID},
		{"ARM_CLIENT_ID", clientID},
		{"ARM_CLIENT_SECRET", secret},
	} {
		fmt.Printf("export %s=%s\n", variable[0], variable[1])
	}
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	<-interrupted.Done()
	return simulator.Close()
}
