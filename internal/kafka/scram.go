package kafka

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go/sasl"
)

const (
	// Fewer iterations make a stolen exchange cheap to guess; Kafka's own minimum is the same (RFC 7677, section 4).
	minScramIterations = 4096
	// The broker chooses the number: without a bound a false one could hold a core for minutes. A million costs about
	// half a second.
	maxScramIterations = 1_000_000
	// A nonce of 24 random bytes cannot be guessed or met twice.
	scramNonceBytes = 24
)

// scram is the client side of SCRAM (RFC 5802, RFC 7677) as Kafka speaks it: without channel binding, names and
// passwords as UTF-8 without SASLprep. kafka-go's own needs a library that this program does not carry otherwise.
type scram struct {
	name     string // "SCRAM-SHA-256"
	hash     func() hash.Hash
	username string
	password Secret
	nonce    func() string // nil: random; tests set it
}

// Name implements sasl.Mechanism.
func (m *scram) Name() string { return m.name }

// Start implements sasl.Mechanism.
func (m *scram) Start(context.Context) (sasl.StateMachine, []byte, error) {
	s := &scramSession{m: m}
	if m.nonce != nil {
		s.nonce = m.nonce()
	} else {
		var b [scramNonceBytes]byte
		_, _ = rand.Read(b[:]) // never fails
		s.nonce = base64.RawStdEncoding.EncodeToString(b[:])
	}
	s.first = "n=" + strings.NewReplacer("=", "=3D", ",", "=2C").Replace(m.username) + ",r=" + s.nonce
	return s, []byte(gs2Header + s.first), nil
}

// gs2Header says: no channel binding, no other identity.
const gs2Header = "n,,"

type scramSession struct {
	m         *scram
	nonce     string
	first     string // client-first-message-bare
	signature []byte // what the server has to prove; nil until its first message came
	done      bool
}

// Next implements sasl.StateMachine.
func (s *scramSession) Next(_ context.Context, challenge []byte) (bool, []byte, error) {
	switch {
	case s.done:
		return false, nil, errors.New("kafka: SCRAM: the broker goes on after the end of the exchange")
	case s.signature == nil:
		answer, err := s.answer(string(challenge))
		if err != nil {
			return false, nil, fmt.Errorf("kafka: SCRAM: %w", err)
		}
		return false, answer, nil
	}
	if err := s.verify(string(challenge)); err != nil {
		return false, nil, err
	}
	s.done = true
	return true, nil, nil
}

// answer turns the server-first-message into the client-final-message.
func (s *scramSession) answer(serverFirst string) ([]byte, error) {
	fields := strings.Split(serverFirst, ",")
	if len(fields) < 3 || !strings.HasPrefix(fields[0], "r=") || !strings.HasPrefix(fields[1], "s=") || !strings.HasPrefix(fields[2], "i=") {
		return nil, errors.New("the broker's first message is not r=,s=,i=")
	}
	nonce := fields[0][2:]
	if !strings.HasPrefix(nonce, s.nonce) || nonce == s.nonce {
		return nil, errors.New("the broker's nonce does not continue ours: the exchange belongs to another connection")
	}
	salt, err := base64.StdEncoding.DecodeString(fields[1][2:])
	if err != nil || len(salt) == 0 {
		return nil, errors.New("the broker's salt is not base64")
	}
	iterations, err := strconv.Atoi(fields[2][2:])
	if err != nil || iterations < minScramIterations || iterations > maxScramIterations {
		return nil, fmt.Errorf("the broker asks for %q iterations, expected %d to %d", fields[2][2:], minScramIterations, maxScramIterations)
	}
	salted, err := pbkdf2.Key(s.m.hash, string(s.m.password), salt, iterations, s.m.hash().Size())
	if err != nil {
		return nil, err
	}
	clientKey := s.mac(salted, "Client Key")
	h := s.m.hash()
	h.Write(clientKey)
	storedKey := h.Sum(nil)
	final := "c=" + base64.StdEncoding.EncodeToString([]byte(gs2Header)) + ",r=" + nonce
	message := s.first + "," + serverFirst + "," + final
	proof := s.mac(storedKey, message)
	for i := range proof {
		proof[i] ^= clientKey[i]
	}
	s.signature = s.mac(s.mac(salted, "Server Key"), message)
	return []byte(final + ",p=" + base64.StdEncoding.EncodeToString(proof)), nil
}

func (s *scramSession) mac(key []byte, text string) []byte {
	m := hmac.New(s.m.hash, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// verify judges the server-final-message: the broker must know the password too.
func (s *scramSession) verify(serverFinal string) error {
	field, _, _ := strings.Cut(serverFinal, ",")
	if reason, ok := strings.CutPrefix(field, "e="); ok {
		return refusedBy(fmt.Errorf("SCRAM: %.100q", reason))
	}
	proof, ok := strings.CutPrefix(field, "v=")
	if !ok {
		return errors.New("kafka: SCRAM: the broker's last message is neither v= nor e=")
	}
	signature, err := base64.StdEncoding.DecodeString(proof)
	if err != nil || !hmac.Equal(signature, s.signature) {
		return securityErr(AuthenticationRefused, err,
			"le broker ne prouve pas qu'il connaît le mot de passe : ce n'est pas le bon broker",
			"the broker does not prove that it knows the password: it is not the right broker")
	}
	return nil
}
