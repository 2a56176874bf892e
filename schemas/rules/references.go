package rules

import (
	"regexp"
	"time"

	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/violation"
)

// directory is the table of those whom Chorus Pro takes invoices for: an establishment (SIRET) of a public buyer a row.
var directory = &reference.Spec{
	Name: "directory", FR: "l'annuaire", EN: "the directory",
	Key: "siret", KeyPattern: regexp.MustCompile(`^[0-9]{14}$`), KeyFR: "14 chiffres", KeyEN: "14 digits",
	Columns: []reference.Column{
		{Name: "active", Type: reference.Flag},
		{Name: "service_required", Type: reference.Flag},
		{Name: "engagement_required", Type: reference.Flag},
		{Name: "service_or_engagement_required", Type: reference.Flag},
		{Name: "services", Type: reference.Texts},
	},
}

// Directory returns what the directory of public buyers holds. Its columns say of an establishment whether it takes invoices
// (active), whether it asks for the code of a service, for the number of an engagement, or for one of the two, and the codes
// of its services that take invoices.
func Directory() *reference.Spec { return directory }

// requests is the table of what ESPD requests ask for: a procedure a row, by its buyer and contract folder.
var requests = &reference.Spec{
	Name: "requests", FR: "le registre des demandes de DUME", EN: "the register of ESPD requests",
	Key: "procedure", KeyPattern: regexp.MustCompile(`^\S.*/.*\S$`),
	KeyFR: "l'identifiant de l'acheteur, une barre « / » et le numéro de la procédure (ContractFolderID)",
	KeyEN: "the identifier of the buyer, a slash and the number of the procedure (ContractFolderID)",
	Columns: []reference.Column{
		{Name: "lots", Type: reference.Texts},
		{Name: "criteria", Type: reference.Texts},
	},
}

// Requests returns what the register of ESPD requests holds: of a procedure the identifiers of its lots, none where it has
// none, and of the criteria that are asked for.
func Requests() *reference.Spec { return requests }

// tables are the reference tables that rules may look into.
var tables = []*reference.Spec{directory, requests}

// table returns the reference table with a name, nil when there is none.
func table(name string) *reference.Spec {
	for _, spec := range tables {
		if spec.Name == name {
			return spec
		}
	}
	return nil
}

func tableNames() []string {
	var names []string
	for _, spec := range tables {
		names = append(names, spec.Name)
	}
	return names
}

// consult compiles lookup(K, 'table', 'column') into a reference table: a condition, true where the flag of some K is set, or
// the texts that it has for each K. A key without an answer leaves the rule without a result.
func (c *compiler) consult(n *syntaxNode, spec *reference.Spec, keys textsFn, heading string) value {
	column := spec.Column(heading)
	if column < 0 {
		c.fault(n.args[2].at, CodeList, "la table %[1]s n'a pas de colonne %[2]q", "the table %[1]s has no column %[2]q", spec.Name, heading)
		c.nearest(heading, spec.Names()[1:])
		return value{}
	}
	c.consults(spec)
	if spec.Columns[column].Type == reference.Flag {
		return value{kind: condition, cond: func(r *run, at int32) truth {
			from := len(r.texts)
			defer func() { r.texts = r.texts[:from] }()
			if !keys(r, at) {
				return unknown
			}
			found := no
			for _, key := range r.texts[from:] {
				set, lack := r.subject.References.Flag(spec, key, column)
				if lack != reference.Nothing {
					return r.unanswered(gap{spec, key, column, lack})
				}
				if set {
					found = yes
				}
			}
			return found
		}}
	}
	return value{kind: someTexts, texts: func(r *run, at int32) bool {
		from := len(r.texts)
		ok := keys(r, at)
		to := len(r.texts)
		for i := from; ok && i < to; i++ {
			var lack reference.Lack
			key := r.texts[i]
			if r.texts, lack = r.subject.References.Texts(r.texts, spec, key, column); lack != reference.Nothing {
				ok = r.unanswered(gap{spec, key, column, lack}) != unknown
			}
		}
		n := copy(r.texts[from:], r.texts[to:])
		r.texts = r.texts[:from+n]
		return ok
	}}
}

// gap is what a reference table does not know.
type gap struct {
	spec   *reference.Spec
	key    string
	column int
	lack   reference.Lack
}

// unanswered notes why the rule has no result; the first reason counts.
func (r *run) unanswered(g gap) truth {
	if r.why == nothing {
		r.why, r.gap = unanswered, g
	}
	return unknown
}

// notVerified says that a rule is neither kept nor broken, and what is not known.
func (r *run) notVerified(rule string, where violation.At) violation.Violation {
	g := r.gap
	v := violation.Violation{
		Code: rule, Severity: violation.NotVerified,
		Pointer: where.Pointer, Source: where.Source, Line: where.Line, Column: where.Column, Term: where.Term,
	}
	day, key, column := r.subject.References.Status(g.spec).Date.UTC().Format(time.DateOnly), violation.Excerpt(g.key), g.spec.Columns[g.column].Name
	switch g.lack {
	case reference.Missing:
		v.FR = "à vérifier dans " + g.spec.FR + ", que la passerelle n'a pas"
		v.EN = "to be verified in " + g.spec.EN + ", which the gateway does not have"
	case reference.Stale:
		v.FR = "à vérifier dans " + g.spec.FR + ", dont l'état, du " + day + ", est trop ancien"
		v.EN = "to be verified in " + g.spec.EN + ", whose state, of " + day + ", is too old"
	case reference.NoRow:
		v.FR = "à vérifier dans " + g.spec.FR + ", où (état du " + day + ") il n'y a pas " + key
		v.EN = "to be verified in " + g.spec.EN + ", where (state of " + day + ") there is no " + key
	default:
		v.FR = "à vérifier dans " + g.spec.FR + ", qui (état du " + day + ") ne dit rien de " + column + " pour " + key
		v.EN = "to be verified in " + g.spec.EN + ", which (state of " + day + ") says nothing about " + column + " of " + key
	}
	if g.lack == reference.Missing || g.lack == reference.Stale {
		v.Remedy = "Ni respectée ni enfreinte : l'exploitant de la passerelle charge la table ou la met à jour."
		v.RemedyEN = "Neither kept nor broken: the operator of the gateway loads the table or brings it up to date."
	} else {
		v.Remedy = "Ni respectée ni enfreinte : vérifiez la valeur ; si elle est juste, l'exploitant de la passerelle complète la table."
		v.RemedyEN = "Neither kept nor broken: check the value; if it is right, the operator of the gateway completes the table."
	}
	return v
}
