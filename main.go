// Command terraform-provider-sentinel serves the Terraform provider that connects Microsoft Entra ID logs to Microsoft Sentinel.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "serve for a debugger: prints TF_REATTACH_PROVIDERS and waits")
	flag.Parse()

	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/terraform-provider-sentinel/sentinel",
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
