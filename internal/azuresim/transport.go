package azuresim

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing/iotest"
)

// ServeHTTP answers a request to any of the services, or to the control endpoint.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Do answers a request in the caller's goroutine, without a connection. It makes a simulator a transport for azcore's
// pipelines and azidentity. Inside a testing/synctest bubble, what the simulator waits for passes in virtual time.
//
// A fault that breaks the connection is an error as an http.Client would return it. When the request's context ends, a
// request that is held back has its effect, and Do returns the context's error.
func (s *Simulator) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, clientError(r, err)
	}
	w := httptest.NewRecorder()
	err := s.serveDirectly(w, asReceived(r))
	trace := httptrace.ContextClientTrace(r.Context())
	if trace != nil && trace.GotConn != nil && !errors.Is(err, syscall.ECONNREFUSED) {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if r.Body != nil {
		_ = r.Body.Close()
	}
	if contextErr := r.Context().Err(); contextErr != nil {
		err = contextErr
	}
	if err != nil {
		return nil, clientError(r, err)
	}
	response := w.Result()
	response.Request = r
	if int64(w.Body.Len()) < response.ContentLength {
		response.Body = io.NopCloser(io.MultiReader(w.Body, iotest.ErrReader(io.ErrUnexpectedEOF)))
	} else {
		response.ContentLength = int64(w.Body.Len())
	}
	return response, nil
}

// asReceived is a client's request as a server sees it.
func asReceived(r *http.Request) *http.Request {
	received := r.Clone(r.Context())
	if received.Body == nil {
		received.Body = http.NoBody
	}
	if received.Host == "" {
		received.Host = r.URL.Host
	}
	received.RemoteAddr = "127.0.0.1:49152"
	received.RequestURI = r.URL.RequestURI()
	return received
}

// serveDirectly turns a broken connection into the client's error.
func (s *Simulator) serveDirectly(w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case brokenConnection:
			err = cause.clientError()
		default:
			panic(cause)
		}
	}()
	s.ServeHTTP(w, r)
	return nil
}

// clientError wraps an error as http.Client does.
func clientError(r *http.Request, err error) error {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	return &url.Error{Op: method[:1] + strings.ToLower(method[1:]), URL: r.URL.Redacted(), Err: err}
}

// brokenConnection is the value of the panic that breaks a connection.
type brokenConnection struct{ refused bool }

func (b brokenConnection) clientError() error {
	if b.refused {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}

// listening serves connections and turns a panic of brokenConnection into one that net/http knows.
func (s *Simulator) listening(w http.ResponseWriter, r *http.Request) {
	defer func() {
		cause := recover()
		if _, broken := cause.(brokenConnection); broken {
			resetConnection(r)
			panic(http.ErrAbortHandler)
		}
		if cause != nil {
			panic(cause)
		}
	}()
	s.ServeHTTP(w, r)
}
