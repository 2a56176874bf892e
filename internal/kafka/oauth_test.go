package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// endpoint is a token endpoint with a certificate of the authority.
func endpoint(t *testing.T, a *authority, handle http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(handle)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{a.pair(t, "127.0.0.1")}}
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv.URL + "/token"
}

// A client credentials grant over HTTPS, then SASL as Kafka speaks it, over the wire.
func TestOAuthBearer(t *testing.T) {
	a := newAuthority(t)
	var asked atomic.Int32
	tokenURL := endpoint(t, a, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		id, secret, _ := r.BasicAuth()
		_ = r.ParseForm()
		if r.Method != http.MethodPost || r.PostForm.Get("grant_type") != "client_credentials" || r.PostForm.Get("scope") != "kafka" ||
			id != "gateway" || secret != url.QueryEscape("s3cret&more") {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, `{"error":"invalid_client"}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"access_token":"abc.def.ghi","token_type":"Bearer","expires_in":3600}`)
	})
	var mu sync.Mutex
	var got []string
	peer := newSASLPeer(t, func(m string) int16 {
		if m != "OAUTHBEARER" {
			return 33
		}
		return 0
	}, func(client []byte) (int16, []byte) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, string(client))
		return 0, nil
	})
	sec := Security{
		SASL: &SASLConfig{Mechanism: MechanismOAuthBearer, TokenURL: tokenURL, ClientID: "gateway", ClientSecret: "s3cret&more", Scope: "kafka"},
	}
	// The peer speaks no TLS, so the authority reaches the endpoint's client by the mechanism alone.
	ca := writeFile(t, t.TempDir(), "ca", a.pem)
	cfg := Config{Brokers: []string{peer.ln.Addr().String()}}
	require.NoError(t, cfg.Secure(sec))
	mechanism, err := newOAuth(*sec.SASL, &certificates{cfg: TLSConfig{CA: ca}}, testLog())
	require.NoError(t, err)
	cfg.SASL = mechanism
	c, err := NewCluster(cfg)
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	require.NoError(t, c.Ping(withTimeout(t, 20*time.Second)))
	mu.Lock()
	defer mu.Unlock()
	require.NotEmpty(t, got)
	require.Equal(t, "n,,\x01auth=Bearer abc.def.ghi\x01\x01", got[0])
	require.EqualValues(t, 1, asked.Load(), "the token is kept")
}

// A broker that refuses the token says why; the token is not used again.
func TestOAuthRefusedToken(t *testing.T) {
	var fetched int
	m := testOAuth(func(context.Context) (*token, error) {
		fetched++
		return &token{text: "t", renew: time.Now().Add(time.Hour), end: time.Now().Add(time.Hour)}, nil
	})
	s, _, err := m.Start(t.Context())
	require.NoError(t, err)
	done, _, err := s.Next(t.Context(), []byte(`{"status":"invalid_token"}`))
	require.False(t, done)
	var sec *SecurityError
	require.ErrorAs(t, err, &sec)
	require.Equal(t, AuthenticationRefused, sec.Code)
	require.Contains(t, sec.EN, "invalid_token")
	_, _, err = m.Start(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, fetched)
}

func testOAuth(fetch func(context.Context) (*token, error)) *oauth {
	return &oauth{log: testLog(), now: time.Now, jitter: func() float64 { return 0 }, fetch: fetch}
}

// The life of a token: one fetch however many connections wait, renewal before its end, a failed renewal that harms
// nothing while the token is valid, and an endpoint that is not asked at each attempt.
func TestOAuthLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched int
		var failing error
		var m *oauth
		m = testOAuth(func(context.Context) (*token, error) {
			time.Sleep(time.Second)
			fetched++
			if failing != nil {
				return nil, failing
			}
			return m.parse(http.StatusOK, fmt.Appendf(nil, `{"access_token":"t%d","token_type":"bearer","expires_in":"100"}`, fetched), time.Now())
		})
		start := func() (string, error) {
			_, ir, err := m.Start(t.Context())
			return strings.TrimSuffix(strings.TrimPrefix(string(ir), "n,,\x01auth=Bearer "), "\x01\x01"), err
		}
		expect := func(want string, fetches int) {
			t.Helper()
			got, err := start()
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, fetches, fetched)
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				got, err := start()
				require.NoError(t, err)
				require.Equal(t, "t1", got)
			})
		}
		wg.Wait()
		require.Equal(t, 1, fetched, "one fetch at a time")

		time.Sleep(79 * time.Second)
		expect("t1", 1)
		time.Sleep(2 * time.Second)
		expect("t2", 2) // after 80 % of its life

		failing = errors.New("away")
		time.Sleep(81 * time.Second)
		expect("t2", 3)
		expect("t2", 3) // not at once again
		time.Sleep(renewPause)
		expect("t2", 4)
		time.Sleep(20 * time.Second) // the token has ended
		_, err := start()
		require.ErrorIs(t, err, failing)
		require.Equal(t, 5, fetched)
		_, err = start()
		require.ErrorIs(t, err, failing)
		require.Equal(t, 5, fetched, "not at once again")
		failing = nil
		time.Sleep(retryPause)
		expect("t6", 6)

		// Who waits is not held longer than its connection.
		time.Sleep(101 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, _, err = m.Start(ctx)
		require.ErrorContains(t, err, "does not answer")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		time.Sleep(time.Second)
		expect("t7", 7) // the fetch went on for the next one
	})
}

func TestOAuthJitter(t *testing.T) {
	asked := time.Now()
	for _, j := range []float64{-1, 1} {
		m := testOAuth(nil)
		m.now, m.jitter = func() time.Time { return asked }, func() float64 { return j }
		tok, err := m.parse(http.StatusOK, []byte(`{"access_token":"t","token_type":"bearer","expires_in":1000}`), asked)
		require.NoError(t, err)
		require.InDelta(t, 800+50*j, tok.renew.Sub(asked).Seconds(), 0.001)
		require.Equal(t, asked.Add(1000*time.Second), tok.end)
	}
}

func TestOAuthAnswers(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   string
	}{
		"wrong secret":        {401, `{"error":"invalid_client","error_description":"x"}`, "client_secret"},
		"wrong scope":         {400, `{"error":"invalid_scope"}`, "kafka.sasl.scope"},
		"other refusal":       {400, `{"error":"unsupported_grant_type"}`, "unsupported_grant_type"},
		"not the endpoint":    {404, `<html>`, "HTTP status 404"},
		"a redirection":       {302, ``, "HTTP status 302"},
		"out of order":        {503, ``, "HTTP status 503"},
		"not JSON":            {200, `<html>`, "not a JSON token object"},
		"no token":            {200, `{"token_type":"bearer"}`, "no usable access_token"},
		"a token with breaks": {200, `{"access_token":"a\u0001b","token_type":"bearer"}`, "no usable access_token"},
		"another type":        {200, `{"access_token":"abc","token_type":"mac"}`, "expected token_type bearer"},
		"expired":             {200, `{"access_token":"abc","token_type":"Bearer","expires_in":0}`, "expired already"},
		"long expired":        {200, `{"access_token":"abc","token_type":"Bearer","expires_in":-1e300}`, "expired already"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := testOAuth(nil)
			_, err := m.parse(tt.status, []byte(tt.body), time.Now())
			var sec *SecurityError
			require.ErrorAs(t, err, &sec)
			require.Equal(t, TokenUnavailable, sec.Code)
			require.Contains(t, sec.EN, tt.want)
			require.NotContains(t, sec.EN, "abc")
		})
	}
	m := testOAuth(nil)
	tok, err := m.parse(200, []byte(`{"access_token":"abc","token_type":"Bearer"}`), time.Now())
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(defaultTokenLife), tok.end, time.Second)
}

// The endpoint's certificate is verified, redirections are not followed, and the errors say what is wrong.
func TestOAuthEndpointFaults(t *testing.T) {
	a := newAuthority(t)
	elsewhere := endpoint(t, a, func(http.ResponseWriter, *http.Request) { t.Error("the redirection was followed") })
	redirect := endpoint(t, a, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	})
	gone := httptest.NewServer(nil)
	gone.Close()
	trusted := &certificates{cfg: TLSConfig{CA: writeFile(t, t.TempDir(), "ca", a.pem)}}
	tests := map[string]struct {
		url   string
		certs *certificates
		want  string
	}{
		"an unknown authority": {redirect, nil, "unknown authority"},
		"a redirection":        {redirect, trusted, "HTTP status 307"},
		"nobody there":         {strings.Replace(gone.URL, "http:", "https:", 1), trusted, "unreachable (dial tcp"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := newOAuth(SASLConfig{TokenURL: tt.url, ClientID: "i", ClientSecret: testPassword}, tt.certs, testLog())
			require.NoError(t, err)
			_, _, err = m.Start(withTimeout(t, 20*time.Second))
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), testPassword)
		})
	}
	for _, bad := range []string{"", "http://idp.example/token", "idp.example", "https://", "%"} {
		_, err := newOAuth(SASLConfig{TokenURL: bad}, nil, testLog())
		require.ErrorContains(t, err, "https://", bad)
	}
}
