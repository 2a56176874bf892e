package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
)

// examineWith runs doctor with a configuration.
func examineWith(t *testing.T, yaml string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "passerelle.yaml")
	require.NoError(t, os.WriteFile(file, []byte(yaml), 0o600))
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"doctor", "--config", file}, args...), &out, &errs)
	return code, out.String(), errs.String()
}

func TestDoctor(t *testing.T) {
	t.Setenv("KAFKA_PASSWORD", "hunter2-hunter2")
	fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "gateway", "hunter2-hunter2"))
	require.NoError(t, err)
	defer fake.Close()
	address := fake.ListenAddrs()[0]
	const secured = "kafka:\n  brokers: [%q]\n  sasl: {mechanism: scram-sha-512, username: %s, password: \"${env:KAFKA_PASSWORD}\"}\ntopics: {replication: %d}\n"

	t.Run("warnings only", func(t *testing.T) {
		code, out, errs := examineWith(t, fmt.Sprintf(secured, address, "gateway", 1), "--lang", "en")
		require.Equal(t, exitOK, code, out)
		require.Contains(t, out, "ok         authentication")
		require.Contains(t, out, "warning    topic suppliers: the topic does not exist")
		require.Contains(t, out, "\n           kafka-topics.sh --bootstrap-server "+address+" --command-config admin.properties --create --topic suppliers ")
		require.Contains(t, out, " 0 problems, ")
		require.Contains(t, errs, "without TLS the messages travel in clear")
		require.NotContains(t, out+errs, "hunter2")
	})
	t.Run("problems, in French", func(t *testing.T) {
		code, out, errs := examineWith(t, fmt.Sprintf(secured, address, "gateway", 3), "--lang", "fr")
		require.Equal(t, exitRefused, code, errs)
		require.Contains(t, out, "PROBLÈME   topic suppliers : le sujet n'existe pas")
	})
	t.Run("refused, as JSON", func(t *testing.T) {
		code, out, _ := examineWith(t, fmt.Sprintf(secured, address, "nobody", 1), "--json")
		require.Equal(t, exitRefused, code)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		require.Len(t, lines, 1)
		var check map[string]string
		require.NoError(t, json.Unmarshal([]byte(lines[0]), &check))
		require.Equal(t, "authentication", check["check"])
		require.Equal(t, "problem", check["status"])
		require.Contains(t, check["remedy"], "SCRAM-SHA-512=[password=...]")
		for _, key := range []string{"subject", "fr", "en"} {
			require.NotEmpty(t, check[key], key)
		}
	})
	t.Run("unreachable", func(t *testing.T) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, ln.Close())
		code, out, errs := examineWith(t, fmt.Sprintf("kafka: {brokers: [%q]}\n", ln.Addr()), "--lang", "en")
		require.Equal(t, exitUsage, code)
		require.Contains(t, out, "no broker answers")
		require.Contains(t, errs, "cannot be reached")
	})
	t.Run("a certificate that is not there", func(t *testing.T) {
		code, out, _ := examineWith(t, fmt.Sprintf("kafka: {brokers: [%q], tls: {enabled: true, ca: none.pem}}\n", address), "--lang", "en")
		require.Equal(t, exitRefused, code)
		require.Contains(t, out, "none.pem cannot be used")
	})
	t.Run("embedded", func(t *testing.T) {
		code, out, _ := examineWith(t, "embedded: {listen: \"127.0.0.1:0\"}\n", "--lang", "en")
		require.Equal(t, exitOK, code)
		require.Contains(t, out, "no cluster is configured")
	})
	t.Run("a secret in the file is not shown", func(t *testing.T) {
		code, out, errs := examineWith(t, fmt.Sprintf("kafka:\n  brokers: [%q]\n  sasl:\n    mechanism: plain\n    username: u\n    password: hunter2-hunter2\n", address), "--lang", "en")
		require.Equal(t, exitRefused, code)
		require.Contains(t, errs, ":6:15:")
		require.Contains(t, errs, "password: ***************")
		require.NotContains(t, out+errs, "hunter2")
	})
}
