package pivot

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// invoice writes an invoice from the pivot's own fields.
func (r *reading) invoice(unit xmldoc.Element, attachments []attachment) *document.Doc {
	const usual = 100 // values of an invoice of a few lines
	r.w.Next(unit, usual)
	out := r.w.Root()
	data := r.one(unit, "DonneesFacture", "")
	out.AddString("kind", string(kind(unit)), unit.Ref())
	r.header(out, unit, data)
	r.parties(out, unit)
	r.day(out.Object("delivery", 0), "date", data, "DateLivraison", "BT-72")
	r.payment(out, unit, data)
	r.totals(out, data)
	for _, a := range attachments {
		r.supportingDocument(out.Array("supportingDocuments", 0).Item(a.element.Ref()), a)
	}
	r.lines(out, data)
	return r.w.Doc()
}

func (r *reading) text(out document.Value, name string, parent xmldoc.Element, local, term string) {
	r.w.Text(out, name, r.one(parent, local, term))
}

func (r *reading) decimal(out document.Value, name string, parent xmldoc.Element, local, term string) {
	r.w.Decimal(out, name, r.one(parent, local, term))
}

func (r *reading) day(out document.Value, name string, parent xmldoc.Element, local, term string) {
	e := r.one(parent, local, term)
	r.w.String(out, name, date(e.Text()), e)
}

func (r *reading) header(out document.Value, unit, data xmldoc.Element) {
	r.text(out, "number", data, "Id", "BT-1")
	r.day(out, "issueDate", data, "DateEmissionFacture", "BT-2")
	r.text(out, "typeCode", data, "Type", "BT-3")
	r.text(out, "currency", data, "Devise", "BT-5")
	// The historic channel has the service in BT-10, the commitment in BT-13 and the contract in BT-12.
	r.text(out, "buyerReference", r.one(unit, "Debiteur", "BG-7"), "CodeService", "BT-10")
	commitment := r.one(data, "Engagement", "")
	r.text(out, "contractReference", commitment, "NumeroMarche", "BT-12")
	r.text(out, "purchaseOrderReference", commitment, "NumeroEngagement", "BT-13")
	r.text(out.Object("process", 0), "businessProcess", data, "Cadre", "BT-23")
	if origin := r.one(data, "IdFactureOrigine", "BT-25"); origin.Text() != "" {
		r.w.Text(out.Array("precedingInvoices", 0).Item(origin.Ref()), "number", origin)
	}
}

func (r *reading) parties(out document.Value, unit xmldoc.Element) {
	supplier := r.one(unit, "Fournisseur", "BG-4")
	seller := out.Object("seller", supplier.Ref())
	r.text(seller, "name", supplier, "RaisonSociale", "BT-27")
	r.identifier(seller, supplier, "BT-29")
	r.text(seller.Object("address", 0), "country", supplier, "CodePays", "BT-40")
	debtor := r.one(unit, "Debiteur", "BG-7")
	buyer := out.Object("buyer", debtor.Ref())
	r.text(buyer, "name", debtor, "Nom", "BT-44")
	r.identifier(buyer, debtor, "BT-46")
}

// identifier writes an identifier with its type as scheme. A type that is not known stays unread, and so is told.
func (r *reading) identifier(out document.Value, party xmldoc.Element, term string) {
	id, kind := r.one(party, "Identifiant", term), r.one(party, "TypeIdentifiant", term+"-1")
	if id.Text() == "" {
		return
	}
	item := out.Array("identifiers", 0).Item(id.Ref())
	r.w.Text(item, "id", id)
	if scheme := canonical.ChorusScheme(kind.Text()); scheme != "" {
		r.w.String(item, "scheme", scheme, kind)
	}
}

func (r *reading) payment(out document.Value, unit, data xmldoc.Element) {
	payment := out.Object("payment", 0)
	means := r.one(data, "ModePaiement", "BG-16")
	r.text(payment, "meansCode", means, "Code", "BT-81")
	r.text(payment, "meansText", means, "Libelle", "BT-82")
	account := r.one(r.one(unit, "Fournisseur", "BG-4"), "ReferenceBancaire", "BG-17")
	transfer := payment.Array("creditTransfers", 0).Item(0)
	r.text(transfer, "accountId", account, "Compte", "BT-84")
	r.text(transfer, "serviceProvider", account, "Etablissement", "BT-86")
}

func (r *reading) totals(out document.Value, data xmldoc.Element) {
	amounts := r.one(data, "Montants", "BG-22")
	totals := out.Object("totals", amounts.Ref())
	r.decimal(totals, "withoutVat", amounts, "MontantHT", "BT-109")
	r.decimal(totals, "withVat", amounts, "MontantTTC", "BT-112")
	r.decimal(totals, "payable", amounts, "MontantNetAPayer", "BT-115")
	breakdown := out.Array("vatBreakdown", 0)
	for vat := range each(r.one(data, "TVAs", "BG-23"), "TVA") {
		item := breakdown.Item(vat.Ref())
		r.decimal(item, "taxableAmount", vat, "BaseHt", "BT-116")
		r.decimal(item, "taxAmount", vat, "MontantTVA", "BT-117")
		r.decimal(item, "rate", vat, "Taux", "BT-119")
	}
}

// supportingDocument writes an attachment as BG-24; its content stays in base64.
func (r *reading) supportingDocument(out document.Value, a attachment) {
	name := a.element.Child("", "NomPJ")
	r.w.Text(out, "reference", name)
	r.text(out, "description", a.element, "CategoriePJ", "BT-123")
	file := out.Object("attachment", a.content.Ref())
	r.w.Text(file, "content", a.content)
	r.text(file, "mimeCode", a.element, "MimeTypePJ", "BT-125-1")
	r.w.Text(file, "filename", name)
}

func (r *reading) lines(out document.Value, data xmldoc.Element) {
	lines := out.Array("lines", 0)
	for line := range each(r.one(data, "Lignes", "BG-25"), "Ligne") {
		item := lines.Item(line.Ref())
		r.w.Attr(item, "id", line, "NumOrdre") // BT-126
		r.decimal(item, "quantity", line, "Quantite", "BT-129")
		r.decimal(item, "netAmount", line, "MontantHT", "BT-131")
		r.decimal(item.Object("price", 0), "net", line, "PrixUnitaire", "BT-146")
		r.decimal(item.Object("vat", 0), "rate", line, "TauxTVA", "BT-152")
		r.text(item.Object("item", 0), "sellerIdentifier", line, "ReferenceProduit", "BT-155")
	}
}
