package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
)

// report is every figure, as the JSON file has them.
type report struct {
	Terraform  string      `json:"terraform"`
	LatencyMS  int64       `json:"latency_ms"`
	StartUp    comparison  `json:"start_up"`
	Plans      []plan      `json:"plans"`
	Throttling *throttling `json:"throttling,omitempty"`
	Budgets    []budget    `json:"budgets"`
	// Complaints are what was wrong whatever the machine's speed.
	Complaints []string `json:"complaints"`
}

func (r *report) complain(complaint string) { r.Complaints = append(r.Complaints, complaint) }

func (r *report) print(to io.Writer) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	r.printStartUp(table)
	r.printPlans(table)
	r.printBudgets(table)
	return table.Flush()
}

func (r *report) printStartUp(to io.Writer) {
	provider, empty := r.StartUp.Provider, r.StartUp.Empty
	_, _ = fmt.Fprint(to, "\nStart: median (least-greatest)\n\n\tprovider\tempty provider\n")
	_, _ = fmt.Fprintf(to, "binary, MiB\t%.1f\t%.1f\n", provider.BinaryMiB, empty.BinaryMiB)
	_, _ = fmt.Fprintf(to, "start until handshake, ms\t%v\t%v\n", provider.HandshakeMS, empty.HandshakeMS)
	_, _ = fmt.Fprintf(to, "GetProviderSchema, ms\t%v\t%v\n", provider.SchemaMS, empty.SchemaMS)
	_, _ = fmt.Fprintf(to, "both, ms\t%v\t%v\n", provider.ReadyMS, empty.ReadyMS)
	_, _ = fmt.Fprintf(to, "peak memory, MiB\t%v\t%v\n", provider.PeakMiB, empty.PeakMiB)
}

func (r *report) printPlans(to io.Writer) {
	_, _ = fmt.Fprintf(to, "\nPlans that find nothing to do, %s: seconds, requests, peak MiB (PSS: shared pages counted once)\n\n", r.Terraform)
	_, _ = fmt.Fprint(to, "connectors\ttenants\tlatency\tparallel\tplan\tTerraform alone\treading\ttoken\tdiscovery\tGET\tother\tprovider\tPSS\tTerraform\n")
	for _, p := range r.Plans {
		_, _ = fmt.Fprintf(to, "%d\t%d\t%d ms\t%d\t%v\t%.2f\t%.2f\t%d\t%d\t%d\t%d\t%.0f\t%.0f\t%.0f\n", p.Connectors, p.Tenants, p.LatencyMS, p.Parallelism,
			p.WallSeconds, p.AloneSeconds.Median, p.ReadSeconds.Median,
			p.Requests.Token, p.Requests.Discovery, p.Requests.Settings, p.Requests.Other,
			p.Memory.ProviderMiB, p.Memory.ProviderPSSMiB, p.Memory.TerraformMiB)
	}
	if t := r.Throttling; t != nil {
		_, _ = fmt.Fprintf(to, "\nWith one of 1000 tenants throttled for %d s, the others had been read after %.2f s; undisturbed, all after %.2f s. The plan took %.1f s.\n",
			t.RetryAfterSeconds, t.OthersReadSeconds, t.UndisturbedReadSeconds, t.WallSeconds)
	}
}

func (r *report) printBudgets(to io.Writer) {
	_, _ = fmt.Fprint(to, "\nBudgets\n\n\tfigure\tat most\n")
	for _, b := range r.Budgets {
		verdict := "over"
		if b.Within {
			verdict = "within"
		}
		_, _ = fmt.Fprintf(to, "%s\t%.2f %s\t%.2f %s\t%s\n", b.What, b.Figure, b.Unit, b.AtMost, b.Unit, verdict)
	}
	if len(r.Complaints) == 0 {
		_, _ = fmt.Fprint(to, "one read for each connector, one token for each tenant, each read with its tenant's token\t\t\twithin\n")
	}
}

func (r *report) write(file string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(content, '\n'), 0o644)
}

const shownComplaints = 10

// verdict is an error if anything is wrong; what depends on the machine's speed counts only if it is strict.
func (r *report) verdict(strict bool) error {
	if n := len(r.Complaints); n > 0 {
		return fmt.Errorf("%d things about the requests are wrong, among them: %q", n, r.Complaints[:min(n, shownComplaints)])
	}
	for _, b := range r.Budgets {
		if strict && !b.Within {
			return fmt.Errorf("over budget: %s", b.What)
		}
	}
	return nil
}
