package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"

	kafkago "github.com/segmentio/kafka-go"
)

// SecurityCode is the stable name of a reason why client and broker do not trust each other.
type SecurityCode string

// The reasons.
const (
	AuthenticationRefused SecurityCode = "authentication_refused" // wrong name, password or token
	MechanismRefused      SecurityCode = "mechanism_refused"      // the listener wants another SASL mechanism, or none
	TokenUnavailable      SecurityCode = "token_unavailable"      // the OAuth token endpoint gave no token
	CertificateRefused    SecurityCode = "certificate_refused"    // one side does not accept the other's certificate
	CertificateFile       SecurityCode = "certificate_file"       // a PEM file of the configuration cannot be used
	NoTLS                 SecurityCode = "no_tls"                 // the listener does not speak TLS
	TLSExpected           SecurityCode = "tls_expected"           // the listener speaks TLS only
	NotKafka              SecurityCode = "not_kafka"              // what answers is no Kafka broker
	ConnectionClosed      SecurityCode = "connection_closed"      // the broker hangs up: TLS or SASL is probably expected
)

// SecurityError says in both languages why client and broker do not trust each other, and what to do. It never holds
// a secret.
type SecurityError struct {
	Code   SecurityCode
	FR, EN string
	Err    error // the cause, or nil
}

// Error returns the English sentences.
func (e *SecurityError) Error() string { return "kafka: " + e.EN }

// Unwrap returns the cause.
func (e *SecurityError) Unwrap() error { return e.Err }

func securityErr(code SecurityCode, cause error, fr, en string) *SecurityError {
	return &SecurityError{Code: code, FR: fr, EN: en, Err: cause}
}

func refusedBy(cause error) *SecurityError {
	return securityErr(AuthenticationRefused, cause,
		"authentification refusée par le broker : vérifiez kafka.sasl (mécanisme, nom, mot de passe ou jeton)",
		"authentication refused by the broker: check kafka.sasl (mechanism, name, password or token)")
}

// notKafka names a peer by its first bytes.
func notKafka(head [4]byte) *SecurityError {
	if head[0] == 0x15 && head[1] == 3 { // a TLS alert
		return securityErr(TLSExpected, nil,
			"ce port du broker ne parle que TLS : ajoutez kafka.tls, enabled: true", "this port of the broker speaks TLS only: add kafka.tls, enabled: true")
	}
	return securityErr(NotKafka, nil,
		"ce qui répond à cette adresse n'est pas un broker Kafka : vérifiez l'hôte et le port de kafka.brokers",
		"what answers at this address is not a Kafka broker: check host and port in kafka.brokers")
}

// Explain returns a *SecurityError when err comes from TLS or SASL, or from a broker that hangs up because it expects
// them; any other error is returned as it is.
func Explain(err error) error {
	var known *SecurityError
	if err == nil || errors.As(err, &known) {
		if known != nil {
			return known
		}
		return err
	}
	if e := explainSASL(err); e != nil {
		return e
	}
	if e := explainTLS(err); e != nil {
		return e
	}
	if hungUp(err) {
		return securityErr(ConnectionClosed, err,
			"le broker ferme la connexion : ce port attend sans doute TLS (kafka.tls), un certificat client (kafka.tls.cert) ou une authentification (kafka.sasl), ou n'est pas celui d'un broker Kafka",
			"the broker closes the connection: this port probably expects TLS (kafka.tls), a client certificate (kafka.tls.cert) or authentication (kafka.sasl), or is not that of a Kafka broker")
	}
	return err
}

func explainSASL(err error) *SecurityError {
	switch {
	case errors.Is(err, kafkago.SASLAuthenticationFailed):
		return refusedBy(err)
	case errors.Is(err, kafkago.UnsupportedSASLMechanism):
		return securityErr(MechanismRefused, err,
			"le broker n'accepte pas ce mécanisme SASL sur ce port : choisissez dans kafka.sasl.mechanism un de ses sasl.enabled.mechanisms",
			"the broker does not accept this SASL mechanism on this port: choose one of its sasl.enabled.mechanisms in kafka.sasl.mechanism")
	case errors.Is(err, kafkago.IllegalSASLState):
		return securityErr(MechanismRefused, err,
			"ce port du broker ne demande pas d'authentification : donnez dans kafka.brokers celui d'un listener SASL, ou retirez kafka.sasl",
			"this port of the broker does not ask for authentication: name that of a SASL listener in kafka.brokers, or remove kafka.sasl")
	}
	return nil
}

// explainTLS names the faults of a handshake. Those that crypto/tls has a type for are told apart.
func explainTLS(err error) *SecurityError {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		header    tls.RecordHeaderError
		remote    *net.OpError
		failed    *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &authority):
		return securityErr(CertificateRefused, err,
			"le certificat du broker est signé par une autorité inconnue : donnez-la dans kafka.tls.ca",
			"the broker's certificate is signed by an unknown authority: name it in kafka.tls.ca")
	case errors.As(err, &host):
		return securityErr(CertificateRefused, err,
			"le certificat du broker ne vaut pas pour cette adresse : corrigez kafka.brokers, ou donnez le nom du certificat dans kafka.tls.server_name ("+host.Error()+")",
			"the broker's certificate is not valid for this address: correct kafka.brokers, or give the name in the certificate in kafka.tls.server_name ("+host.Error()+")")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return securityErr(CertificateRefused, err,
			"le certificat du broker est expiré ou pas encore valable : renouvelez-le, ou corrigez l'horloge de cette machine ("+invalid.Error()+")",
			"the broker's certificate has expired or is not valid yet: renew it, or correct this machine's clock ("+invalid.Error()+")")
	case errors.As(err, &failed):
		return securityErr(CertificateRefused, err,
			"le certificat du broker n'est pas accepté : "+failed.Err.Error(),
			"the broker's certificate is not accepted: "+failed.Err.Error())
	case errors.As(err, &header):
		return securityErr(NoTLS, err,
			"ce port du broker ne parle pas TLS : donnez celui d'un listener SSL ou SASL_SSL, ou retirez kafka.tls",
			"this port of the broker does not speak TLS: name that of an SSL or SASL_SSL listener, or remove kafka.tls")
	case errors.As(err, &remote) && remote.Op == "remote error": // crypto/tls's word for an alert of the other side
		return securityErr(CertificateRefused, err,
			"le broker refuse la connexion TLS ("+remote.Err.Error()+") : s'il demande un certificat client, donnez dans kafka.tls.cert et kafka.tls.key un certificat valable, signé par une autorité de son truststore",
			"the broker refuses the TLS connection ("+remote.Err.Error()+"): when it asks for a client certificate, name a valid one, signed by an authority in its truststore, in kafka.tls.cert and kafka.tls.key")
	}
	return nil
}

// hungUp tells that the other side closed the connection.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
