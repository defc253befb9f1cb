// Package conformance compares the simulator with Azure: it records what a tenant answers as a transcript in which
// nothing of the tenant is left, and plays a transcript's requests to a simulator to show where the answers differ.
package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
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
	// ContentType is the request's. Its body is a JSON document, or the fields of a form.
	ContentType string `json:"contentType,omitempty"`
	RequestBody any    `json:"requestBody,omitempty"`
	Status      int    `json:"status"`
	// Headers are those of the answer. Only comparedHeaders have their value.
	Headers map[string]string `json:"headers"`
	// Body is nil for an empty answer, and notJSON for one that is not a JSON document.
	Body any `json:"body,omitempty"`
}

// notJSON stands for an answer of another kind, such as a proxy's page.
const notJSON = "not JSON"

const formType = "application/x-www-form-urlencoded"

// Read reads a transcript.
func Read(from io.Reader) ([]Exchange, error) {
	var transcript []Exchange
	for decoder := json.NewDecoder(from); ; {
		var exchange Exchange
		if err := decoder.Decode(&exchange); err == io.EOF {
			return transcript, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading line %d of the transcript: %w", len(transcript)+1, err)
		}
		transcript = append(transcript, exchange)
	}
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
	sent, err := drain(&request.Body)
	if err != nil {
		return nil, err
	}
	response, err := r.next.Do(request)
	if err != nil {
		return nil, err
	}
	answered, err := drain(&response.Body)
	if err != nil {
		return nil, err
	}
	exchange := Exchange{
		Method: request.Method, URL: unescaped(request.URL), Tenant: tenantOf(request),
		ContentType: request.Header.Get("Content-Type"), RequestBody: bodyOf(request.Header, sent),
		Status: response.StatusCode, Headers: headersOf(response.Header), Body: bodyOf(response.Header, answered),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.first = time.Now()
	}
	exchange.Seconds = time.Since(r.first).Round(time.Millisecond).Seconds()
	r.kept = append(r.kept, exchange)
	return response, nil
}

// drain reads a body and puts a copy in its place.
func drain(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	content, err := io.ReadAll(*body)
	_ = (*body).Close()
	*body = io.NopCloser(bytes.NewReader(content))
	return content, err
}

// unescaped is a URL with its names as they are.
func unescaped(u *url.URL) string {
	query, err := url.QueryUnescape(u.RawQuery)
	if err != nil {
		query = u.RawQuery
	}
	return strings.TrimSuffix(u.Scheme+"://"+u.Host+u.Path+"?"+query, "?")
}

// tenantOf is the tenant that a request's token names.
func tenantOf(request *http.Request) string {
	var claims struct {
		jwt.RegisteredClaims
		Tenant string `json:"tid"`
	}
	bearer := strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")
	_, _, _ = jwt.NewParser().ParseUnverified(bearer, &claims) // fails for an opaque token
	return claims.Tenant
}

// bodyOf decodes a document or a form, without tags: their names are the tenant's too.
func bodyOf(headers http.Header, content []byte) any {
	if kind, _, _ := mime.ParseMediaType(headers.Get("Content-Type")); kind == formType {
		fields := map[string]any{}
		values, _ := url.ParseQuery(string(content))
		for field := range values {
			fields[field] = values.Get(field)
		}
		return fields
	}
	if len(content) == 0 {
		return nil
	}
	var document any
	if json.Unmarshal(content, &document) != nil {
		return notJSON
	}
	if members, ok := document.(map[string]any); ok && members["tags"] != nil {
		members["tags"] = map[string]any{}
	}
	return document
}

func headersOf(from http.Header) map[string]string {
	made := map[string]string{}
	for header := range from {
		made[header] = ""
		if comparedHeaders[header] {
			made[header] = from.Get(header)
		}
	}
	return made
}

// Write writes what was recorded so far as a transcript.
func (r *Recorder) Write(to io.Writer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var documents []string
	for _, exchange := range r.kept {
		document, err := line(exchange)
		if err != nil {
			return err
		}
		documents = append(documents, document)
	}
	p := newPlaceholders(documents)
	for i, document := range documents {
		var exchange Exchange
		if err := json.Unmarshal([]byte(p.text(document)), &exchange); err != nil {
			return fmt.Errorf("inserting placeholders into exchange %d: %w", i+1, err)
		}
		exchange.Method, exchange.Status, exchange.Seconds = r.kept[i].Method, r.kept[i].Status, r.kept[i].Seconds
		replaced, err := line(exchange)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(to, replaced); err != nil {
			return fmt.Errorf("writing the transcript: %w", err)
		}
	}
	return nil
}

// line is an exchange as JSON, without HTML's escapes.
func line(exchange Exchange) (string, error) {
	var made strings.Builder
	encoder := json.NewEncoder(&made)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(exchange); err != nil {
		return "", fmt.Errorf("encoding an exchange: %w", err)
	}
	return made.String(), nil
}
