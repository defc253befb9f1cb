// Command conformance plays the transcript of a tenant to the simulator, and prints where their answers differ. It
// exits with 1 if any do.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/conformance"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: conformance <transcript>")
		os.Exit(2)
	}
	var report conformance.Report
	file, err := os.Open(os.Args[1])
	if err == nil {
		report, err = conformance.Play(context.Background(), file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(2)
	}
	fmt.Print(report)
	if len(report.Differences) > 0 {
		os.Exit(1)
	}
}
