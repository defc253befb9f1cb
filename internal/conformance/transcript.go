// Package conformance compares the simulator with Azure: it records what a tenant answers as a transcript in which
// nothing of the tenant is left, and plays a transcript's requests to a simulator to show where the answers differ.
package conformance

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/golang-jwt/jwt/v5"
)

// Exchange is a request and its answer. A transcript has a line for each.
type Exchange struct {
	// Seconds is the time since the transcript's first answer.
	Seconds float64 `json:"seconds"`
	Method  string  `json:"method"`
	URL     string  `json:"url"`
	// Tenant is the one that the bearer token names, "" if there is no token.
	Tenant string `json:"tenant,omitempty"`
	// RequestBody is a JSON document, or the fields of a form.
	RequestBody any `json:"requestBody,omitempty"`
	Status      int `json:"status"`
	// Headers are those of the answer. Only comparedHeaders have their value.
	Headers map[string]any `json:"headers"`
	// Body is nil for an empty answer, and notJSON for one that is not a JSON document.
	Body any `json:"body,omitempty"`
}

// notJSON stands for an answer of another kind, such as a proxy's page.
const notJSON = "not JSON"

const formType = "application/x-www-form-urlencoded"

func readTranscript(from io.Reader) (transcript []Exchange, err error) {
	for decoder := json.NewDecoder(from); err == nil; {
		var exchange Exchange
		if err = decoder.Decode(&exchange); err == nil {
			transcript = append(transcript, exchange)
		}
	}
	if !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading line %d of the transcript: %w", len(transcript)+1, err)
	}
	return transcript, nil
}

// Recorder is a transport that keeps in memory what passes through it. It is safe for concurrent use.
type Recorder struct {
	next policy.Transporter

	mu    sync.Mutex
	first time.Time
	kept  []Exchange // without placeholders
}

// NewRecorder makes a recorder that sends requests through another transport.
func NewRecorder(next policy.Transporter) *Recorder { return &Recorder{next: next} }

// Do sends a request. It is kept if it gets a whole answer.
func (r *Recorder) Do(request *http.Request) (*http.Response, error) {
	sent, err := bodyOf(request.Header, &request.Body)
	if err != nil {
		return nil, err
	}
	response, err := r.next.Do(request)
	if err != nil {
		return nil, err
	}
	exchange, err := answerOf(response)
	if err != nil {
		return nil, err
	}
	exchange.Method, exchange.Tenant, exchange.RequestBody = request.Method, tenantOf(request), sent
	address := strings.TrimSuffix(request.URL.String(), "?")
	unescaped, _ := url.PathUnescape(address) // which shows names as they are
	exchange.URL = cmp.Or(unescaped, address)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.first = time.Now()
	}
	exchange.Seconds = time.Since(r.first).Round(time.Millisecond).Seconds()
	r.kept = append(r.kept, exchange)
	return response, nil
}

// answerOf is the part of an exchange that is the answer. The response can still be read.
func answerOf(response *http.Response) (answer Exchange, err error) {
	answer.Status, answer.Headers = response.StatusCode, map[string]any{}
	for header := range response.Header {
		answer.Headers[header] = ""
		if comparedHeaders[header] {
			answer.Headers[header] = response.Header.Get(header)
		}
	}
	answer.Body, err = bodyOf(response.Header, &response.Body)
	return answer, err
}

// tenantOf is the tenant that a request's token names, "" if the token is opaque or missing.
func tenantOf(request *http.Request) string {
	claims := jwt.MapClaims{}
	_, _, _ = jwt.NewParser().ParseUnverified(strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer "), claims)
	tenant, _ := claims["tid"].(string)
	return tenant
}

// bodyOf reads and decodes a document or a form, and puts a copy in the body's place.
func bodyOf(headers http.Header, body *io.ReadCloser) (document any, err error) {
	if *body == nil {
		return nil, nil
	}
	content, err := io.ReadAll(*body)
	_ = (*body).Close()
	*body = io.NopCloser(bytes.NewReader(content))
	if kind, _, _ := mime.ParseMediaType(headers.Get("Content-Type")); kind == formType {
		fields := map[string]any{}
		values, _ := url.ParseQuery(string(content))
		for field := range values {
			fields[field] = values.Get(field)
		}
		return fields, err
	}
	if len(content) > 0 && json.Unmarshal(content, &document) != nil {
		return notJSON, err
	}
	return document, err
}

// Write writes what was recorded so far as a transcript.
func (r *Recorder) Write(to io.Writer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var documents strings.Builder
	if err := write(&documents, r.kept); err != nil {
		return err
	}
	p, replaced := newPlaceholders(documents.String()), slices.Clone(r.kept)
	for i := range replaced {
		e := &replaced[i]
		e.URL, e.Tenant = p.text(e.URL), p.text(e.Tenant)
		e.RequestBody, e.Body = p.value("", e.RequestBody), p.value("", e.Body)
		e.Headers, _ = p.value("", e.Headers).(map[string]any)
	}
	return write(to, replaced)
}

// write writes a line for each exchange, without HTML's escapes.
func write(to io.Writer, exchanges []Exchange) error {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	for _, exchange := range exchanges {
		if err := encoder.Encode(exchange); err != nil {
			return fmt.Errorf("writing the transcript: %w", err)
		}
	}
	return nil
}
