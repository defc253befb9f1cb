package azure

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// ServiceError is a refusal by Azure Resource Manager or by a service behind it.
type ServiceError struct {
	Status  int
	Code    string
	Message string
	// CorrelationID is what Microsoft's support asks for.
	CorrelationID string
	// RetryAfter is how long the service asks to wait, 0 if it doesn't.
	RetryAfter time.Duration
	// NotJSON reports that the answer seems to come from something other than Azure, such as a proxy.
	NotJSON bool
}

func (e *ServiceError) Error() string {
	text := fmt.Sprintf("%d %s", e.Status, cmp.Or(e.Code, http.StatusText(e.Status)))
	if e.Message != "" {
		text += ": " + e.Message
	}
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "") + "…" // without half a letter at the end
	}
	return text
}

// longestText is more of an error than people can read.
const longestText = 8 << 10

// UnreadableError is a response with a success status whose body is not what the service sends.
type UnreadableError struct {
	ContentType string
	Err         error
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("the answer (Content-Type %q) can't be read: %v", e.ContentType, e.Err)
}
func (e *UnreadableError) Unwrap() error { return e.Err }

// Decode reads the JSON document of a success. Where it holds none, its error is an *UnreadableError.
func Decode(response *http.Response, document any) error {
	body, err := runtime.Payload(response)
	if err != nil {
		return fmt.Errorf("receiving the answer: %w", err)
	}
	if err := json.Unmarshal(body, document); err != nil {
		return &UnreadableError{ContentType: response.Header.Get("Content-Type"), Err: err}
	}
	return nil
}

// NewServiceError reads a response that is not a success, in both shapes: the gateway answers
// {"error":{"code","message"}}, the diagnostic settings service {"code","message"} (internal/azuresim/README.md, "Error
// bodies"). Any other body, such as a proxy's HTML page, is not quoted.
func NewServiceError(response *http.Response) *ServiceError {
	refusal := &ServiceError{
		Status:        response.StatusCode,
		CorrelationID: response.Header.Get("x-ms-correlation-request-id"),
		RetryAfter:    retryAfter(response),
	}
	body, err := runtime.Payload(response)
	if err != nil {
		return refusal
	}
	type definition struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	var shapes struct {
		definition
		Error definition `json:"error"`
	}
	if err := json.Unmarshal(body, &shapes); err != nil {
		if refusal.NotJSON = len(body) > 0; refusal.NotJSON {
			refusal.Message = fmt.Sprintf("the answer is not JSON (Content-Type %q); a proxy may have sent it",
				response.Header.Get("Content-Type"))
		}
		return refusal
	}
	said := cmp.Or(shapes.Error, shapes.definition)
	refusal.Code, refusal.Message = said.Code, said.Message
	return refusal
}

// IsStatus reports whether err is a service's refusal with one of the given status codes.
func IsStatus(err error, codes ...int) bool {
	refusal, ok := errors.AsType[*ServiceError](err)
	return ok && slices.Contains(codes, refusal.Status)
}
