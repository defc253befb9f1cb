package entra

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// signInErrors are those of the token service by their numbers: the OAuth error, and a description with places for what
// it names.
var signInErrors = sync.OnceValue(func() (known map[int]struct{ Error, Description string }) {
	if err := json.Unmarshal(signInErrorsFile, &known); err != nil {
		panic(err)
	}
	return known
})

//go:embed sign_in_errors.json
var signInErrorsFile []byte

// refuse is the token service's error of a number (README, "The token endpoint").
func refuse(number int, named ...any) error {
	known, status := signInErrors()[number], http.StatusBadRequest
	if known.Error == "invalid_client" {
		status = http.StatusUnauthorized
	}
	return &jsonhttp.Answer{Status: status, Body: map[string]any{
		"error":             known.Error,
		"error_description": fmt.Sprintf("AADSTS%d: ", number) + fmt.Sprintf(known.Description, named...),
		"error_codes":       []int{number},
		"timestamp":         time.Now().UTC().Format(time.DateTime) + "Z",
	}}
}
