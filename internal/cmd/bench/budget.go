package main

import "fmt"

// budget is a figure that depends on the machine, and the most that it should be.
type budget struct {
	What   string  `json:"what"`
	Figure float64 `json:"figure"`
	AtMost float64 `json:"at_most"`
	Unit   string  `json:"unit,omitempty"`
	Within bool    `json:"within"`
}

const (
	timesEmpty      = 1.25 // of an empty provider
	mostMiB         = 150  // for 1,000 tenants in one provider process
	doubling        = 2.2  // times the time for twice the connectors; 10 % is what runs differ by
	besideThrottled = 1.25 // times the time; a throttled tenant keeps one of Terraform's ten workers, so that 10/9 is to be expected
)

// The better of azurerm 5.2's and azapi 2.12's figures for a plan like likePeers, which take one process for each tenant: measured with
// Terraform 1.11 on a machine of two cores, against a local stand-in that answers at once. This provider is to need a fifteenth.
const (
	peerSeconds = 10.6
	peerMiB     = 1474.0
	peerPSSMiB  = 863.0
	fraction    = 15
)

func (r *report) judge() {
	provider, empty := r.StartUp.Provider, r.StartUp.Empty
	r.hold("binary, times the empty provider's", provider.BinaryMiB/empty.BinaryMiB, timesEmpty, "")
	r.hold("start until the handshake, times the empty provider's", provider.HandshakeMS.Median/empty.HandshakeMS.Median, timesEmpty, "")
	r.hold("GetProviderSchema, times the empty provider's", provider.SchemaMS.Median/empty.SchemaMS.Median, timesEmpty, "")
	r.hold("start until the schema is there, times the empty provider's", provider.ReadyMS.Median/empty.ReadyMS.Median, timesEmpty, "")
	if empty.PeakMiB.Median > 0 {
		r.hold("peak memory of a start, times the empty provider's", provider.PeakMiB.Median/empty.PeakMiB.Median, timesEmpty, "")
	}
	var half *plan
	for i, p := range r.Plans {
		switch {
		case p.Connectors == likePeers.tenants*likePeers.each && p.Tenants == likePeers.tenants:
			r.hold("plan of 100 connectors in 20 tenants", p.WallSeconds.Median, peerSeconds/fraction, "s")
			r.hold("its provider's peak memory", p.Memory.ProviderMiB, peerMiB/fraction, "MiB")
			r.hold("the same, shared pages counted once", p.Memory.ProviderPSSMiB, peerPSSMiB/fraction, "MiB")
		case p.Tenants == 500:
			half = &r.Plans[i]
		case p.Tenants == 1000:
			r.hold(fmt.Sprintf("provider's peak memory for 1000 tenants, %d at a time", p.Parallelism), p.Memory.ProviderMiB, mostMiB, "MiB")
		}
		if p.Tenants == 1000 && p.Parallelism == defaultParallelism && half != nil {
			r.hold("plan of 1000 connectors less Terraform alone, times that of 500", p.ownSeconds()/half.ownSeconds(), doubling, "")
		}
	}
	if t := r.Throttling; t != nil {
		r.hold("reading the other 999 while one is throttled, times undisturbed", t.OthersReadSeconds/t.UndisturbedReadSeconds, besideThrottled, "")
	}
}

// ownSeconds leaves out what Terraform takes alone, which grows with the square of what one for_each makes.
func (p plan) ownSeconds() float64 { return p.WallSeconds.Median - p.AloneSeconds.Median }

func (r *report) hold(what string, figure, atMost float64, unit string) {
	if figure == 0 {
		return // memory, where there is no /proc
	}
	r.Budgets = append(r.Budgets, budget{what, figure, atMost, unit, figure <= atMost})
}
