// Command findterraform prints the path of the Terraform or OpenTofu that tests use. It downloads Terraform where the
// machine has neither.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

func main() {
	log.SetFlags(0)
	binary, err := terraformcli.Find(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(binary)
}
