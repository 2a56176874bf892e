package rules

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// Profile is the channel or profile of an invoice, or the version of an ESPD, which decides the rule packs that a document
// is judged by.
type Profile struct {
	Name string
	// Says names it in both languages.
	Says Text
	// Answers is who answers such a document by rules that are public; empty where nobody is known to.
	Answers Text
	// Packs are the names of the rule packs; none where the profile has no rules beyond the schema.
	Packs []string
	// Contradiction says that the marks it is recognised by cannot both be true.
	Contradiction bool

	kinds                                  []string       // of documents; none: any
	process, specification, version, buyer *regexp.Regexp // nil: anything
}

// Recognition is a profile and what in the document it was recognised by.
type Recognition struct {
	*Profile
	// Process and Specification are what an invoice says, BT-23 and BT-24, and Buyer the SIRET of its buyer (BT-46) or else
	// the SIREN (BT-47); Version is what another document says. They are empty where it says nothing.
	Process, Specification, Buyer, Version string
}

// Profiles are the known profiles in the order in which they are tried. They are immutable.
type Profiles struct{ list []*Profile }

//go:embed profiles.yaml
var shippedProfiles []byte

type profilesFile struct {
	Profiles []profileFile `yaml:"profiles,required"`
}

type profileFile struct {
	Profile       yamldoc.String               `yaml:"profile,required"`
	FR            yamldoc.String               `yaml:"fr,required"`
	EN            yamldoc.String               `yaml:"en,required"`
	Answers       bilingual                    `yaml:"answers"`
	Kinds         yamldoc.List[yamldoc.String] `yaml:"kinds"`
	Process       yamldoc.String               `yaml:"process"`
	Specification yamldoc.String               `yaml:"specification"`
	Version       yamldoc.String               `yaml:"version"`
	Buyer         yamldoc.String               `yaml:"buyer"`
	Contradiction yamldoc.Bool                 `yaml:"contradiction"`
	Packs         yamldoc.List[yamldoc.String] `yaml:"packs"`
}

// ShippedProfiles returns the profiles that come with the program. An error is a fault of the program.
func ShippedProfiles() (*Profiles, error) {
	var file profilesFile
	list := yamldoc.Unmarshal("profiles.yaml", shippedProfiles, &file)
	if err := list.Err(); err != nil {
		return nil, err
	}
	profiles := &Profiles{}
	for _, f := range file.Profiles {
		p := &Profile{
			Name: f.Profile.Value, Says: Text{f.FR.Value, f.EN.Value}, Answers: Text{f.Answers.FR.Value, f.Answers.EN.Value}, Packs: []string{}, Contradiction: f.Contradiction.Value,
			kinds: values(f.Kinds),
		}
		for _, pack := range f.Packs.Items {
			p.Packs = append(p.Packs, pack.Value)
		}
		var err error
		if p.process, err = wholeText(f.Process); err != nil {
			return nil, err
		}
		if p.specification, err = wholeText(f.Specification); err != nil {
			return nil, err
		}
		if p.version, err = wholeText(f.Version); err != nil {
			return nil, err
		}
		if p.buyer, err = wholeText(f.Buyer); err != nil {
			return nil, err
		}
		profiles.list = append(profiles.list, p)
	}
	return profiles, nil
}

// wholeText compiles a pattern that matches a whole text, nil when there is none.
func wholeText(pattern yamldoc.String) (*regexp.Regexp, error) {
	if !pattern.IsSet() {
		return nil, nil
	}
	re, err := regexp.Compile("^(?:" + pattern.Value + ")$")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pattern.Pos, err)
	}
	return re, nil
}

// Recognise returns the profile of a canonical document. The last profile matches everything, so there is always one.
func (ps *Profiles) Recognise(doc *document.Doc) Recognition {
	r := Recognition{
		Process:       doc.Lookup("/process/businessProcess").Text(),
		Specification: doc.Lookup("/process/specification").Text(),
		Version:       doc.Lookup("/version").Text(),
		Buyer:         frenchID(doc.Lookup("/buyer")),
	}
	kind := doc.Lookup("/kind").Text()
	for _, r.Profile = range ps.list {
		if p := r.Profile; (len(p.kinds) == 0 || slices.Contains(p.kinds, kind)) &&
			matches(p.process, r.Process) && matches(p.specification, r.Specification) && matches(p.version, r.Version) && matches(p.buyer, r.Buyer) {
			break
		}
	}
	return r
}

// frenchID returns the SIRET of a party (ICD 0009), or else its SIREN (0002); empty where it has neither.
func frenchID(party document.Value) string {
	for identifier := range party.Get("identifiers").Children() {
		if identifier.Get("scheme").Text() == "0009" {
			return identifier.Get("id").Text()
		}
	}
	if registration := party.Get("legalRegistration"); registration.Get("scheme").Text() == "0002" {
		return registration.Get("id").Text()
	}
	return ""
}

func matches(re *regexp.Regexp, text string) bool { return re == nil || re.MatchString(text) }

var profileContradiction = violation.Spec{
	Code:     "profile_contradiction",
	FR:       "le cadre de facturation « %s » (BT-23) contredit le profil « %s » (BT-24) : %[3]s",
	EN:       "the billing framework %q (BT-23) contradicts the profile %q (BT-24): %[4]s",
	RemedyFR: "Faites dire le même canal au cadre de facturation (BT-23) et à l'identifiant de spécification (BT-24), puis renvoyez la facture.",
	RemedyEN: "Make the billing framework (BT-23) and the specification identifier (BT-24) state the same channel, then send the invoice again.",
}

// Contradicts returns the violation of a canonical invoice whose marks cannot both be true, none for any other.
func (r Recognition) Contradicts(doc *document.Doc) []violation.Violation {
	if !r.Contradiction {
		return nil
	}
	place := doc.Lookup("/process/businessProcess")
	source := place.Source()
	at := violation.At{Pointer: place.Pointer(), Source: source.Path, Line: source.Line, Column: source.Column, Term: "BT-23"}
	return []violation.Violation{profileContradiction.New(at, violation.Excerpt(r.Process), violation.Excerpt(r.Specification), r.Says.FR, r.Says.EN)}
}

// Why says by what the profile was recognised: the terms or fields and their values, the same in every language.
func (r Recognition) Why() string {
	said := func(term, text string) string {
		if text == "" {
			return term + " = ∅"
		}
		return fmt.Sprintf("%s = %q", term, violation.Excerpt(text))
	}
	switch {
	case slices.Contains(r.kinds, "invoice-status"):
		return said("MDT-3", r.Specification)
	case len(r.kinds) > 0:
		return said("version", r.Version)
	}
	why := said("BT-23", r.Process) + ", " + said("BT-24", r.Specification)
	if r.buyer != nil {
		why += ", " + said("BT-46", r.Buyer)
	}
	return why
}
