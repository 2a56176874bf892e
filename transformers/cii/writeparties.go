package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// tradeParty writes the seller (BG-4), the buyer (BG-7), the tax representative (BG-11) or a party of the French extended
// profile: each has those of these members that its schema gives it.
func (w *writer) tradeParty(name string, in document.Value) {
	w.Group(name, func() {
		w.partyIdentifiers(in)
		w.Value("ram:Name", in.Get("name"))
		w.Value("ram:RoleCode", in.Get("role"))
		w.Value("ram:Description", in.Get("legalInformation"))
		w.Group("ram:SpecifiedLegalOrganization", func() {
			w.identifier("ram:ID", in.Get("legalRegistration"))
			w.Value("ram:TradingBusinessName", in.Get("tradingName"))
		})
		w.Group("ram:DefinedTradeContact", func() { // BG-6, BG-9
			contact := in.Get("contact")
			w.Value("ram:PersonName", contact.Get("name"))
			w.inside("ram:TelephoneUniversalCommunication", "ram:CompleteNumber", contact.Get("phone"))
			w.inside("ram:EmailURIUniversalCommunication", "ram:URIID", contact.Get("email"))
		})
		w.address(in.Get("address"))
		w.Group("ram:URIUniversalCommunication", func() { w.identifier("ram:URIID", in.Get("electronicAddress")) })
		w.inside("ram:SpecifiedTaxRegistration", "ram:ID", in.Get("vatIdentifier"), canonical.Fixed("schemeID", "VA"))
		w.inside("ram:SpecifiedTaxRegistration", "ram:ID", in.Get("taxRegistration"), canonical.Fixed("schemeID", "FC"))
	})
}

// payee writes BG-10, of which EN 16931 has less than the French extended profile.
func (w *writer) payee(in document.Value) {
	if extended := w.Extended(in); extended.Exists() {
		w.tradeParty("ram:PayeeTradeParty", extended)
		return
	}
	w.Group("ram:PayeeTradeParty", func() {
		w.partyIdentifier(in.Get("identifier"))
		w.Value("ram:Name", in.Get("name"))
		w.Group("ram:SpecifiedLegalOrganization", func() { w.identifier("ram:ID", in.Get("legalRegistration")) })
	})
}

// partyIdentifiers writes the identifiers of a party (BT-29, BT-46, BT-60), those without scheme first.
func (w *writer) partyIdentifiers(in document.Value) {
	w.partyIdentifier(in.Get("identifier"))
	for id := range in.Get("identifiers").Children() {
		if !id.Get("scheme").Exists() {
			w.partyIdentifier(id)
		}
	}
	for id := range in.Get("identifiers").Children() {
		if id.Get("scheme").Exists() {
			w.partyIdentifier(id)
		}
	}
}

// partyIdentifier writes an identifier: as GlobalID under its scheme, as ID where it has none.
func (w *writer) partyIdentifier(in document.Value) {
	if in.Get("scheme").Exists() {
		w.identifier("ram:GlobalID", in)
		return
	}
	w.Value("ram:ID", in.Get("id"))
}

func (w *writer) address(in document.Value) {
	w.Group("ram:PostalTradeAddress", func() {
		w.Value("ram:PostcodeCode", in.Get("postCode"))
		w.Value("ram:LineOne", in.Get("line1"))
		w.Value("ram:LineTwo", in.Get("line2"))
		w.Value("ram:LineThree", in.Get("line3"))
		w.Value("ram:CityName", in.Get("city"))
		w.Value("ram:CountryID", in.Get("country"))
		w.Value("ram:CountrySubDivisionName", in.Get("subdivision"))
	})
}
