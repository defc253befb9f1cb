package azure

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"golang.org/x/net/http/httpproxy"
)

// attemptTimeout ends an attempt that hangs.
const attemptTimeout = 100 * time.Second

// connections is a policy that ends an attempt that hangs, and turns a broken one into a *ConnectionError. It runs
// after the sign-in, which may take longer. When it returns, the body has been received.
type connections struct {
	made sync.Map // hosts to which a connection was made
}

func (c *connections) Do(request *policy.Request) (*http.Response, error) {
	host := request.Raw().URL.Host
	ctx, cancel := context.WithTimeout(request.Raw().Context(), attemptTimeout)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx,
		&httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { c.made.Store(host, true) }})
	response, err := request.WithContext(ctx).Next()
	if err == nil {
		c.made.Store(host, true)
		return response, nil
	}
	_, made := c.made.Load(host)
	return response, &ConnectionError{Host: host, Made: made, Proxy: proxyInForce(request.Raw()), Err: err}
}

// ConnectionError is a request that got no complete answer.
type ConnectionError struct {
	// Host is where the request was sent, perhaps with a port.
	Host string
	// Made says that a connection to the host was made, this time or before.
	Made bool
	// Proxy is the proxy that the environment configures, and the variable; "" for none.
	Proxy string
	Err   error
}

func (e *ConnectionError) Error() string { return e.Err.Error() }
func (e *ConnectionError) Unwrap() error { return e.Err }

// isPermanent says whether retrying is pointless: an untrusted certificate or an unknown host is a mistake in the
// configuration.
func (e *ConnectionError) isPermanent() bool {
	lookup, failedLookup := errors.AsType[*net.DNSError](e.Err)
	return errors.As(e.Err, new(*tls.CertificateVerificationError)) || failedLookup && lookup.IsNotFound
}

// proxyInForce names the proxy without its password.
func proxyInForce(request *http.Request) string {
	proxy, err := httpproxy.FromEnvironment().ProxyFunc()(request.URL)
	if proxy == nil || err != nil {
		return ""
	}
	variable := "HTTPS_PROXY"
	if os.Getenv(variable) == "" {
		variable = "https_proxy"
	}
	return proxy.Scheme + "://" + proxy.Host + " from " + variable
}
