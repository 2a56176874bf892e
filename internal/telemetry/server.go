package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"
)

const (
	// A probe sends a few hundred bytes at once and takes as few: all three only end what hangs.
	readTimeout  = 5 * time.Second
	writeTimeout = 10 * time.Second
	idleTimeout  = 2 * time.Minute
	// Headers of a probe; the default of net/http is a megabyte for anybody who asks.
	maxHeaderBytes = 8 << 10
	// How long Close waits for answers under way.
	closeTimeout = time.Second
)

// ListenError says in both languages why the telemetry address cannot be listened on and what to do.
type ListenError struct {
	FR, EN string
	Err    error // in the operating system's words
}

// Error returns the English sentences.
func (e *ListenError) Error() string { return e.EN }

// Unwrap returns the cause.
func (e *ListenError) Unwrap() error { return e.Err }

// Server answers HTTP requests on the telemetry address.
type Server struct {
	addr  string
	http  *http.Server
	ended chan struct{}
}

// Listen opens the address, host:port, and serves until Close. The error is a *ListenError.
func Listen(addr string, handler http.Handler) (*Server, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, &ListenError{
			EN:  fmt.Sprintf("%s is already in use, perhaps by another passerelle: stop it, or choose another telemetry.listen (none: no listener).", addr),
			FR:  fmt.Sprintf("%s est déjà pris, peut-être par une autre passerelle : arrêtez-la, ou choisissez un autre telemetry.listen (none : aucun).", addr),
			Err: err,
		}
	case err != nil:
		return nil, &ListenError{
			EN:  fmt.Sprintf("cannot listen on telemetry.listen %s: %v; choose an address of this machine (none: no listener).", addr, err),
			FR:  fmt.Sprintf("telemetry.listen %s ne peut pas être écouté : %v ; choisissez une adresse de cette machine (none : aucun).", addr, err),
			Err: err,
		}
	}
	s := &Server{addr: ln.Addr().String(), ended: make(chan struct{}), http: &http.Server{
		Handler: handler, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
	}}
	go func() {
		defer close(s.ended)
		_ = s.http.Serve(ln) // it ends with Close only
	}()
	return s, nil
}

// Addr returns the host:port that is listened on.
func (s *Server) Addr() string { return s.addr }

// Close stops listening and waits a moment for answers under way.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	<-s.ended
	return err
}
