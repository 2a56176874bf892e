package syntax

import (
	"fmt"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// Meaning says what the rule asks for.
func (r *Rule) Meaning() Text {
	if r.said != (Text{}) {
		return r.said
	}
	inFR, inEN := "", ""
	if r.in != "" {
		inFR, inEN = " dans « "+r.in+" »", " in \""+r.in+"\""
	}
	fr, en := r.asks()
	return Text{fr + inFR, en + inEN}
}

// asks says what the form of the rule asks for.
func (r *Rule) asks() (fr, en string) {
	switch {
	case r.decimals > 0:
		return fmt.Sprintf("au plus %d décimales", r.decimals), fmt.Sprintf("at most %d decimals", r.decimals)
	case r.format != "":
		return "une date AAAAMMJJ", "a date " + r.format
	case r.same != nil:
		return fmt.Sprintf("tous les « %s » ont la même valeur", r.path), fmt.Sprintf("all %q have the same value", r.path)
	case r.max == 0 && r.Severity == violation.Warning:
		return fmt.Sprintf("« %s » n'est pas employé", r.path), fmt.Sprintf("%q is not used", r.path)
	case r.max == 0:
		return fmt.Sprintf("« %s » n'est pas admis", r.path), fmt.Sprintf("%q is not allowed", r.path)
	case r.max == unbounded:
		return fmt.Sprintf("« %s » est obligatoire", r.path), fmt.Sprintf("%q is required", r.path)
	case r.min == r.max:
		return fmt.Sprintf("exactement %d « %s »", r.max, r.path), fmt.Sprintf("exactly %d of %q", r.max, r.path)
	default:
		return fmt.Sprintf("au plus %d « %s »", r.max, r.path), fmt.Sprintf("at most %d of %q", r.max, r.path)
	}
}

// Remedy says what the sender does about it.
func (r *Rule) Remedy() Text {
	switch {
	case r.remedy != (Text{}):
		return r.remedy
	case r.value != nil:
		return Text{"Corrigez la valeur.", "Correct the value."}
	case r.same != nil:
		return Text{"Donnez partout la même valeur, ou faites plusieurs factures.", "Give the same value everywhere, or make several invoices."}
	case r.max == 0 && r.Severity == violation.Warning:
		return Text{
			"Retirez-le : la norme n'en fait rien et le destinataire peut l'ignorer.", "Remove it: the standard makes no use of it and the receiver may ignore it.",
		}
	case r.max == 0:
		return Text{"Retirez-le.", "Remove it."}
	case r.max == unbounded:
		return Text{"Ajoutez-le.", "Add it."}
	case r.min == r.max:
		return Text{"Ajoutez celui qui manque, ou retirez ceux qui sont en trop.", "Add the one that is missing, or remove those that are too many."}
	default:
		return Text{"Retirez ceux qui sont en trop.", "Remove those that are too many."}
	}
}

// Violation says that the element at breaks the rule. What was found is the value where the rule is about values, else
// it is the element that the place shows.
func (r *Rule) Violation(at xmldoc.Element) violation.Violation {
	text, remedy := r.Meaning(), r.Remedy()
	if r.value != nil || r.same != nil {
		found := violation.Excerpt(at.Written())
		text.FR += " ; trouvé « " + found + " »"
		text.EN += fmt.Sprintf("; found %q", found)
	}
	v := violation.Violation{
		Code: r.ID, Severity: r.Severity, FR: text.FR, EN: text.EN, Remedy: remedy.FR, RemedyEN: remedy.EN,
	}
	if len(r.Terms) > 0 {
		v.Term = r.Terms[0]
	}
	if doc := at.Doc(); doc != nil {
		source := doc.Locate(at.Ref())
		v.Source, v.Line, v.Column = source.Path, source.Line, source.Column
	}
	return v
}
