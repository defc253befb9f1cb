// Package jsonhttp writes and reads the JSON of the simulated services.
package jsonhttp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Answer is an answer other than 200 with a document. It is an error, so that whatever finds the reason can return it.
type Answer struct {
	Status  int
	Headers map[string]string
	Body    any // nil if there is none
}

func (a *Answer) Error() string {
	body, _ := json.Marshal(a.Body)
	return fmt.Sprintf("%d %s", a.Status, body)
}

// Respond answers with a document, which nil leaves out, or with the Answer that an error is.
func Respond(w http.ResponseWriter, document any, err error) {
	answer := &Answer{Status: http.StatusOK, Body: document}
	_ = errors.As(err, &answer)
	for name, value := range answer.Headers {
		w.Header().Set(name, value)
	}
	if answer.Body == nil {
		w.WriteHeader(answer.Status)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(answer.Status)
	_ = json.NewEncoder(w).Encode(answer.Body) // the client may be gone
}

// Decode reads a document. A member that it doesn't know is an error, since it is probably misspelt.
func Decode(from io.Reader, document any) error {
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	return decoder.Decode(document)
}
