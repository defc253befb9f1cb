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
	connected sync.Map // the hosts to which a connection was ever made
}

func (c *connections) Do(request *policy.Request) (*http.Response, error) {
	host := request.Raw().URL.Host
	ctx, cancel := context.WithTimeout(request.Raw().Context(), attemptTimeout)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx,
		&httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { c.connected.Store(host, true) }})
	response, err := request.WithContext(ctx).Next()
	if err == nil {
		c.connected.Store(host, true)
		return response, nil
	}
	_, connected := c.connected.Load(host)
	return response, &ConnectionError{Host: host, Connected: connected, Proxy: proxyInForce(request.Raw()), Err: err}
}

// ConnectionError is a request that got no complete answer.
type ConnectionError struct {
	// Host is where the request was sent, perhaps with a port.
	Host string
	// Connected reports whether a connection to the host was ever made, in this attempt or an earlier one.
	Connected bool
	// Proxy is the proxy that the environment configures, and the variable; "" for none.
	Proxy string
	Err   error
}

func (e *ConnectionError) Error() string { return e.Err.Error() }
func (e *ConnectionError) Unwrap() error { return e.Err }

// isPermanent reports whether retrying is pointless: an untrusted certificate or an unknown host is a mistake in the
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
