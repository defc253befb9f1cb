package azuresim

import (
	"cmp"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

// Do answers a request in the caller's goroutine, without a connection. It makes a simulator a transport for azcore's
// pipelines and azidentity. Inside a testing/synctest bubble, what the simulator waits for passes in virtual time.
//
// A fault that breaks the connection is an error as an http.Client would return it. When the request's context ends, a
// request that is held back has its effect, and Do returns the context's error.
func (s *Simulator) Do(r *http.Request) (*http.Response, error) {
	err := r.Context().Err()
	var response *http.Response
	if err == nil {
		response, err = s.serve(asReceived(r))
		trace := httptrace.ContextClientTrace(r.Context())
		if trace != nil && trace.GotConn != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			trace.GotConn(httptrace.GotConnInfo{})
		}
		err = cmp.Or(r.Context().Err(), err)
	}
	if err != nil {
		method := cmp.Or(r.Method, http.MethodGet)
		return nil, &url.Error{Op: method[:1] + strings.ToLower(method[1:]), URL: r.URL.Redacted(), Err: err}
	}
	response.Request = r
	return response, nil
}

// asReceived is a client's request as a server sees it.
func asReceived(r *http.Request) *http.Request {
	received := r.Clone(r.Context())
	if received.Body == nil {
		received.Body = http.NoBody
	}
	received.Host = cmp.Or(received.Host, r.URL.Host)
	received.RemoteAddr = "127.0.0.1:49152"
	return received
}

// ServeHTTP answers a request on a connection.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	response, err := s.serve(r)
	if err != nil {
		resetConnection(r)
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), response.Header)
	if response.ContentLength > 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(response.ContentLength, 10))
	}
	w.WriteHeader(response.StatusCode)
	_, _ = io.Copy(w, response.Body) // which may be cut short
}

// connectionKey is where a request's context has its connection.
type connectionKey struct{}

// resetConnection resets the connection of a request, and with it everything else that is under way on it.
func resetConnection(r *http.Request) {
	if secure, ok := r.Context().Value(connectionKey{}).(*tls.Conn); ok {
		if plain, ok := secure.NetConn().(*net.TCPConn); ok {
			_ = plain.SetLinger(0) // so that closing it is a reset
			_ = plain.Close()
		}
	}
}
