package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// size is how many connectors to plan, and how.
type size struct {
	tenants, each int
	parallelism   []int
	throttled     bool // whether to plan once more while a tenant is throttled
	immediate     bool // whether the simulator answers at once
}

const defaultParallelism = 10 // Terraform's

// likePeers is the case in which two other providers were measured.
var likePeers = size{tenants: 20, each: 5, parallelism: []int{defaultParallelism}, immediate: true}

var sizes = []size{
	{tenants: 1, each: 1, parallelism: []int{defaultParallelism}},
	{tenants: 10, each: 1, parallelism: []int{defaultParallelism}},
	{tenants: 100, each: 1, parallelism: []int{defaultParallelism}},
	likePeers,
	{tenants: 500, each: 1, parallelism: []int{defaultParallelism}},
	{tenants: 1000, each: 1, parallelism: []int{defaultParallelism, 50}, throttled: true},
}

const quickSizes = 2

// plan is what plans of one size took.
type plan struct {
	Connectors  int    `json:"connectors"`
	Tenants     int    `json:"tenants"`
	Parallelism int    `json:"parallelism"`
	LatencyMS   int64  `json:"latency_ms"`
	WallSeconds spread `json:"wall_seconds"`
	// AloneSeconds is what Terraform takes for as many resources of its own.
	AloneSeconds spread `json:"terraform_alone_seconds"`
	// ReadSeconds is from the first request until the last setting was asked for.
	ReadSeconds spread   `json:"read_seconds"`
	Requests    requests `json:"requests"`
	Memory      memory   `json:"memory"`
}

func measurePlans(ctx context.Context, tf *terraform, o options, figures *report) error {
	made, err := applyOnce(ctx, tf)
	if err != nil {
		return fmt.Errorf("applying one connector: %w", err)
	}
	measured := sizes
	if o.quick {
		measured = sizes[:quickSizes]
	}
	for _, s := range measured {
		if err := measureSize(ctx, tf, o, s, made, figures); err != nil {
			return fmt.Errorf("%d connectors in each of %d tenants: %w", s.each, s.tenants, err)
		}
	}
	return nil
}

func measureSize(ctx context.Context, tf *terraform, o options, s size, made template, figures *report) (err error) {
	w, err := newWorld(tf.connectors, s.tenants, s.each)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.sim.Close()) }()
	if err := w.populate(tf, made); err != nil {
		return err
	}
	latency := o.latency
	if s.immediate {
		latency = 0
	}
	w.sim.SetLatency(latency)
	alone, err := planAlone(ctx, tf, w, o.runs)
	if err != nil {
		return err
	}
	for _, parallelism := range s.parallelism {
		log.Printf("Planning %d connectors in %d tenants, %d at a time ...", len(w.connectors), s.tenants, parallelism)
		p := plan{Connectors: len(w.connectors), Tenants: s.tenants, Parallelism: parallelism, LatencyMS: latency.Milliseconds(), AloneSeconds: alone}
		if err := p.measure(ctx, tf, w, o.runs, figures); err != nil {
			return err
		}
		figures.Plans = append(figures.Plans, p)
		if s.throttled && parallelism == defaultParallelism {
			if err := measureThrottling(ctx, tf, w, p.ReadSeconds.Median, figures); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *plan) measure(ctx context.Context, tf *terraform, w *world, runs int, figures *report) error {
	var taken []planRun
	for range runs {
		one, err := planOnce(ctx, tf, w, tf.connectors, p.Parallelism)
		if err != nil {
			return err
		}
		taken = append(taken, one)
		p.Requests = count(one.exchanges)
		p.Memory = p.Memory.most(one.memory)
		for _, complaint := range w.complaints(one.exchanges, "") {
			figures.complain(fmt.Sprintf("%d connectors in %d tenants: %s", p.Connectors, p.Tenants, complaint))
		}
	}
	p.WallSeconds = spreadOf(taken, func(r planRun) float64 { return r.wall.Seconds() })
	p.ReadSeconds = spreadOf(taken, func(r planRun) float64 { return untilRead(r.exchanges, "").Seconds() })
	return nil
}

// planAlone plans as many of Terraform's own resources, which no provider is started for.
func planAlone(ctx context.Context, tf *terraform, w *world, runs int) (spread, error) {
	if err := w.configure(tf.alone); err != nil {
		return spread{}, err
	}
	if err := os.RemoveAll(filepath.Join(tf.alone, stateFile)); err != nil {
		return spread{}, err
	}
	if err := tf.run(ctx, tf.alone, nil, "apply", "-auto-approve"); err != nil {
		return spread{}, err
	}
	var taken []planRun
	for range runs {
		one, err := planOnce(ctx, tf, w, tf.alone, defaultParallelism)
		if err != nil {
			return spread{}, err
		}
		taken = append(taken, one)
	}
	return spreadOf(taken, func(r planRun) float64 { return r.wall.Seconds() }), nil
}

type planRun struct {
	wall      time.Duration
	exchanges []azuresim.Exchange
	memory    memory
}

// planOnce plans what is in a folder, which must find nothing to do.
func planOnce(ctx context.Context, tf *terraform, w *world, folder string, parallelism int) (planRun, error) {
	w.sim.ForgetRequests()
	var output bytes.Buffer
	command := tf.command(ctx, folder, w.environment, "plan", "-detailed-exitcode", "-no-color", fmt.Sprintf("-parallelism=%d", parallelism))
	command.Stdout, command.Stderr = &output, &output
	began := time.Now()
	if err := command.Start(); err != nil {
		return planRun{}, err
	}
	memoryUsed := watchMemory(tf.provider, command.Process.Pid)
	err := command.Wait() // also fails if there is anything to do
	wall := time.Since(began)
	used := memoryUsed()
	if err != nil {
		return planRun{}, fmt.Errorf("terraform plan: %w\n%s", err, output.String())
	}
	if !bytes.Contains(output.Bytes(), []byte("No changes.")) {
		return planRun{}, fmt.Errorf("the plan did not say \"No changes\":\n%s", output.String())
	}
	return planRun{wall: wall, exchanges: w.sim.Requests(), memory: used}, nil
}
