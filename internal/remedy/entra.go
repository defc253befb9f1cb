package remedy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
)

// entraAnswer is what the token service, or the endpoint of a managed identity, answered.
type entraAnswer struct {
	response    *http.Response // nil where there was no answer
	isEntra     bool           // whether it has the shape of an Entra error
	code, words string
}

func readEntra(err error) entraAnswer {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if !ok || failed.RawResponse == nil {
		return entraAnswer{}
	}
	var document struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	body, err := runtime.Payload(failed.RawResponse)
	read := err == nil && json.Unmarshal(body, &document) == nil && document.Description != ""
	return entraAnswer{failed.RawResponse, read, document.Code, document.Description}
}

// entraMessage returns the sentence of Entra's answer. azidentity's own text of a refusal is the whole HTTP exchange.
func entraMessage(failed *signin.Error) string {
	err := failed.Err
	if isOutage(failed.Response) {
		return "The last attempt ended with: " + statusLine(failed.Response)
	}
	answer := readEntra(err)
	if answer.response == nil {
		return "The error was: " + inWords(err)
	}
	who := "Entra ID"
	if strings.HasPrefix(err.Error(), "ManagedIdentityCredential") {
		who = "The managed identity's endpoint"
	} else if !answer.isEntra {
		return fmt.Sprintf("The answer was: %s (Content-Type %q).",
			answer.response.Status, answer.response.Header.Get("Content-Type"))
	}
	if !answer.isEntra {
		return who + " answered " + answer.response.Status + "."
	}
	return who + " said: " + answer.code + ": " + strings.Join(strings.Fields(answer.words), " ") // on one line
}

// isOutage reports whether the last answer on the way to a token stands for an outage that may pass by itself.
func isOutage(response *http.Response) bool {
	return response != nil && azure.IsTemporary(response.StatusCode)
}

// statusLine is a status with its standard text, since a response may have any.
func statusLine(response *http.Response) string {
	return fmt.Sprint(response.StatusCode, " ", http.StatusText(response.StatusCode))
}
