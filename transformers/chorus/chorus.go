// Package chorus reads what Chorus Pro itself says of invoices: the lists that its API answers when it is asked for the invoices
// of a recipient or a supplier (factures/v1/rechercher/recipiendaire, .../fournisseur), each with its state. A list is split: every
// invoice in it becomes a canonical status, as a lifecycle message would give it.
//
// The state is kept as Chorus Pro writes it (chorusStatus); where a published table has a status of the lifecycle for it, that is
// the status too, else the status is the word of Chorus Pro: an unknown state says nothing, least of all that an invoice is pending.
//
// The package must not know schemas or rules, nor where the table comes from.
package chorus

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// Specification is what a canonical status from Chorus Pro has as its specification: there is no official one.
const Specification = "urn:passerelle:chorus-pro:factures"

// Transformer implements [transformers.Transformer]. Use [New].
type Transformer struct {
	status func(state, day string) string
}

// New returns a transformer. Status returns the status of the lifecycle that tells a state of Chorus Pro on a day (ISO 8601),
// empty where no table has one.
func New(status func(state, day string) string) Transformer { return Transformer{status} }

// list is the member that such an answer has.
const list = "listeFactures"

// Recognise takes JSON objects with a list of invoices. The version is left empty: an answer says none.
func (Transformer) Recognise(content transformers.Content) (transformers.Identity, *violation.Violation, bool) {
	if content.JSON == nil || content.JSON.Root().Get(list).Type() != document.Array {
		return transformers.Identity{}, nil, false
	}
	return transformers.Identity{Format: transformers.Chorus, Kind: transformers.InvoiceStatus}, nil, true
}

var noInvoice = violation.Spec{
	Code:     "status_no_invoice",
	FR:       "réponse de Chorus Pro sans facture : listeFactures est vide",
	EN:       "answer of Chorus Pro without invoice: listeFactures is empty",
	RemedyFR: "N'envoyez pas les réponses vides.",
	RemedyEN: "Do not send empty answers.",
}

var notInvoice = violation.Spec{
	Code:     "status_not_invoice",
	FR:       "listeFactures contient autre chose qu'un objet : attendu une facture, avec numeroFacture et statut",
	EN:       "listeFactures holds something else than an object: expected an invoice, with numeroFacture and statut",
	RemedyFR: "Envoyez la réponse de l'API telle qu'elle est.",
	RemedyEN: "Send the answer of the API as it is.",
}

// Transform returns the status of each invoice of a recognised list, in its order. The key of each names the invoice.
func (t Transformer) Transform(content transformers.Content, _ transformers.Identity) (transformers.Result, []violation.Violation) {
	result := transformers.Result{Split: true}
	root := content.JSON.Root()
	for member := range root.Children() {
		if member.Name() != list {
			ignore(&result.Ignored, member)
		}
	}
	for item := range root.Get(list).Children() {
		if item.Type() != document.Object {
			return transformers.Result{}, []violation.Violation{notInvoice.New(at(item))}
		}
		doc := t.invoice(content.JSON, item, &result.Ignored)
		result.Parts = append(result.Parts, transformers.Part{Kind: transformers.InvoiceStatus, Doc: doc, Key: canonical.StatusSubject(doc)})
	}
	if len(result.Parts) == 0 {
		return transformers.Result{}, []violation.Violation{noInvoice.New(at(root.Get(list)))}
	}
	result.Key = result.Parts[0].Key
	return result, nil
}

func at(v document.Value) violation.At {
	source := v.Source()
	return violation.At{Source: source.Path, Line: source.Line, Column: source.Column}
}

const (
	usual      = 30   // values of the status of one invoice
	maxIgnored = 1000 // places that are told: a list of nothing else would make a report larger than itself
)

// invoice writes the status of one invoice, and notes what has no place in it.
func (t Transformer) invoice(source *document.Doc, in document.Value, ignored *[]string) *document.Doc {
	doc := source.Derive(usual)
	doc.SetRoot(document.Object, "", in.Ref())
	out := doc.Root()
	out.AddString("kind", string(transformers.InvoiceStatus), in.Ref())
	out.Object("process", in.Ref()).AddString("specification", Specification, in.Ref())
	invoice := out.Object("invoice", in.Ref())
	seller := invoice.Object("seller", 0)
	for member := range in.Children() {
		text, ref := member.Text(), member.Ref()
		switch member.Name() {
		case "numeroFacture":
			invoice.AddString("number", text, ref)
		case "dateFacture":
			invoice.AddString("issueDate", text, ref)
		case "dateDepot":
			invoice.AddString("received", moment(text), ref)
		case "designationFournisseur":
			seller.AddString("name", text, ref)
		case "codeFournisseur":
			id := seller.Array("identifiers", ref).Item(ref)
			id.AddString("id", text, ref)
			id.AddString("scheme", canonical.ChorusScheme(in.Get("typeIdentifiantFournisseur").Text()), ref)
		case "codeDestinataire":
			invoice.Array("recipients", ref).Item(ref).Array("identifiers", ref).Item(ref).AddString("id", text, ref)
		case "dateHeureEtatCourant":
			out.AddString("statusDate", moment(text), ref)
		case "statut":
			out.AddString("chorusStatus", text, ref)
			status := t.status(text, day(in.Get("dateHeureEtatCourant").Text()))
			if status == "" {
				status = text
			}
			out.AddString("status", status, ref)
		case "typeIdentifiantFournisseur":
			if canonical.ChorusScheme(text) == "" {
				ignore(ignored, member)
			}
		default:
			ignore(ignored, member)
		}
	}
	out.Prune()
	return doc
}

// ignore notes that a value has no place in the canonical document.
func ignore(ignored *[]string, v document.Value) {
	if len(*ignored) < maxIgnored {
		*ignored = append(*ignored, v.Pointer())
	}
}

// moment brings a date and time into ISO 8601: the API writes some with a space in the middle.
func moment(text string) string {
	if len(text) > len("2026-11-24") && text[len("2026-11-24")] == ' ' {
		return strings.Replace(text, " ", "T", 1)
	}
	return text
}

// day is the day of a date and time, empty where it is in no such form.
func day(text string) string {
	if len(text) < len("2026-11-24") {
		return ""
	}
	return text[:len("2026-11-24")]
}
