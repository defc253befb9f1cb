// Command bench measures what the provider costs: its start beside that of an empty provider, and plans that find nothing to do in up to
// 1,000 tenants, by a real Terraform against a simulated Azure on this machine. It ends with 0 only if each plan sent what it should and
// no more; what depends on the machine's speed is shown beside its budget, and counts only with -strict.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type options struct {
	quick, strict bool
	latency       time.Duration
	starts, runs  int
	json          string
}

func main() {
	var o options
	flag.BoolVar(&o.quick, "quick", false, "measure plans of 1 and 10 connectors only")
	flag.BoolVar(&o.strict, "strict", false, "fail also where a time, a ratio or memory is over its budget")
	flag.DurationVar(&o.latency, "latency", 20*time.Millisecond, "how long the simulated Azure takes for each answer")
	flag.IntVar(&o.starts, "starts", 15, "how many times to start each provider")
	flag.IntVar(&o.runs, "runs", 3, "how many times to run each plan")
	flag.StringVar(&o.json, "json", "bin/bench.json", "the file to write the figures to")
	flag.Parse()

	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		stop()
		log.Fatalf("\nThe benchmark failed: %v", err)
	}
}

func run(ctx context.Context, o options) (err error) {
	if o.starts < 1 || o.runs < 1 {
		return errors.New("-starts and -runs must be at least 1")
	}
	folder, err := os.MkdirTemp("", "sentinel-bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	log.Print("Building the provider and an empty one ...")
	built, err := build(ctx, folder)
	if err != nil {
		return err
	}
	figures := report{LatencyMS: o.latency.Milliseconds()}
	log.Print("Starting both ...")
	if figures.StartUp, err = compareStartUps(ctx, built, o.starts); err != nil {
		return err
	}
	terraform, err := prepareTerraform(ctx, folder, built)
	if err != nil {
		return err
	}
	figures.Terraform = terraform.version
	if err := measurePlans(ctx, terraform, o, &figures); err != nil {
		return err
	}
	figures.judge()
	if err := figures.print(os.Stdout); err != nil {
		return err
	}
	if err := figures.write(o.json); err != nil {
		return err
	}
	return figures.verdict(o.strict)
}
