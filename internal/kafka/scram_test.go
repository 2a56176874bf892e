package kafka

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The examples of RFC 5802 (section 5) and RFC 7677 (section 3).
func TestSCRAMVectors(t *testing.T) {
	tests := []struct {
		name                             string
		m                                *scram
		first, server, final, serverLast string
	}{
		{
			"RFC 5802", &scram{name: "SCRAM-SHA-1", hash: sha1.New, username: "user", password: "pencil", nonce: func() string { return "fyko+d2lbbFgONRv9qkxdawL" }},
			"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
			"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
			"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
			"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
		},
		{
			"RFC 7677", &scram{name: "SCRAM-SHA-256", hash: sha256.New, username: "user", password: "pencil", nonce: func() string { return "rOprNGfwEbeRWgbNEkqO" }},
			"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
			"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
			"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
			"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, first, err := tt.m.Start(context.Background())
			require.NoError(t, err)
			require.Equal(t, tt.first, string(first))
			done, final, err := s.Next(context.Background(), []byte(tt.server))
			require.NoError(t, err)
			require.False(t, done)
			require.Equal(t, tt.final, string(final))
			done, _, err = s.Next(context.Background(), []byte(tt.serverLast))
			require.NoError(t, err)
			require.True(t, done)
			_, _, err = s.Next(context.Background(), []byte(tt.serverLast))
			require.ErrorContains(t, err, "after the end")
		})
	}
}

// A broker that is not the right one is not believed, and cannot keep a core busy.
func TestSCRAMRefusesAFalseBroker(t *testing.T) {
	const good = "r=abcdef,s=QSXCR+Q6sek8bf92,i=4096"
	tests := map[string]struct{ first, last, want string }{
		"not SCRAM":             {"hello", "", "not r=,s=,i="},
		"an extension":          {"m=x,r=abcdef,s=QSXCR+Q6sek8bf92,i=4096", "", "not r=,s=,i="},
		"another's nonce":       {"r=xyzdef,s=QSXCR+Q6sek8bf92,i=4096", "", "does not continue"},
		"our nonce alone":       {"r=abc,s=QSXCR+Q6sek8bf92,i=4096", "", "does not continue"},
		"no salt":               {"r=abcdef,s=,i=4096", "", "salt"},
		"too few iterations":    {"r=abcdef,s=QSXCR+Q6sek8bf92,i=1", "", "iterations"},
		"too many iterations":   {"r=abcdef,s=QSXCR+Q6sek8bf92,i=2000000000", "", "iterations"},
		"a wrong signature":     {good, "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "does not prove"},
		"an empty signature":    {good, "v=", "does not prove"},
		"no signature":          {good, "", "neither v= nor e="},
		"a refusal":             {good, "e=invalid-proof", "check kafka.sasl"},
		"a refusal, more to it": {good, "e=unknown-user,x=y", "check kafka.sasl"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := &scram{name: "SCRAM-SHA-256", hash: sha256.New, username: "u", password: "p", nonce: func() string { return "abc" }}
			s, _, err := m.Start(context.Background())
			require.NoError(t, err)
			done, _, err := s.Next(context.Background(), []byte(tt.first))
			if tt.last != "" || tt.first == good {
				require.NoError(t, err)
				done, _, err = s.Next(context.Background(), []byte(tt.last))
			}
			require.ErrorContains(t, err, tt.want)
			require.False(t, done)
		})
	}
}

func TestSCRAMNames(t *testing.T) {
	m := &scram{hash: sha256.New, username: "a,b=c", password: "p"}
	_, first, err := m.Start(context.Background())
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(first), "n,,n=a=2Cb=3Dc,r="), "%s", first)
	_, second, err := m.Start(context.Background())
	require.NoError(t, err)
	require.NotEqual(t, first, second, "the nonce is new each time")
}
