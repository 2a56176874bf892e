package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience bounds every wait: far beyond what the slowest machine needs.
const patience = 60 * time.Second

// A server whose cluster does not answer waits, and Ctrl-C ends the wait in order.
func TestServeWaitsForItsCluster(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "passerelle.yaml")
	require.NoError(t, os.WriteFile(config, []byte("kafka:\n  brokers: ["+freeAddr(t)+"]\ntelemetry:\n  listen: 127.0.0.1:0\n"), 0o600))
	serve := runVerb(t, "serve", "--config", config)
	require.Eventually(t, func() bool { return strings.Contains(serve.err.String(), "aucun broker ne répond") }, patience, 5*time.Millisecond)
	require.Zero(t, serve.end(t), serve.err.String())
	assert.Empty(t, serve.out.String(), "it never served")
	assert.Equal(t, 1, strings.Count(serve.err.String(), "aucun broker ne répond"), "told once")
}

func freeAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	return ln.Addr().String()
}

// output is where a verb writes while the test reads.
type output struct {
	mu      sync.Mutex
	written bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.written.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.written.String()
}

// verb is a command line that runs until it is stopped.
type verb struct {
	out, err output
	stop     context.CancelFunc
	code     chan int
}

func runVerb(t *testing.T, args ...string) *verb {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	v := &verb{stop: cancel, code: make(chan int, 1)}
	go func() { v.code <- run(ctx, args, &v.out, &v.err) }()
	return v
}

// waitFor waits until the verb has written so many lines with the text.
func (v *verb) waitFor(t *testing.T, text string, n int) {
	t.Helper()
	deadline := time.After(patience)
	for strings.Count(v.out.String(), text) < n {
		select {
		case code := <-v.code:
			require.FailNow(t, "ended early", "code %d: %s%s", code, v.out.String(), v.err.String())
		case <-deadline:
			require.FailNow(t, "not written in time", "%d of %q in %s%s", n, text, v.out.String(), v.err.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// end stops the verb as Ctrl-C does and returns its exit code.
func (v *verb) end(t *testing.T) int {
	t.Helper()
	v.stop()
	select {
	case code := <-v.code:
		return code
	case <-time.After(patience):
		require.FailNow(t, "does not stop")
		return -1
	}
}

// A document that is sent is served, and tail shows it where explain foretold, byte for byte.
func TestServeSendTail(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "passerelle.yaml")
	health := freeAddr(t)
	require.NoError(t, os.WriteFile(config, []byte("embedded:\n  listen: "+freeAddr(t)+"\n  data_dir: data\nlog:\n  level: warn\ntelemetry:\n  listen: "+health+"\n"), 0o600))
	documents := filepath.Join("..", "..", "examples", "documents")
	good, bad := filepath.Join(documents, "ubl-invoice.xml"), filepath.Join(documents, "broken-totals.xml")

	serve := runVerb(t, "serve", "--config", config, "--lang", "en")
	serve.waitFor(t, "passerelle serves on", 1)
	assert.Contains(t, serve.out.String(), "no replication", "what the embedded broker does not survive is said")
	serve.waitFor(t, "health: http://"+health+"/readyz", 1)
	answer, err := http.Get("http://" + health + "/readyz")
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	assert.Contains(t, string(body), `{"status":"ok","faults":[]`) // and the tables, once they were looked at

	var out, errs bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"send", good, bad, "--config", config, "--lang", "en"}, &out, &errs), errs.String())
	assert.Equal(t, good+" -> suppliers, key 21760999900016/2026-MAPA-017\n", strings.SplitAfter(out.String(), "\n")[0])

	topics := []string{"archive", "invoicing", "dead-letter", "receipts"}
	tail := runVerb(t, append([]string{"tail", "--from-start", "--json", "--config", config}, topics...)...)
	tail.waitFor(t, "\n", 5) // two deliveries, a dead letter, two receipts
	require.Zero(t, tail.end(t), tail.err.String())
	arrived := map[string][]tailedRecord{}
	for line := range strings.Lines(tail.out.String()) {
		var r tailedRecord
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		require.NotNil(t, r.Key)
		arrived[r.Topic] = append(arrived[r.Topic], r)
	}
	for topic, n := range map[string]int{"archive": 1, "invoicing": 1, "dead-letter": 1, "receipts": 2} {
		require.Len(t, arrived[topic], n, topic)
	}
	original, err := os.ReadFile(good)
	require.NoError(t, err)
	assert.Equal(t, string(original), *arrived["archive"][0].Value)
	refused, err := os.ReadFile(bad)
	require.NoError(t, err)
	assert.Equal(t, string(refused), *arrived["dead-letter"][0].Value)
	assert.True(t, json.Valid([]byte(*arrived["invoicing"][0].Value)))
	assert.Contains(t, arrived["dead-letter"][0].Headers, tailedHeader{"passerelle-code", "BR-CO-15"})
	assert.Contains(t, arrived["invoicing"][0].Headers, tailedHeader{"file", "ubl-invoice.xml"})

	// For people: a line each, without the document.
	tail = runVerb(t, "tail", "--from-start", "--config", config, "dead-letter")
	tail.waitFor(t, "\n", 1)
	require.Zero(t, tail.end(t))
	assert.Contains(t, tail.out.String(), "code=BR-CO-15")
	assert.NotContains(t, tail.out.String(), "<")

	// A second server on the same address: 2, and what to do.
	errs.Reset()
	assert.Equal(t, exitUsage, run(t.Context(), []string{"serve", "--config", config, "--lang", "en"}, &out, &errs))
	assert.Contains(t, errs.String(), health+" is already in use")
	assert.Contains(t, errs.String(), "telemetry.listen")
	errs.Reset()
	assert.Equal(t, exitUsage, run(t.Context(), []string{"send", good, "--to", "nowhere", "--config", config}, &out, &errs))
	assert.Contains(t, errs.String(), "nowhere")
	errs.Reset()
	assert.Equal(t, exitUsage, run(t.Context(), []string{"tail", "nowhere", "--config", config}, &out, &errs))
	assert.Contains(t, errs.String(), "nowhere")

	assert.Zero(t, serve.end(t), serve.err.String())
	assert.NotContains(t, serve.err.String(), "cbc:", "no document body in logs")
}
