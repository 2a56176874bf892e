package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/segmentio/kafka-go/sasl"
)

const (
	// A token endpoint that takes longer is as good as dead; the connection that waits gives up before (dialTimeout),
	// and the next one finds the token.
	tokenTimeout = 10 * time.Second
	// A token is some kilobytes; brokers refuse larger requests before they know the client.
	maxTokenResponse = 256 << 10
	// A token is renewed by the first new connection after this part of its life, give or take the jitter, so that
	// many gateways started together do not ask together.
	renewAfter, renewJitter = 0.8, 0.05
	// While the endpoint fails it is asked at most this often: a connection is tried about twice a second, and an
	// identity provider locks a client out that asks as often. With a token that is still valid there is more time.
	retryPause = 2 * time.Second
	renewPause = 10 * time.Second
	// How long a token counts as valid when the endpoint does not say (expires_in is only recommended, RFC 6749
	// section 5.1): short enough that none ends unnoticed.
	defaultTokenLife = time.Minute
)

// oauth is the OAUTHBEARER mechanism (RFC 7628) with a client credentials grant. Tokens are fetched when a connection
// needs one and none is fresh: there is no goroutine to stop, and an idle client asks nothing.
//
// A broker with connections.max.reauth.ms closes the connection when the token ends. kafka-go cannot authenticate
// again on an open connection (KIP-368), so that is a reconnection like any other, with a new token.
type oauth struct {
	cfg    SASLConfig
	log    *slog.Logger
	now    func() time.Time
	jitter func() float64                        // in [-1, 1]
	roots  func() (*x509.CertPool, error)        // who may sign the endpoint's certificate
	fetch  func(context.Context) (*token, error) // tests replace it
	flight singleflight.Group

	mu       sync.Mutex
	current  *token
	failure  error // of the last fetch, nil after a good one
	failedAt time.Time
}

type token struct {
	text  string
	renew time.Time // renewed by the next connection from here on
	end   time.Time
}

func newOAuth(cfg SASLConfig, certs *certificates, log *slog.Logger) (*oauth, error) {
	endpoint, err := url.Parse(cfg.TokenURL)
	if err != nil || endpoint.Scheme != "https" || endpoint.Host == "" {
		return nil, securityErr(TokenUnavailable, nil,
			"kafka.sasl.token_url doit être une adresse https://", "kafka.sasl.token_url must be an https:// address")
	}
	m := &oauth{cfg: cfg, log: log, now: clock, jitter: func() float64 { return 2*rand.Float64() - 1 }}
	m.roots = func() (*x509.CertPool, error) { return tokenRoots(certs) }
	m.fetch = m.request
	return m, nil
}

// tokenRoots are the authorities of the system, and those of kafka.tls.ca: an identity provider often has a
// certificate of the same private authority as the brokers.
func tokenRoots(certs *certificates) (*x509.CertPool, error) {
	if certs == nil || certs.cfg.CA == "" {
		return nil, nil //nolint:nilnil // nil is crypto/tls's word for the authorities of the system
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	pem, err := os.ReadFile(certs.cfg.CA)
	if err != nil {
		return nil, fileErr("kafka.tls.ca", certs.cfg.CA, cause(err))
	}
	roots.AppendCertsFromPEM(pem)
	return roots, nil
}

// Name implements sasl.Mechanism.
func (m *oauth) Name() string { return "OAUTHBEARER" }

// Start implements sasl.Mechanism.
func (m *oauth) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	t, err := m.token(ctx)
	if err != nil {
		return nil, nil, err
	}
	return &oauthSession{m: m, token: t}, []byte("n,,\x01auth=Bearer " + t.text + "\x01\x01"), nil
}

// token returns a token that is valid now. One fetch is under way at a time, whoever asks.
func (m *oauth) token(ctx context.Context) (*token, error) {
	m.mu.Lock()
	t, failure, failedAt := m.current, m.failure, m.failedAt
	m.mu.Unlock()
	now := m.now()
	valid := t != nil && now.Before(t.end)
	switch {
	case valid && (now.Before(t.renew) || failure != nil && now.Before(failedAt.Add(renewPause))):
		return t, nil
	case !valid && failure != nil && now.Before(failedAt.Add(retryPause)):
		return nil, failure
	}
	// Those who wait share the answer; none of them may end it for the others.
	ch := m.flight.DoChan("token", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenTimeout)
		defer cancel()
		fresh, err := m.fetch(ctx)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.failure, m.failedAt = err, m.now()
		if err == nil {
			m.current = fresh
		}
		return fresh, err
	})
	var err error
	select {
	case res := <-ch:
		if fresh, ok := res.Val.(*token); ok && res.Err == nil {
			return fresh, nil
		}
		err = res.Err
	case <-ctx.Done():
		err = tokenErr(ctx.Err(), "il ne répond pas", "it does not answer")
	}
	if valid {
		m.log.Warn("the OAuth token could not be renewed, the one in hand is still valid", "error", err, "until", t.end)
		return t, nil
	}
	return nil, err
}

// refused forgets a token that a broker did not accept, so that the next connection asks for another.
func (m *oauth) refused(t *token) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.current == t {
		m.current = nil
	}
}

func tokenErr(cause error, fr, en string) *SecurityError {
	return securityErr(TokenUnavailable, cause,
		"pas de jeton OAuth de kafka.sasl.token_url : "+fr, "no OAuth token from kafka.sasl.token_url: "+en)
}

// request asks the token endpoint (RFC 6749, section 4.4.2), with the client's secret in the Authorization header
// (section 2.3.1).
func (m *oauth) request(ctx context.Context) (*token, error) {
	roots, err := m.roots()
	if err != nil {
		return nil, err
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	if m.cfg.Scope != "" {
		form.Set("scope", m.cfg.Scope)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.cfg.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, tokenErr(nil, "adresse inutilisable", "the address cannot be used")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.SetBasicAuth(url.QueryEscape(m.cfg.ClientID), url.QueryEscape(string(m.cfg.ClientSecret)))
	client := &http.Client{
		// A redirection could lead the secret elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		},
	}
	asked := m.now() // the life of the token is counted from before the answer: too short rather than too long
	res, err := client.Do(req)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err // without the method and the address
		}
		return nil, tokenErr(err, fmt.Sprintf("injoignable (%v)", err), fmt.Sprintf("unreachable (%v)", err))
	}
	defer func() { _ = res.Body.Close() }() // nothing was written
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTokenResponse))
	if err != nil {
		return nil, tokenErr(err, fmt.Sprintf("réponse interrompue (%v)", err), fmt.Sprintf("the answer broke off (%v)", err))
	}
	return m.parse(res.StatusCode, body, asked)
}

// parse reads the endpoint's answer (RFC 6749, sections 5.1 and 5.2). Its body is never quoted: it may hold a token.
func (m *oauth) parse(status int, body []byte, asked time.Time) (*token, error) {
	var answer struct {
		AccessToken string      `json:"access_token"`
		TokenType   string      `json:"token_type"`
		ExpiresIn   json.Number `json:"expires_in"` // a number; some endpoints write it as a string
		Error       string      `json:"error"`
	}
	parsed := json.Unmarshal(body, &answer)
	if status != http.StatusOK {
		if parsed == nil && answer.Error != "" {
			fr, en := "", ""
			switch answer.Error {
			case "invalid_client", "unauthorized_client":
				fr, en = " ; vérifiez kafka.sasl.client_id et client_secret", "; check kafka.sasl.client_id and client_secret"
			case "invalid_scope":
				fr, en = " ; vérifiez kafka.sasl.scope", "; check kafka.sasl.scope"
			}
			return nil, tokenErr(nil, fmt.Sprintf("refus %.60q (HTTP %d)%s", answer.Error, status, fr), fmt.Sprintf("refused, %.60q (HTTP %d)%s", answer.Error, status, en))
		}
		return nil, tokenErr(nil, fmt.Sprintf("réponse HTTP %d, 200 attendu ; vérifiez l'adresse", status), fmt.Sprintf("HTTP status %d, expected 200; check the address", status))
	}
	switch {
	case parsed != nil:
		return nil, tokenErr(nil, "la réponse n'est pas un objet JSON de jeton ; vérifiez l'adresse", "the answer is not a JSON token object; check the address")
	case answer.AccessToken == "" || strings.ContainsFunc(answer.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, tokenErr(nil, "la réponse n'a pas d'access_token utilisable", "the answer has no usable access_token")
	case !strings.EqualFold(answer.TokenType, "bearer"):
		return nil, tokenErr(nil, fmt.Sprintf("token_type bearer attendu, trouvé %.30q", answer.TokenType), fmt.Sprintf("expected token_type bearer, found %.30q", answer.TokenType))
	}
	life := defaultTokenLife
	if seconds, err := answer.ExpiresIn.Float64(); err == nil {
		const year = 365 * 24 * 3600 // bounds the conversion; no token is meant to live longer
		life = time.Duration(min(seconds, year) * float64(time.Second))
	}
	end := asked.Add(life)
	if !m.now().Before(end) {
		return nil, tokenErr(nil, "le jeton reçu est déjà expiré ; vérifiez les horloges", "the token received has expired already; check the clocks")
	}
	renew := time.Duration(float64(life) * (renewAfter + renewJitter*m.jitter()))
	return &token{text: answer.AccessToken, renew: asked.Add(renew), end: end}, nil
}

type oauthSession struct {
	m     *oauth
	token *token
}

// Next implements sasl.StateMachine. An empty challenge is success; anything else is the reason of a refusal
// (RFC 7628, section 3.2.2).
func (s *oauthSession) Next(_ context.Context, challenge []byte) (bool, []byte, error) {
	if len(challenge) == 0 {
		return true, nil, nil
	}
	s.m.refused(s.token)
	var reason struct {
		Status string `json:"status"`
	}
	_ = json.Unmarshal(challenge, &reason) // a reason that cannot be read is still a refusal
	return false, nil, securityErr(AuthenticationRefused, nil,
		fmt.Sprintf("le broker refuse le jeton OAuth (%.60q) : vérifiez l'émetteur, l'audience et kafka.sasl.scope", reason.Status),
		fmt.Sprintf("the broker refuses the OAuth token (%.60q): check issuer, audience and kafka.sasl.scope", reason.Status))
}
