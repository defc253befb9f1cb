// Command terraform-provider-sentinel serves the Terraform provider that connects Microsoft Entra ID logs to Microsoft
// Sentinel.
package main

import (
	"flag"
	"log"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
)

// version is set by the release build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger, and print TF_REATTACH_PROVIDERS")
	flag.Parse()
	if err := serve.Provider(provider.New(version)(), *debug); err != nil {
		log.Fatal(err)
	}
}
