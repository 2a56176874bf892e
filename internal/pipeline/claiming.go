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
			place, number := numberPlace(v.Parts[w.part]), violation.Excerpt(w.Number)
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

// numberPlace is where the number of a document stands.
func numberPlace(part Part) violation.At {
	number := part.Doc.Lookup("/number")
	source := number.Source()
	return violation.At{Pointer: number.Pointer(), Source: source.Path, Line: source.Line, Column: source.Column, Term: "BT-1"}
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
