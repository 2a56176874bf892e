package config

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// TLS says how the connections to a cluster are protected. Files are PEM, relative to the configuration file.
type TLS struct {
	Enabled yamldoc.Bool `yaml:"enabled"`
	// CA holds the authorities of the brokers' certificates; empty: those of the system.
	CA yamldoc.String `yaml:"ca"`
	// Cert and Key are this client's certificate chain and private key: both or none.
	Cert yamldoc.String `yaml:"cert"`
	Key  yamldoc.String `yaml:"key"`
	// ServerName is the name in the brokers' certificates; empty: the host of each.
	ServerName yamldoc.String `yaml:"server_name"`
}

// SASL says who the gateway is for a cluster. An empty mechanism: no authentication.
type SASL struct {
	Mechanism yamldoc.String `yaml:"mechanism,oneof=plain|scram-sha-256|scram-sha-512|oauthbearer"`
	// Username and Password are for plain and scram.
	Username yamldoc.String `yaml:"username"`
	Password yamldoc.String `yaml:"password"`
	// TokenURL and the fields after it are for oauthbearer: an OAuth 2.0 client credentials grant.
	TokenURL     yamldoc.String `yaml:"token_url"`
	ClientID     yamldoc.String `yaml:"client_id"`
	ClientSecret yamldoc.String `yaml:"client_secret"`
	Scope        yamldoc.String `yaml:"scope"`
}

const oauthBearer = "oauthbearer"

// key is one setting and its name, for messages.
type key struct {
	name  string
	value yamldoc.String
}

// checkSecurity reports combinations that cannot work or are not what they seem: half a secured connection is worse than a
// fault.
func (k *Kafka) checkSecurity(list *diag.List) {
	k.TLS.check(list)
	k.SASL.check(list)
	if at, ok := firstSet(k.TLS.Enabled.Pos, k.SASL.Mechanism.Pos); ok && k.Brokers.Len() == 0 && (k.TLS.Enabled.Value || k.SASL.Mechanism.Value != "") {
		list.Add(diag.Errorf(at, "config_security",
			"tls et sasl valent pour un cluster, et kafka.brokers n'en nomme aucun", "tls and sasl are for a cluster, and kafka.brokers names none").
			WithHint("nommez ses brokers, ou retirez tls et sasl : le broker embarqué n'écoute que sur cette machine, sans l'un ni l'autre",
				"name its brokers, or remove tls and sasl: the embedded broker listens on this machine only, with neither"))
	}
	if k.SASL.Mechanism.Value == "" || k.TLS.Enabled.Value {
		return
	}
	warning := diag.Warnf(k.SASL.Mechanism.Pos, "config_security",
		"sans TLS, le mot de passe ou le jeton passe en clair sur le réseau, et les messages aussi",
		"without TLS the password or token travels in clear over the network, and so do the messages")
	if m := k.SASL.Mechanism.Value; m != "plain" && m != oauthBearer {
		warning = diag.Warnf(k.SASL.Mechanism.Pos, "config_security",
			"sans TLS, les messages passent en clair sur le réseau, et qui écoute peut chercher le mot de passe à loisir",
			"without TLS the messages travel in clear over the network, and who listens may search for the password at leisure")
	}
	list.Add(warning.
		WithHint("ajoutez tls: {enabled: true} et prenez un listener SASL_SSL", "add tls: {enabled: true} and take a SASL_SSL listener"))
}

func firstSet(positions ...diag.Position) (diag.Position, bool) {
	at := cmp.Or(positions...)
	return at, at.IsSet()
}

func (t *TLS) check(list *diag.List) {
	for _, k := range []key{{"ca", t.CA}, {"cert", t.Cert}, {"key", t.Key}, {"server_name", t.ServerName}} {
		if !k.value.IsSet() {
			continue
		}
		if !t.Enabled.IsSet() {
			list.Add(diag.Errorf(k.value.Pos, "config_security",
				"%s est donné, mais TLS n'est pas activé", "%s is given, but TLS is not enabled", k.name).
				WithHint("ajoutez « enabled: true » sous tls", "add \"enabled: true\" under tls"))
			return // one fault says it for all
		}
		if k.value.Value == "" {
			list.Add(diag.Errorf(k.value.Pos, "config_security",
				"%s est vide", "%s is empty", k.name).WithHint("donnez une valeur, ou retirez la clé", "give a value, or remove the key"))
		}
	}
	pair := func(have, want key) {
		if have.value.IsSet() && !want.value.IsSet() {
			list.Add(diag.Errorf(have.value.Pos, "config_security",
				"%s attendu avec %s", "expected %s with %s", want.name, have.name).
				WithHint("un certificat client se donne avec sa clé privée", "a client certificate is given with its private key"))
		}
	}
	pair(key{"cert", t.Cert}, key{"key", t.Key})
	pair(key{"key", t.Key}, key{"cert", t.Cert})
}

func (s *SASL) check(list *diag.List) {
	basic := []key{{"username", s.Username}, {"password", s.Password}}
	oauth := []key{{"token_url", s.TokenURL}, {"client_id", s.ClientID}, {"client_secret", s.ClientSecret}}
	scope := key{"scope", s.Scope}
	needed, foreign := basic, append(oauth[:len(oauth):len(oauth)], scope)
	switch s.Mechanism.Value {
	case "":
		needed, foreign = nil, append(foreign, basic...)
	case oauthBearer:
		needed, foreign = oauth, basic
	}
	for _, k := range needed {
		switch {
		case !k.value.IsSet():
			list.Add(diag.Errorf(s.Mechanism.Pos, "config_security",
				"%s est nécessaire avec le mécanisme %s", "the mechanism %[2]s needs %[1]s", k.name, s.Mechanism.Value))
		case k.value.Value == "":
			list.Add(diag.Errorf(k.value.Pos, "config_security", "%s est vide", "%s is empty", k.name))
		}
	}
	for _, k := range foreign {
		if !k.value.IsSet() {
			continue
		}
		if s.Mechanism.Value == "" {
			list.Add(diag.Errorf(k.value.Pos, "config_security",
				"%s est donné sans mécanisme", "%s is given without a mechanism", k.name).
				WithHint("ajoutez mechanism: plain, scram-sha-256, scram-sha-512 ou oauthbearer", "add mechanism: plain, scram-sha-256, scram-sha-512 or oauthbearer"))
			continue
		}
		list.Add(diag.Errorf(k.value.Pos, "config_security",
			"%s ne sert pas avec le mécanisme %s", "%s has no use with the mechanism %s", k.name, s.Mechanism.Value).WithHint("retirez-le", "remove it"))
	}
	for _, k := range []key{{"password", s.Password}, {"client_secret", s.ClientSecret}} {
		if k.value.IsSet() && k.value.Value != "" && !k.value.Reference {
			list.Add(diag.Errorf(k.value.Pos, "config_secret",
				"%s est écrit en toutes lettres dans le fichier", "%s is written out in the file", k.name).
				WithHint("écrivez %[1]s: ${env:NOM} ou %[1]s: ${file:CHEMIN}, et changez ce secret : le fichier a pu être copié",
					"write %[1]s: ${env:NAME} or %[1]s: ${file:PATH}, and change this secret: the file may have been copied", k.name))
		}
	}
	if u, err := url.Parse(s.TokenURL.Value); s.TokenURL.Value != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
		list.Add(diag.Errorf(s.TokenURL.Pos, "config_security",
			"adresse https:// attendue, sans nom ni mot de passe", "expected an https:// address, without name or password").
			WithHint("le secret du client voyage dans cette requête", "the client's secret travels in this request"))
	}
}

// writtenSecret finds the text after a key that should hold a reference, up to the end of its line.
var writtenSecret = regexp.MustCompile(`(?m)((?:password|client_secret)["']?[ \t]*:[ \t]*)(.+)$`)

// Masked returns the text of a configuration file as it may be shown beside a fault: what stands where a reference to a
// secret is expected is replaced by as many stars, so that columns stay true.
func Masked(file []byte) []byte {
	return writtenSecret.ReplaceAllFunc(file, func(line []byte) []byte {
		parts := writtenSecret.FindSubmatch(line)
		value := string(parts[2])
		if bare := strings.TrimLeft(value, `"'`); strings.HasPrefix(bare, "${") || strings.HasPrefix(bare, "#") {
			return line
		}
		return append(parts[1], strings.Map(func(r rune) rune {
			if r == ' ' {
				return r
			}
			return '*'
		}, value)...)
	})
}
