package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// Difference is a difference between answers.
type Difference struct {
	Text string
	// In are the requests whose answers differ so: "3 GET https://..." is the third.
	In []string
}

// Report is the result of playing a transcript.
type Report struct {
	Played      int
	Differences []Difference
	NotPlayed   []string // with the reason
}

// String is what make conformance prints.
func (r Report) String() string {
	var text strings.Builder
	for _, difference := range r.Differences {
		fmt.Fprintf(&text, "%s\n", difference.Text)
		for _, in := range difference.In[:min(len(difference.In), 3)] {
			fmt.Fprintf(&text, "    request %s\n", in)
		}
		if more := len(difference.In) - 3; more > 0 {
			fmt.Fprintf(&text, "    and %d more\n", more)
		}
	}
	for _, request := range r.NotPlayed {
		fmt.Fprintf(&text, "not played: request %s\n", request)
	}
	fmt.Fprintf(&text, "%d requests played, %d differences.\n", r.Played, len(r.Differences))
	return text.String()
}

// Play sends a transcript's requests to a simulator that is seeded from it, and compares the answers. The simulator
// shows each change at once, unlike a live tenant.
func Play(ctx context.Context, from io.Reader) (Report, error) {
	transcript, err := readTranscript(from)
	if err != nil {
		return Report{}, err
	}
	p := player{ctx: ctx, sim: azuresim.New()}
	if err := p.seed(transcript); err != nil {
		return Report{}, err
	}
	for i, exchange := range transcript {
		in := nameOf(i, exchange)
		if form, _ := exchange.RequestBody.(map[string]any); form["client_assertion"] != nil {
			p.report.NotPlayed = append(p.report.NotPlayed, in+": what signs in is not in the transcript")
			continue
		}
		answer, err := p.send(exchange)
		if err != nil {
			p.report.NotPlayed = append(p.report.NotPlayed, in+": "+err.Error())
			continue
		}
		p.report.Played++
		for _, text := range differences(exchange, answer) {
			p.differs(text, in)
		}
	}
	return p.report, nil
}

type player struct {
	ctx    context.Context
	sim    *azuresim.Simulator
	report Report
}

// nameOf is how a report names a request.
func nameOf(i int, exchange Exchange) string {
	return fmt.Sprint(i+1, " ", exchange.Method, " ", exchange.URL)
}

func (p *player) differs(text, in string) {
	known := slices.IndexFunc(p.report.Differences, func(d Difference) bool { return d.Text == text })
	if known < 0 {
		p.report.Differences = append(p.report.Differences, Difference{text, []string{in}})
		return
	}
	p.report.Differences[known].In = append(p.report.Differences[known].In, in)
}

// application is the player's own, with every permission in each of the transcript's tenants.
var application = azuresim.Principal{
	ClientID: "b0000000-0000-4000-8000-000000000000", ObjectID: "b0000000-0000-4000-8000-000000000001",
	Role: azuresim.Contributor,
}

// send sends a transcript's request to the simulator.
func (p *player) send(exchange Exchange) (Exchange, error) {
	target, err := url.Parse(exchange.URL)
	if err != nil {
		return Exchange{}, fmt.Errorf("reading the URL: %w", err)
	}
	var body []byte
	if fields, _ := exchange.RequestBody.(map[string]any); strings.HasPrefix(exchange.ContentType, formType) {
		form := url.Values{}
		for field, value := range fields {
			form.Set(field, fmt.Sprint(value))
		}
		body = []byte(form.Encode())
	} else if exchange.RequestBody != nil {
		if body, err = json.Marshal(exchange.RequestBody); err != nil {
			return Exchange{}, fmt.Errorf("encoding the body: %w", err)
		}
	}
	address := p.sim.URL + target.RequestURI()
	request, err := http.NewRequestWithContext(p.ctx, exchange.Method, address, bytes.NewReader(body))
	if err != nil {
		return Exchange{}, fmt.Errorf("making the request: %w", err)
	}
	request.Header.Set("Content-Type", exchange.ContentType)
	request.Header.Set("Prefer", "include-permissions=true") // as the provider's queries do
	if exchange.Tenant != "" {
		audience := azuresim.Audience
		if strings.HasPrefix(target.Path, "/v1/") {
			audience = azuresim.LogAnalyticsAudience
		}
		token := p.sim.IssueAccessToken(exchange.Tenant, audience, application)
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := p.sim.Do(request)
	if err != nil {
		return Exchange{}, err
	}
	return answerOf(response)
}
