// Package jsonhttp writes and reads the JSON of the simulated services.
package jsonhttp

import (
	"encoding/json"
	"io"
	"net/http"
)

// Write answers with a document.
func Write(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // the client may be gone
}

// Decode reads a document. A member that it doesn't know is an error, since it is probably misspelt.
func Decode(from io.Reader, document any) error {
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	return decoder.Decode(document)
}
