package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// Report is the result of playing a transcript. Requests are named by number, method and URL.
type Report struct {
	Played      int
	Differences map[string][]string // the requests whose answers differ so
	NotPlayed   []string            // requests, with the reason
}

// String is what make conformance prints.
func (r Report) String() string {
	var text strings.Builder
	for _, difference := range slices.Sorted(maps.Keys(r.Differences)) {
		fmt.Fprintf(&text, "%s\n", difference)
		requests := r.Differences[difference]
		for _, request := range requests[:min(len(requests), 3)] {
			fmt.Fprintf(&text, "    request %s\n", request)
		}
		if more := len(requests) - 3; more > 0 {
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
	p := player{
		ctx: ctx, sim: azuresim.New(), seeded: map[string]bool{}, workspaces: map[string]string{},
		report: Report{Differences: map[string][]string{}},
	}
	for _, do := range []func(Exchange) error{p.seed, p.seedSettings, p.play} { // settings have the seed's categories
		for i, exchange := range transcript {
			p.request = fmt.Sprint(i+1, " ", exchange.Method, " ", exchange.URL)
			if err := do(exchange); err != nil {
				p.report.NotPlayed = append(p.report.NotPlayed, p.request+": "+err.Error())
			}
		}
	}
	return p.report, nil
}

type player struct {
	ctx        context.Context
	sim        *azuresim.Simulator
	request    string            // that is being played
	seeded     map[string]bool   // what the simulator has been given, and what requests make
	workspaces map[string]string // their ids by their GUIDs
	report     Report
}

func (p *player) play(exchange Exchange) error {
	answer, err := p.send(exchange)
	if err != nil {
		return err
	}
	p.report.Played++
	for _, difference := range differences(exchange, answer) {
		p.report.Differences[difference] = append(p.report.Differences[difference], p.request)
	}
	return nil
}

// application is the player's own, with every permission in each of the transcript's tenants.
var application = azuresim.Principal{
	ClientID: "b0000000-0000-4000-8000-000000000000", ObjectID: "b0000000-0000-4000-8000-000000000001",
	Role: azuresim.Contributor,
}

// send sends a transcript's request to the simulator.
func (p *player) send(exchange Exchange) (answer Exchange, err error) {
	target, err := url.Parse(exchange.URL)
	if err != nil {
		return answer, fmt.Errorf("reading the URL: %w", err)
	}
	var body []byte
	contentType := "application/json"
	if fields, _ := exchange.RequestBody.(map[string]any); tokenPath.MatchString(target.Path) {
		if fields["client_assertion"] != nil {
			return answer, errors.New("what signs in is not in the transcript")
		}
		form := url.Values{}
		for field, value := range fields {
			form.Set(field, fmt.Sprint(value))
		}
		body, contentType = []byte(form.Encode()), formType
	} else if exchange.RequestBody != nil {
		if body, err = json.Marshal(exchange.RequestBody); err != nil {
			return answer, fmt.Errorf("encoding the body: %w", err)
		}
	}
	address := p.sim.URL + target.RequestURI()
	request, err := http.NewRequestWithContext(p.ctx, exchange.Method, address, bytes.NewReader(body))
	if err != nil {
		return answer, fmt.Errorf("making the request: %w", err)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Prefer", "include-permissions=true") // as the provider's queries do
	if exchange.Tenant != "" {
		audience := azuresim.Audience
		if queryPath.MatchString(target.Path) {
			audience = azuresim.LogAnalyticsAudience
		}
		token := p.sim.IssueAccessToken(exchange.Tenant, audience, application)
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := p.sim.Do(request)
	if err != nil {
		return answer, err
	}
	return answerOf(response)
}
