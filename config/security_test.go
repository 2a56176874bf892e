package config_test

import (
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/config"
)

const secret = "hunter2-hunter2"

func TestSecurity(t *testing.T) {
	const brokers = "kafka:\n  brokers: [b:9092]\n"
	env := map[string]string{"P": secret, "EMPTY": ""}
	tests := []struct {
		name, yaml string
		fault      bool
		want       []string // each in the report; none: no report at all
	}{
		{"tls alone", brokers + "  tls: {enabled: true}\n", false, nil},
		{"mutual tls", brokers + "  tls: {enabled: true, ca: a, cert: c, key: k, server_name: n}\n", false, nil},
		{"switched off for once", brokers + "  tls: {enabled: false, ca: a}\n", false, nil},
		{"scram over tls", brokers + "  tls: {enabled: true}\n  sasl: {mechanism: scram-sha-512, username: u, password: \"${env:P}\"}\n", false, nil},
		{
			"oauth over tls", brokers + "  tls: {enabled: true}\n  sasl: {mechanism: oauthbearer, token_url: https://i.example/t, client_id: c, client_secret: \"${env:P}\", scope: s}\n",
			false, nil,
		},
		{"plain in clear", brokers + "  sasl: {mechanism: plain, username: u, password: \"${env:P}\"}\n", false, []string{"c.yaml:3:21: warning", "password or token travels in clear"}},
		{"scram in clear", brokers + "  sasl: {mechanism: scram-sha-256, username: u, password: \"${env:P}\"}\n", false, []string{"c.yaml:3:21: warning", "messages travel in clear"}},

		{"a password in the file", brokers + "  tls: {enabled: true}\n  sasl: {mechanism: plain, username: u, password: " + secret + "}\n", true, []string{"c.yaml:4:51:", "written out", "${env:NAME}"}},
		{
			"a client secret in the file", brokers + "  tls: {enabled: true}\n  sasl: {mechanism: oauthbearer, token_url: https://i.example/t, client_id: c, client_secret: " + secret + "}\n",
			true, []string{"c.yaml:4:95:", "client_secret is written out"},
		},
		{"an empty password", brokers + "  sasl: {mechanism: plain, username: u, password: \"${env:EMPTY}\"}\n", true, []string{"c.yaml:3:51:", "password is empty"}},
		{"a password without mechanism", brokers + "  sasl: {password: \"${env:P}\"}\n", true, []string{"c.yaml:3:20:", "without a mechanism"}},
		{"no password", brokers + "  sasl: {mechanism: plain, username: u}\n", true, []string{"c.yaml:3:21:", "plain needs password"}},
		{"an unknown mechanism", brokers + "  sasl: {mechanism: scram-sha-51}\n", true, []string{"c.yaml:3:21:", "scram-sha-512"}},
		{"oauth with a password", brokers + "  sasl: {mechanism: oauthbearer, password: \"${env:P}\"}\n", true, []string{"no use with the mechanism oauthbearer", "needs token_url", "needs client_id", "needs client_secret"}},
		{"scram with a scope", brokers + "  sasl: {mechanism: scram-sha-512, username: u, password: \"${env:P}\", scope: s}\n", true, []string{"scope has no use"}},
		{"a token in clear", brokers + "  sasl: {mechanism: oauthbearer, token_url: http://i.example/t, client_id: c, client_secret: \"${env:P}\"}\n", true, []string{"c.yaml:3:45:", "https://"}},
		{"a name in the address", brokers + "  sasl: {mechanism: oauthbearer, token_url: https://u:p@i.example/t, client_id: c, client_secret: \"${env:P}\"}\n", true, []string{"without name or password"}},
		{"a certificate without key", brokers + "  tls: {enabled: true, cert: c}\n", true, []string{"c.yaml:3:30:", "expected key with cert"}},
		{"a key without certificate", brokers + "  tls: {enabled: true, key: k}\n", true, []string{"c.yaml:3:29:", "expected cert with key"}},
		{"files without tls", brokers + "  tls: {ca: a, server_name: n}\n", true, []string{"c.yaml:3:13:", "not enabled", "enabled: true"}},
		{"an empty name", brokers + "  tls: {enabled: true, ca: \"\"}\n", true, []string{"c.yaml:3:28:", "ca is empty"}},
		{"tls for no cluster", "kafka:\n  tls: {enabled: true}\n", true, []string{"c.yaml:2:18:", "kafka.brokers names none"}},
		{"sasl for no cluster", "kafka:\n  sasl: {mechanism: plain, username: u, password: \"${env:P}\"}\n", true, []string{"c.yaml:2:21:", "kafka.brokers names none"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, list := config.Parse("c.yaml", []byte(tt.yaml), resolver(env))
			got := text(list)
			if list.HasErrors() != tt.fault || (c == nil) != tt.fault {
				t.Fatalf("faults: %v, expected %v\n%s", list.HasErrors(), tt.fault, got)
			}
			if tt.want == nil && list.Len() > 0 {
				t.Errorf("expected no report, found:\n%s", got)
			}
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q is not in:\n%s", want, got)
				}
			}
			if strings.Contains(got, secret) {
				t.Errorf("the secret is in the report:\n%s", got)
			}
		})
	}
}

func TestMaskedShowsNoSecret(t *testing.T) {
	for _, tt := range [][2]string{
		{"  password: abc é d # x\nnext: 1\n", "  password: *** * * * *\nnext: 1\n"},
		{"sasl: {username: u, password: \"abc\", x: 1}", "sasl: {username: u, password: ****** ** **"},
		{"client_secret: abc", "client_secret: ***"},
		{"password: ${env:P}\n", "password: ${env:P}\n"},
		{"password: \"${env:P}\"\n", "password: \"${env:P}\"\n"},
		{"password:\n", "password:\n"},
	} {
		if got := string(config.Masked([]byte(tt[0]))); got != tt[1] {
			t.Errorf("%q\n got %q\nwant %q", tt[0], got, tt[1])
		}
	}
}
