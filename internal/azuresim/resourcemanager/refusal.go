package resourcemanager

import (
	"fmt"
	"net/http"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// providerError is a resource provider's error, which is flat (README, "Error bodies").
func providerError(status int, code, format string, values ...any) error {
	return &jsonhttp.Answer{Status: status, Body: errorBody{code, fmt.Sprintf(format, values...)}}
}

type errorBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func badRequest(format string, values ...any) error {
	return providerError(http.StatusBadRequest, "BadRequest", format, values...)
}

// gatewayError is the gateway's error, which is wrapped (README, "Error bodies").
func gatewayError(status int, code, format string, values ...any) error {
	return &jsonhttp.Answer{
		Status:  status,
		Headers: map[string]string{"x-ms-failure-cause": "gateway"},
		Body:    map[string]any{"error": errorBody{code, fmt.Sprintf(format, values...)}},
	}
}

// unauthorized is the gateway's refusal of an identity without a role (README, "Permissions").
func (c call) unauthorized(scope string) error {
	return gatewayError(http.StatusForbidden, "AuthorizationFailed",
		"The client '%s' with object id '%s' does not have authorization to perform action '%s/%s/%s' over scope '%s' "+
			"or the scope is invalid. If access was recently granted, please refresh your credentials.",
		c.token.ClientID, c.token.ObjectID, c.kind.namespace, c.kind.name, c.verb, scope)
}
