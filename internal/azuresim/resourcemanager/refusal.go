package resourcemanager

import (
	"fmt"
	"net/http"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// refusal is an error answer.
type refusal struct {
	status int
	body   map[string]any
}

// providerError is a resource provider's refusal, which is flat (README, "Error bodies").
func providerError(status int, code, format string, values ...any) error {
	return refusal{status, map[string]any{"code": code, "message": fmt.Sprintf(format, values...)}}
}

func badRequest(format string, values ...any) error {
	return providerError(http.StatusBadRequest, "BadRequest", format, values...)
}

// gatewayError is the gateway's refusal, which is wrapped (README, "Error bodies").
func gatewayError(status int, code, format string, values ...any) error {
	return refusal{status, map[string]any{
		"error": map[string]any{"code": code, "message": fmt.Sprintf(format, values...)},
	}}
}

// unauthorized is the gateway's refusal of an identity without a role (README, "Permissions").
func (c call) unauthorized(action, scope string) error {
	return gatewayError(http.StatusForbidden, "AuthorizationFailed",
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' "+
			"or the scope is invalid. If access was recently granted, please refresh your credentials.",
		c.token.ClientID, c.token.ObjectID, action, scope)
}

func (r refusal) Error() string {
	said := r.body
	if inner, wrapped := said["error"].(map[string]any); wrapped {
		said = inner
	}
	return fmt.Sprintf("%d %s: %s", r.status, said["code"], said["message"])
}

func (r refusal) answer(w http.ResponseWriter) {
	if r.body["error"] != nil {
		w.Header().Set("x-ms-failure-cause", "gateway")
	}
	jsonhttp.Write(w, r.status, r.body)
}
