package ubl

import (
	"iter"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// otherTax is the scheme of a tax registration that is not for VAT (BT-32), whose own name has no term.
const otherTax = "TAX"

// parties writes BG-4 to BG-12, and the parties of the French extended profile but the payer.
func (w *writer) parties(in document.Value) {
	creditor := in.Get("payment").Get("directDebit").Get("creditorIdentifier")
	seller, buyer, payee := in.Get("seller"), in.Get("buyer"), in.Get("payee")
	ofSeller, ofPayee := creditor, document.Value{}
	if payee.Exists() {
		ofSeller, ofPayee = document.Value{}, creditor
	}

	w.Group("cac:AccountingSupplierParty", func() {
		w.party("cac:Party", seller, seller.Get("identifiers").Children(), ofSeller, w.Extended(in.Get("sellerAgent")), w.Extended(in.Get("invoicer")))
	})
	w.Group("cac:AccountingCustomerParty", func() {
		w.party("cac:Party", buyer, w.buyerIdentifiers(buyer), document.Value{}, w.Extended(in.Get("buyerAgent")), w.Extended(in.Get("invoicee")))
	})
	w.payee(payee, ofPayee)
	w.Group("cac:TaxRepresentativeParty", func() { // BG-11
		representative := in.Get("taxRepresentative")
		w.Group("cac:PartyName", func() { w.Value("cbc:Name", representative.Get("name")) })
		w.address("cac:PostalAddress", representative.Get("address"))
		w.taxScheme(representative.Get("vatIdentifier"), "VAT")
	})
}

// payee writes BG-10.
func (w *writer) payee(in, creditor document.Value) {
	extended := w.Extended(in)
	w.Group("cac:PayeeParty", func() {
		w.identifier("cbc:EndpointID", extended.Get("electronicAddress"))
		w.Value("cbc:IndustryClassificationCode", extended.Get("role"))
		w.identification(in.Get("identifier"))
		w.creditor(creditor)
		w.Group("cac:PartyName", func() { w.Value("cbc:Name", in.Get("name")) })
		w.address("cac:PostalAddress", extended.Get("address"))
		w.taxScheme(extended.Get("vatIdentifier"), "VAT")
		w.Group("cac:PartyLegalEntity", func() { w.identifier("cbc:CompanyID", in.Get("legalRegistration")) })
		w.contact(extended.Get("contact"))
	})
}

// party writes the seller (BG-4), the buyer (BG-7) or a party of the French extended profile: each has those of these
// members that its schema gives it. The agent and the provider of its invoices stand in it.
func (w *writer) party(name string, in document.Value, identifiers iter.Seq[document.Value], creditor, agent, provider document.Value) {
	w.Group(name, func() {
		w.identifier("cbc:EndpointID", in.Get("electronicAddress"))
		w.Value("cbc:IndustryClassificationCode", in.Get("role"))
		for id := range identifiers {
			w.identification(id)
		}
		w.creditor(creditor)
		w.Group("cac:PartyName", func() { w.Value("cbc:Name", in.Get("tradingName")) })
		w.address("cac:PostalAddress", in.Get("address"))
		w.taxScheme(in.Get("vatIdentifier"), "VAT")
		w.taxScheme(in.Get("taxRegistration"), otherTax)
		w.Group("cac:PartyLegalEntity", func() {
			w.Value("cbc:RegistrationName", in.Get("name"))
			w.identifier("cbc:CompanyID", in.Get("legalRegistration"))
			w.Value("cbc:CompanyLegalForm", in.Get("legalInformation"))
		})
		w.contact(in.Get("contact"))
		w.partyAlone("cac:AgentParty", agent)
		if provider.Exists() {
			w.Group("cac:ServiceProviderParty", func() { w.partyAlone("cac:Party", provider) })
		}
	})
}

// partyAlone writes a party that has neither an agent nor a provider.
func (w *writer) partyAlone(name string, in document.Value) {
	if in.Exists() {
		w.party(name, in, in.Get("identifiers").Children(), document.Value{}, document.Value{}, document.Value{})
	}
}

// buyerIdentifiers yields the identifiers of the buyer. Of an ordinary invoice UBL has one (BT-46, UBL-SR-16): its SIRET, which
// order keys are made of too, else the first.
func (w *writer) buyerIdentifiers(buyer document.Value) iter.Seq[document.Value] {
	all := buyer.Get("identifiers").Children()
	if w.Extended(buyer).Exists() {
		return all
	}
	return func(yield func(document.Value) bool) {
		only := buyer.Get("identifiers").First()
		for id := range all {
			if id.Get("scheme").Text() == "0009" {
				only = id
				break
			}
		}
		if only.Exists() {
			yield(only)
		}
	}
}

// contact writes BG-6 or BG-9.
func (w *writer) contact(in document.Value) {
	w.Group("cac:Contact", func() {
		w.Value("cbc:Name", in.Get("name"))
		w.Value("cbc:Telephone", in.Get("phone"))
		w.Value("cbc:ElectronicMail", in.Get("email"))
	})
}

// identification writes an identifier of a party. Its scheme tells it from that of a creditor, so one that has the scheme of
// creditors for its own cannot be carried.
func (w *writer) identification(id document.Value) {
	if !strings.EqualFold(id.Get("scheme").Text(), sepa) {
		w.Group("cac:PartyIdentification", func() { w.identifier("cbc:ID", id) })
	}
}

// creditor writes BT-90, which the binding keeps among the identifiers of the party that is paid.
func (w *writer) creditor(id document.Value) {
	w.Group("cac:PartyIdentification", func() { w.Value("cbc:ID", id, canonical.Fixed("schemeID", sepa)) })
}

func (w *writer) taxScheme(id document.Value, scheme string) {
	w.Group("cac:PartyTaxScheme", func() {
		w.Value("cbc:CompanyID", id)
		w.Around("cac:TaxScheme", func() { w.Fixed("cbc:ID", scheme) })
	})
}

func (w *writer) address(name string, in document.Value) {
	w.Group(name, func() {
		w.Value("cbc:StreetName", in.Get("line1"))
		w.Value("cbc:AdditionalStreetName", in.Get("line2"))
		w.Value("cbc:CityName", in.Get("city"))
		w.Value("cbc:PostalZone", in.Get("postCode"))
		w.Value("cbc:CountrySubentity", in.Get("subdivision"))
		w.Group("cac:AddressLine", func() { w.Value("cbc:Line", in.Get("line3")) })
		w.Group("cac:Country", func() { w.Value("cbc:IdentificationCode", in.Get("country")) })
	})
}

// deliveryTerms writes EXT-FR-FE-BG-14.
func (w *writer) deliveryTerms(in document.Value) {
	w.Group("cac:DeliveryTerms", func() {
		w.Value("cbc:ID", in.Get("code"))
		w.Group("cac:DeliveryLocation", func() { w.Value("cbc:Name", in.Get("location")) })
	})
}

// delivery writes BG-13 and BG-15, or the delivery of a line.
func (w *writer) delivery(in document.Value) {
	w.Group("cac:Delivery", func() {
		w.Value("cbc:ActualDeliveryDate", in.Get("date"))
		w.Group("cac:DeliveryLocation", func() {
			w.identifier("cbc:ID", in.Get("location"))
			w.address("cac:Address", in.Get("address"))
		})
		w.Group("cac:DeliveryParty", func() {
			w.Group("cac:PartyName", func() { w.Value("cbc:Name", in.Get("partyName")) })
		})
	})
}
