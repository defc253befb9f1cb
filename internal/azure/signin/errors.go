package signin

import (
	"fmt"
	"net/http"
)

// Error is a token that could not be had.
type Error struct {
	// Tenant is the tenant that was asked for, "" for the default of the Azure CLI.
	Tenant string
	// SignIn names the method and where its values came from.
	SignIn string
	// ClientID is the app's, where one was given.
	ClientID string
	// Presented is what an identity token claimed, where one was presented.
	Presented *Presented
	// Response is the last answer on the way to the token, nil where the last request had none.
	Response *http.Response
	// Err is azidentity's error, or a more telling one: that of the connection, or an *UnreadableTokenError.
	Err error
}

func (e *Error) Error() string {
	return fmt.Sprintf("signing in with the %s: %v", e.SignIn, e.Err)
}
func (e *Error) Unwrap() error { return e.Err }

// UnreadableTokenError is a success of the token service that holds no token. Its text quotes nothing of the answer, which may
// hold half a token.
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

// ConfigError is a configuration that cannot work.
type ConfigError struct {
	// Attribute names the value at fault as the provider's configuration does, "" where there is no single one.
	Attribute string
	// Missing says that the value was not given at all, rather than that it can't be used.
	Missing bool
	Problem string
}

func (e *ConfigError) Error() string { return e.Problem }
