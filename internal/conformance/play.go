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
		ctx: ctx, sim: azuresim.New(), met: map[string]bool{}, workspaces: map[string]string{},
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
	met        map[string]bool   // paths and settings that an answer has shown or a request has made
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

// send sends a transcript's request to the simulator, which answers at any host.
func (p *player) send(exchange Exchange) (answer Exchange, err error) {
	contentType, content := "application/json", []byte(nil)
	path, fields := pathOf(exchange), url.Values{}
	switch document, _ := exchange.RequestBody.(map[string]any); {
	case document["client_assertion"] != nil:
		return answer, errors.New("what signs in is not in the transcript")
	case tokenPath.MatchString(path):
		for field, value := range document {
			fields.Set(field, fmt.Sprint(value))
		}
		contentType, content = formType, []byte(fields.Encode())
	case exchange.RequestBody != nil:
		content, _ = json.Marshal(exchange.RequestBody) // which has been JSON
	}
	request, err := http.NewRequestWithContext(p.ctx, exchange.Method, exchange.URL, bytes.NewReader(content))
	if err != nil {
		return answer, err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Prefer", "include-permissions=true") // as the provider's queries do
	if exchange.Tenant != "" {
		audience := azuresim.Audience
		if queryPath.MatchString(path) {
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
