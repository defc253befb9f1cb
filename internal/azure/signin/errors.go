package signin

import (
	"fmt"
	"net/http"
)

// Error is a failed sign-in.
type Error struct {
	Tenant    string         // the requested one, "" for the account's own
	SignIn    string         // the method, and where its values came from
	ClientID  string         // the app's, if configured
	Presented *Presented     // what the identity token claimed, if there was one
	Response  *http.Response // the answer to the last request, nil if it had none
	Err       error          // of the connection, an *UnreadableTokenError, or azidentity's
}

func (e *Error) Error() string { return fmt.Sprintf("signing in with the %s: %v", e.SignIn, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// UnreadableTokenError is a 200 of the token service without a usable token. It quotes nothing of the answer, which may
// contain one.
type UnreadableTokenError struct{ ContentType string }

func (e *UnreadableTokenError) Error() string {
	return fmt.Sprintf("the answer (Content-Type %q) can't be read: it is not a token", e.ContentType)
}

// WrongTenantError is a token that another tenant issued. No request was sent with it.
type WrongTenantError struct{ Wanted, Issued, SignIn string }

func (e *WrongTenantError) Error() string {
	return fmt.Sprintf("signing in with the %s for tenant %s gave a token of tenant %s", e.SignIn, e.Wanted, e.Issued)
}

// ConfigError is an incomplete or invalid configuration.
type ConfigError struct {
	Attribute string // at fault, "" if there is no single one
	Missing   bool   // its value was not given, rather than that it is invalid
	Problem   string
}

func (e *ConfigError) Error() string { return e.Problem }
