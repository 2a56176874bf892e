package pipeline

import (
	"context"
	"time"

	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/violation"
)

// codeNumberUsed is the code of all that is said about a number that may not come again.
const codeNumberUsed = "invoice_number_used"

var (
	sentAgain = violation.Spec{
		Code:     codeNumberUsed,
		FR:       "la facture %[1]s (vendeur, année, numéro) est déjà passée, à l'identique : message « %[2]s » du %[3]s. Chorus Pro répondrait qu'elle existe déjà",
		EN:       "the invoice %[1]s (seller, year, number) has passed already, the very same: message %[2]q of %[3]s. Chorus Pro would answer that it exists already",
		RemedyFR: "Rien à faire : elle est déjà transmise. Si Chorus Pro l'a rejetée depuis, libérez son numéro (« passerelle numbers free »), puis rejouez ce message.",
		RemedyEN: "Nothing to do: it was passed on already. If Chorus Pro has rejected it since, free its number (\"passerelle numbers free\"), then replay this message.",
	}
	numberUsed = violation.Spec{
		Code:     codeNumberUsed,
		FR:       "le vendeur a déjà employé ce numéro cette année-là : la facture %[1]s (vendeur, année, numéro) est déjà passée, avec un autre contenu : message « %[2]s » du %[3]s. Chorus Pro répondrait qu'elle existe déjà",
		EN:       "the seller has used this number in that year already: the invoice %[1]s (seller, year, number) has passed already, with another content: message %[2]q of %[3]s. Chorus Pro would answer that it exists already",
		RemedyFR: "Donnez à cette facture un numéro que son vendeur n'a pas encore employé cette année-là. Si elle remplace une facture que Chorus Pro a rejetée, libérez le numéro (« passerelle numbers free »), puis rejouez ce message.",
		RemedyEN: "Give this invoice a number that its seller has not used in that year. If it stands in the place of one that Chorus Pro has rejected, free the number (\"passerelle numbers free\"), then replay this message.",
	}
	numberKept = violation.Spec{
		Code: "invoice_number_kept", Severity: violation.Warning,
		FR:       "ce statut ne libère pas le numéro %[1]s (vendeur, année, numéro) : il est plus ancien que le message « %[2]s » du %[3]s, qui a ce numéro",
		EN:       "this status does not free the number %[1]s (seller, year, number): it is older than message %[2]q of %[3]s, which has the number",
		RemedyFR: "Rien à faire si la facture a déjà été renvoyée sous ce numéro. Sinon libérez-le (« passerelle numbers free »).",
		RemedyEN: "Nothing to do if the invoice was sent again under this number already. Else free it (\"passerelle numbers free\").",
	}
	numberNotVerified = violation.Spec{
		Code: codeNumberUsed, Severity: violation.NotVerified,
		FR:       "nul ne sait si la facture %[1]s (vendeur, année, numéro) est déjà passée : la passerelle connaît déjà %[2]d numéros, son maximum",
		EN:       "nobody knows whether the invoice %[1]s (seller, year, number) has passed already: the gateway knows %[2]d numbers already, all that it can",
		RemedyFR: "Rien à faire pour l'expéditeur. L'exploitant nomme un sujet neuf sous validate.unique.",
		RemedyEN: "Nothing to do for the sender. The operator names a new topic under validate.unique.",
	}
)

// claim takes the numbers of the documents of a message that is to be delivered, or refuses it when somebody else has one. A
// refused message has no number: what it claimed before is given back.
func (f *Flow) claim(w *work, v *Verdict) {
	all, records := claimsOf(*v)
	if len(all) == 0 {
		return
	}
	if v.Outcome() == Delivered {
		others, free, room := f.claims.take(all, f.now())
		for i, w := range all {
			place, number := numberPlace(v.Parts[w.part], "/number", "BT-1"), violation.Excerpt(w.Number)
			switch other := others[i]; {
			case !free && other.Message != "" && other.digest == w.owner.digest:
				v.Violations = append(v.Violations, sentAgain.New(place, number, other.Message, other.Time().Format(time.DateOnly)))
			case !free && other.Message != "":
				v.Violations = append(v.Violations, numberUsed.New(place, number, other.Message, other.Time().Format(time.DateOnly)))
			case free && !room:
				v.Violations = append(v.Violations, numberNotVerified.New(place, number, f.claims.most))
			}
		}
		violation.Sort(v.Violations)
		if free {
			w.claims = append(w.claims, records...)
			w.taken = append(w.taken, all...)
			return
		}
	}
	for _, mine := range f.claims.held(all) {
		w.claims = append(w.claims, kafka.Record{Topic: mine.Topic, Key: []byte(mine.Number)})
		w.givenBack = append(w.givenBack, mine)
	}
}

// free frees the numbers that the statuses of a message which is to be delivered free: a null value takes the claim back, of
// whatever gateway. A status that comes again after the number got a younger owner leaves it alone, with a warning. Nothing is
// freed in memory before the null value is read: a transaction may take it back.
func (f *Flow) free(w *work, v *Verdict) {
	if v.Outcome() != Delivered {
		return
	}
	for _, part := range v.Parts {
		if part.Frees.Topic == "" {
			continue
		}
		if owner, used := f.claims.owner(part.Frees); used && owner.Time().After(v.Event.Time) {
			place, number := numberPlace(part, "/invoice/number", "MDT-87"), violation.Excerpt(part.Frees.Number)
			v.Violations = append(v.Violations, numberKept.New(place, number, owner.Message, owner.Time().Format(time.DateOnly)))
			continue
		}
		w.claims = append(w.claims, kafka.Record{Topic: part.Frees.Topic, Key: []byte(part.Frees.Number)})
	}
	violation.Sort(v.Violations)
}

// numberPlace is where the number of an invoice stands in a document.
func numberPlace(part Part, pointer, term string) violation.At {
	number := part.Doc.Lookup(pointer)
	source := number.Source()
	return violation.At{Pointer: number.Pointer(), Source: source.Path, Line: source.Line, Column: source.Column, Term: term}
}

// publishClaims publishes the claims of a batch, which its outputs follow. Exactly once they may be taken back with these.
func (f *Flow) publishClaims(ctx context.Context, w work) error {
	if len(w.claims) == 0 {
		return nil
	}
	if err := f.publisher.Produce(ctx, w.claims); err != nil {
		return err
	}
	if f.oversized == nil {
		f.claims.claimed(w.taken)
	}
	return nil
}

// published says that all of a batch is published.
func (f *Flow) published(w work) {
	if len(w.claims) > 0 {
		f.claims.published(w.taken)
		f.claims.giveBack(w.givenBack)
	}
}
