package main

import (
	"time"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/transformers"
)

// status says in plain words what the status of an invoice tells of it, and why. A code that the tables of the day do not have
// is told as such: nothing is guessed from it.
func (c *cli) status(words *rules.Set, part pipeline.Part, at time.Time) {
	if part.Kind != transformers.InvoiceStatus {
		return
	}
	day := ""
	if !at.IsZero() {
		day = at.UTC().Format(time.DateOnly)
	}
	column := c.say("fr", "en")
	doc := part.Doc.Root()
	said := words.Lookup("fr-statuses", doc.Get("status").Text(), column, day)
	if said == "" {
		said = c.say("dans un statut inconnu", "in an unknown status")
	}
	c.printf("  statut      la facture %s est %s (%s)\n", "  status      invoice %s is %s (%s)\n", c.invoice(doc.Get("invoice")), said, printable(doc.Get("status").Text()))
	if state := doc.Get("chorusStatus").Text(); state != "" {
		said := words.Lookup("chorus-statuses", state, column, day)
		if said == "" {
			said = c.say("inconnu", "unknown")
		}
		c.printf("              dans Chorus Pro : %s (%s)\n", "              in Chorus Pro: %s (%s)\n", said, printable(state))
	}
	for detail := range doc.Get("details").Children() {
		code := detail.Get("reasonCode").Text()
		if code == "" {
			continue
		}
		why := words.Lookup("fr-status-reasons", code, column, day)
		if why == "" {
			why = c.say("motif inconnu", "unknown reason")
		}
		if text := detail.Get("reason").Text(); text != "" {
			why += c.say(" : « ", `: "`) + printable(text) + c.say(" »", `"`)
		}
		c.printf("              motif %s : %s\n", "              reason %s: %s\n", printable(code), why)
		if action := detail.Get("action").Text(); action != "" {
			c.printf("              demandé : %s\n", "              asked for: %s\n", printable(action))
		}
	}
}

// invoice names the invoice that a status is about.
func (c *cli) invoice(invoice document.Value) string {
	name := printable(invoice.Get("number").Text())
	if issued := invoice.Get("issueDate").Text(); issued != "" {
		name += c.say(" du ", " of ") + printable(issued)
	}
	return name
}
