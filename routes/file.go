package routes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// File is one route as an operator wrote it.
type File struct {
	Name string // shown in positions
	Data []byte
	// Shipped marks a route of the catalogue: it is left out, with a note, when its source topics are not configured, when a
	// route before it has its name, or when those before it take everything that it accepts.
	Shipped bool
}

// routeFile is the YAML of a route.
type routeFile struct {
	Pos         diag.Position       `yaml:",pos"`
	Route       yamldoc.String      `yaml:"route,required"`
	Version     yamldoc.String      `yaml:"version"`
	Description yamldoc.String      `yaml:"description"`
	From        texts               `yaml:"from,required"`
	Accept      texts               `yaml:"accept,required"`
	When        yamldoc.String      `yaml:"when"`
	Validate    validateFile        `yaml:"validate"`
	Frees       *freesFile          `yaml:"frees"`
	Key         yamldoc.String      `yaml:"key"`
	To          []destinationOfFile `yaml:"to,required"`
}

type texts = yamldoc.List[yamldoc.String]

type validateFile struct {
	Rules texts `yaml:"rules"`
	// Unique is the topic of the claims.
	Unique yamldoc.String `yaml:"unique"`
}

// freesFile says when a status frees the number of its invoice.
type freesFile struct {
	Topic yamldoc.String `yaml:"topic,required"`
	When  yamldoc.String `yaml:"when,required"`
}

type destinationOfFile struct {
	Pos      diag.Position  `yaml:",pos"`
	Topic    yamldoc.String `yaml:"topic,required"`
	Form     yamldoc.String `yaml:"form"`
	When     yamldoc.String `yaml:"when"`
	Key      yamldoc.String `yaml:"key"`
	Required yamldoc.Bool   `yaml:"required"`
}

// versionLength is how many hexadecimal digits of the digest make a version: 48 bits tell the versions of one route apart.
const versionLength = 12

// digest is the version of a route whose file gives none: of everything that decides, in an unambiguous form.
func (r *Route) digest() string {
	type to struct {
		Topic    string
		Form     Form
		When     string
		Key      string `json:",omitempty"` // omitted, so that other routes keep their versions
		Required bool
	}
	content := struct {
		Name                string
		From, Accept, Rules []string
		ByProfile           bool   `json:",omitempty"` // omitted, so that other routes keep their versions
		Unique              string `json:",omitempty"`
		Frees, FreesWhen    string `json:",omitempty"`
		When, Key           string
		To                  []to
	}{Name: r.name, From: r.from, Accept: r.accept, Rules: r.rules, ByProfile: r.byProfile, Unique: r.unique, Frees: r.frees.topic, FreesWhen: r.frees.when.String(), When: r.when.String(), Key: r.key.String()}
	for _, d := range r.destinations {
		content.To = append(content.To, to{d.topic, d.form, d.when.String(), d.key.String(), d.required})
	}
	data, _ := json.Marshal(content) // a struct of texts and bools always has a form
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])[:versionLength]
}
