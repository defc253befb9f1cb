package resourcemanager

import (
	"fmt"
	"net/http"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// refusal is an error answer: a resource provider's is flat, the gateway's is wrapped (README, "Error bodies").
type refusal struct {
	status        int
	code, message string
	byGateway     bool
}

func (r refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.status, r.code, r.message) }

func (r refusal) answer(w http.ResponseWriter) {
	body := map[string]any{"code": r.code, "message": r.message}
	if r.byGateway {
		w.Header().Set("x-ms-failure-cause", "gateway")
		body = map[string]any{"error": body}
	}
	if r.status == http.StatusMethodNotAllowed {
		body = map[string]any{"Message": r.message}
	}
	jsonhttp.Write(w, r.status, body)
}

func providerError(status int, code, format string, values ...any) error {
	return refusal{status, code, fmt.Sprintf(format, values...), false}
}

func badRequest(format string, values ...any) error {
	return providerError(http.StatusBadRequest, "BadRequest", format, values...)
}

func gatewayError(status int, code, format string, values ...any) error {
	return refusal{status, code, fmt.Sprintf(format, values...), true}
}

// unauthorized is the gateway's refusal of an identity without a role (README, "Permissions").
func (c call) unauthorized(action, scope string) error {
	return gatewayError(http.StatusForbidden, "AuthorizationFailed",
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' "+
			"or the scope is invalid. If access was recently granted, please refresh your credentials.",
		c.token.ClientID, c.token.ObjectID, action, scope)
}
