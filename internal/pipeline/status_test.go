package pipeline

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/kafka"
)

const refusal = "cdar-refused.xml"

// A status has the subject of its invoice, in canonical form too, and statuses of one invoice have one key.
func TestStatusFindsItsInvoice(t *testing.T) {
	p := newPipeline(t, "route: all\nfrom: [suppliers, buyers]\naccept: [invoice, invoice-status]\nto:\n  - topic: out\n  - {topic: kept, form: original}\n")
	const subject = "902100452/2026/FA-2026-0418"
	// The original is found by it too, unless it is about several.
	original := func(m Message) string {
		outputs := outputsOf(t, p, m)
		i := slices.IndexFunc(outputs, func(r kafka.Record) bool { return r.Topic == "kept" })
		require.GreaterOrEqual(t, i, 0)
		return header(outputs[i], "ce_subject")
	}
	outputs := outputsOf(t, p, received("suppliers", example(t, "ubl-invoice.xml")))
	assert.Equal(t, subject, header(outputs[0], "ce_subject"))
	assert.Equal(t, subject, original(received("suppliers", example(t, "ubl-invoice.xml"))))
	assert.Equal(t, subject, original(received("buyers", example(t, refusal))))
	assert.Empty(t, original(received("buyers", []byte(severalStatuses(t)))))

	outputs = outputsOf(t, p, received("buyers", example(t, refusal)))
	assert.Equal(t, []string{subject, subject, "fr.commandepublique.facture.statut.v1", "buyers-2-40#1"},
		[]string{key(outputs[0]), header(outputs[0], "ce_subject"), header(outputs[0], "ce_type"), header(outputs[0], "ce_id")})

	verdict := p.Judge(received("buyers", outputs[0].Value))
	require.Equal(t, Delivered, verdict.Outcome(), "%v", verdict.Violations)
	assert.Equal(t, subject, verdict.Key)
	assert.Equal(t, subject, verdict.Parts[0].Subject)
}

// severalStatuses is the refusal of the example with a status of another invoice and one of the first again, whose code is no
// status.
func severalStatuses(t *testing.T) string {
	t.Helper()
	text := string(example(t, refusal))
	from := strings.Index(text, "<ram:ReferenceReferencedDocument>")
	to := strings.Index(text, "</ram:ReferenceReferencedDocument>") + len("</ram:ReferenceReferencedDocument>")
	one := text[from:to]
	other := strings.Replace(one, "FA-2026-0418", "FA-2026-0419", 1)
	unknown := strings.Replace(one, ">210<", ">777<", 1)
	return text[:to] + other + unknown + text[to:]
}

// A message about several invoices becomes an event for each, under the key of its invoice and in the order of the message; an
// unknown status is passed on as it is written, with a warning. Nothing is known of invoices that came before.
func TestSeveralStatuses(t *testing.T) {
	p := newPipeline(t)
	m := received("buyers", []byte(severalStatuses(t)))
	m.Key = []byte("incoming")
	verdict := p.Judge(m)
	require.Equal(t, Delivered, verdict.Outcome(), "%v", verdict.Violations)
	require.Len(t, verdict.Violations, 1, "%v", verdict.Violations)
	assert.Equal(t, "BR-FR-CDV-CL-06_MDT-105", verdict.Violations[0].Code)

	var got []string
	for _, r := range outputsOf(t, p, m) {
		if r.Topic == "invoicing" {
			status := "unknown"
			if strings.Contains(string(r.Value), `"status":"210"`) {
				status = "210"
			} else if strings.Contains(string(r.Value), `"status":"777"`) {
				status = "777"
			}
			got = append(got, key(r)+" "+header(r, "ce_id")+" "+status)
		}
	}
	assert.Equal(t, []string{
		"902100452/2026/FA-2026-0418 buyers-2-40#1 210",
		"902100452/2026/FA-2026-0419 buyers-2-40#2 210",
		"902100452/2026/FA-2026-0418 buyers-2-40#3 777",
	}, got)
}

// What is wrong with a message about several invoices is told once, and refuses it whole; packs of another route than that of
// the first invoice are not forgotten.
func TestSeveralStatusesAreToldOnce(t *testing.T) {
	broken := strings.Replace(severalStatuses(t), `<ram:RoleCode>BY</ram:RoleCode>`, `<ram:RoleCode>WK</ram:RoleCode>`, 1)
	for name, p := range map[string]*Pipeline{
		"one route": newPipeline(t),
		"another route": newPipeline(t,
			"route: first\nfrom: [buyers]\naccept: [invoice-status]\nwhen: doc.invoice.number == \"FA-2026-0418\"\nto:\n  - topic: out\n",
			"route: second\nfrom: [buyers]\naccept: [invoice-status]\nvalidate:\n  rules: [cdar]\nto:\n  - topic: out\n"),
	} {
		verdict := p.Judge(received("buyers", []byte(broken)))
		require.Len(t, verdict.Violations, 2, "%s: %v", name, verdict.Violations)
		assert.Equal(t, "BR-FR-CDV-CL-03_MDT-40_23", verdict.Violations[0].Code, name)
		assert.Equal(t, "dead-letter", outputsOf(t, p, received("buyers", []byte(broken)))[0].Topic, name)
	}
	ruling := newPipeline(t).JudgeByRules([]byte(broken), "", newPipeline(t).rules.Versions("cdar"))
	assert.Equal(t, "lifecycle", ruling.Profile)
	assert.Len(t, ruling.Violations, 2, "%v", ruling.Violations)
}

// A route may give the status as a message, and an invoice the key of its statuses.
func TestStatusInXMLAndKeyBySubject(t *testing.T) {
	p := newPipeline(t, "route: all\nfrom: [suppliers, buyers]\naccept: [invoice, invoice-status]\nkey: event.subject\nto:\n  - topic: out\n",
		"route: none\nfrom: [suppliers]\naccept: [credit-note]\nto:\n  - topic: out\n")
	outputs := outputsOf(t, p, received("suppliers", example(t, "ubl-invoice.xml")))
	assert.Equal(t, "902100452/2026/FA-2026-0418", key(outputs[0]))

	p = newPipeline(t, "route: xml\nfrom: [buyers]\naccept: [invoice-status]\nvalidate:\n  rules: [cdar]\nto:\n  - topic: out\n    form: cdar\n")
	written := outputsOf(t, p, received("buyers", []byte(severalStatuses(t))))[1]
	assert.Equal(t, "application/xml", header(written, "content-type"))
	assert.Contains(t, string(written.Value), ">FA-2026-0419<")
	assert.NotContains(t, string(written.Value), ">FA-2026-0418</ram:IssuerAssignedID>")
	verdict := p.Judge(received("buyers", written.Value))
	assert.Equal(t, Delivered, verdict.Outcome(), "%v", verdict.Violations)
}

// The states of Chorus Pro become statuses by its published table; one that the table does not have stays what it is.
func TestStatesOfChorus(t *testing.T) {
	p := newPipeline(t)
	const list = `{"codeRetour":0,"listeFactures":[
 {"numeroFacture":"FA-2026-0418","dateFacture":"2026-10-02","codeFournisseur":"90210045200017","typeIdentifiantFournisseur":"SIRET","statut":"MANDATEE"},
 {"numeroFacture":"FA-2026-0419","dateFacture":"2026-10-02","codeFournisseur":"90210045200017","typeIdentifiantFournisseur":"SIRET","statut":"EN_ATTENTE_DE_QUOI"}]}`
	m := received("buyers", []byte(list))
	verdict := p.Judge(m)
	require.Equal(t, Delivered, verdict.Outcome(), "%v", verdict.Violations)
	require.Len(t, verdict.Violations, 1, "%v", verdict.Violations)
	assert.Equal(t, "CHORUS-STATUS-01", verdict.Violations[0].Code)
	assert.Equal(t, "chorus-status", verdict.Parts[0].Profile.Name)

	var statuses []string
	for _, part := range verdict.Parts {
		statuses = append(statuses, part.Subject+" "+part.Doc.Lookup("/status").Text()+" "+part.Doc.Lookup("/chorusStatus").Text())
	}
	assert.Equal(t, []string{"902100452/2026/FA-2026-0418 204 MANDATEE", "902100452/2026/FA-2026-0419 EN_ATTENTE_DE_QUOI EN_ATTENTE_DE_QUOI"}, statuses)
}
