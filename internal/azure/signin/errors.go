package signin

import (
	"fmt"
	"net/http"
)

// Error is a failed sign-in.
type Error struct {
	// Tenant is the requested tenant, "" for the account's own.
	Tenant string
	// SignIn names the method and where its values came from.
	SignIn string
	// ClientID is the app's, if configured.
	ClientID string
	// Presented is what the identity token claimed, if there was one.
	Presented *Presented
	// Response is the answer to the last request, nil if it had none.
	Response *http.Response
	// Err is the error of the connection, an *UnreadableTokenError, or azidentity's error.
	Err error
}

func (e *Error) Error() string {
	return fmt.Sprintf("signing in with the %s: %v", e.SignIn, e.Err)
}
func (e *Error) Unwrap() error { return e.Err }

// UnreadableTokenError is a 200 of the token service without a usable token. It quotes nothing of the answer, which may
// contain one.
type UnreadableTokenError struct{ ContentType string }

func (e *UnreadableTokenError) Error() string {
	return fmt.Sprintf("the answer (Content-Type %q) can't be read: it is not a token", e.ContentType)
}

// WrongTenantError is a token that another tenant issued. No request was sent with it.
type WrongTenantError struct {
	Wanted, Issued string
	SignIn         string
}

func (e *WrongTenantError) Error() string {
	return fmt.Sprintf("signing in with the %s for tenant %s gave a token of tenant %s", e.SignIn, e.Wanted, e.Issued)
}

// ConfigError is an incomplete or invalid configuration.
type ConfigError struct {
	// Attribute is the name of the value at fault, "" if there is no single one.
	Attribute string
	// Missing says that the value was not given, rather than that it is invalid.
	Missing bool
	Problem string
}

func (e *ConfigError) Error() string { return e.Problem }
