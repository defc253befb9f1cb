package main

import (
	"context"
	"log"
	"net/http"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// throttling is a plan during which one tenant is told to come back later.
type throttling struct {
	RetryAfterSeconds int     `json:"retry_after_seconds"`
	WallSeconds       float64 `json:"wall_seconds"`
	// OthersReadSeconds is from the first request until the last setting of the other tenants was asked for, to be
	// compared with the same plan's time without throttling.
	OthersReadSeconds      float64 `json:"others_read_seconds"`
	UndisturbedReadSeconds float64 `json:"undisturbed_read_seconds"`
}

const retryAfter = 30 // seconds, far longer than the others need

func measureThrottling(ctx context.Context, tf *terraform, w *world, undisturbed float64, figures *report) error {
	log.Printf("Planning once more, while one tenant is throttled for %d seconds ...", retryAfter)
	throttled, _ := nth(0, 0)
	w.sim.AddFault(azuresim.Fault{Method: http.MethodGet, Path: throttled, Status: http.StatusTooManyRequests, RetryAfter: retryAfter})
	one, err := planOnce(ctx, tf, w, tf.connectors, defaultParallelism)
	if err != nil {
		return err
	}
	for _, complaint := range w.complaints(one.exchanges, throttled) {
		figures.complain("with a throttled tenant: " + complaint)
	}
	figures.Throttling = &throttling{
		RetryAfterSeconds:      retryAfter,
		WallSeconds:            one.wall.Seconds(),
		OthersReadSeconds:      untilRead(one.exchanges, throttled).Seconds(),
		UndisturbedReadSeconds: undisturbed,
	}
	return nil
}
