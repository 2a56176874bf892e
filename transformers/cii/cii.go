// Package cii reads UN/CEFACT Cross Industry Invoices (CII, versions D16B and D22B) and writes them as canonical
// invoices, following the syntax binding of EN 16931 (CEN/TS 16931-3-3).
//
// One file holds one group of business terms, in the order of the standard; every line of the mapping names its BT.
// Nothing is guessed and nothing is lost in silence: what EN 16931 has no term for is listed in [transformers.Result]
// as ignored, what it allows once and the source repeats is a violation, and so is a known element in a namespace that
// is not its own. The package must not know schemas or rules: they judge the values later.
package cii

import (
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// The namespaces of D16B and D22B, which share them: only the schema files tell the two versions apart.
const (
	rsm = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
	ram = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
	udt = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
	qdt = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
)

// Transformer implements [transformers.Transformer] for CII. The zero value is ready and may be shared.
type Transformer struct{}

// Transform returns the one canonical invoice or credit note of a recognised CII document.
func (Transformer) Transform(content transformers.Content, id transformers.Identity) (transformers.Result, []violation.Violation) {
	root := content.XML.Root()
	m := mapping{w: canonical.NewWriter(content.XML), source: content.XML}
	out := m.w.Root()
	out.AddString("kind", string(id.Kind), root.Ref())

	context := m.one(root, rsm, "ExchangedDocumentContext", "BG-2")
	document := m.one(root, rsm, "ExchangedDocument", "")
	transaction := m.one(root, rsm, "SupplyChainTradeTransaction", "")
	agreement := m.one(transaction, ram, "ApplicableHeaderTradeAgreement", "")
	delivery := m.one(transaction, ram, "ApplicableHeaderTradeDelivery", "")
	settlement := m.one(transaction, ram, "ApplicableHeaderTradeSettlement", "")

	// BT-5 comes first: every amount is compared with it.
	m.currency = settlement.Child(ram, "InvoiceCurrencyCode").Text()
	m.extended = canonical.IsExtended(context.Child(ram, "GuidelineSpecifiedDocumentContextParameter").Child(ram, "ID").Text())

	m.document(out, document)
	m.currencies(out, settlement)
	m.references(out, agreement, delivery, settlement)
	m.process(out, context)
	if content.PDF == nil {
		m.partial(context)
	}
	m.precedingInvoices(out, settlement)
	m.parties(out, agreement, settlement)
	m.delivery(out, delivery)
	if m.extended {
		m.incoterm(out, agreement)
		m.exchangeRate(out, settlement)
	}
	m.invoicingPeriod(out, settlement)
	m.payment(out, settlement)
	m.allowanceCharges(out, settlement, documentLevel)
	m.totals(out, settlement)
	m.vatBreakdown(out, settlement)
	m.referencedDocuments(out, agreement)
	m.lines(out, transaction)

	doc := m.w.Doc()
	if violations := m.verdict(); len(violations) > 0 {
		return transformers.Result{}, violations
	}
	key := canonical.InvoiceKey(doc)
	return transformers.Result{
		Parts:   []transformers.Part{{Kind: id.Kind, Doc: doc, Key: key}},
		Key:     key,
		Ignored: m.w.Ignored(),
	}, nil
}
