package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// parties writes BG-4 to BG-12, and the parties that only the French extended profile has.
func (m *mapping) parties(out document.Value, agreement, settlement xmldoc.Element) {
	m.seller(out, m.one(agreement, ram, "SellerTradeParty", "BG-4"))
	m.buyer(out, m.one(agreement, ram, "BuyerTradeParty", "BG-7"))
	m.payee(out, m.one(settlement, ram, "PayeeTradeParty", "BG-10"))
	m.taxRepresentative(out, m.one(agreement, ram, "SellerTaxRepresentativeTradeParty", "BG-11"))
	if m.extended {
		m.extendedParties(out, agreement, settlement)
	}
}

// seller writes BG-4.
func (m *mapping) seller(out document.Value, in xmldoc.Element) {
	seller := out.Object("seller", in.Ref())
	m.text(seller, "name", in, "Name", "BT-27")
	m.legalOrganization(seller, in, "BT-30", "BT-28")
	m.identifiers(seller, in)
	m.taxRegistrations(seller, in, "BT-31", "BT-32")
	m.text(seller, "legalInformation", in, "Description", "BT-33")
	m.electronicAddress(seller, in, "BT-34")
	m.address(seller, in, addressTerms{"BG-5", "BT-35", "BT-36", "BT-162", "BT-37", "BT-38", "BT-39", "BT-40"})
	m.contact(seller, in, "BG-6", "BT-41", "BT-42", "BT-43")
}

// buyer writes BG-7.
func (m *mapping) buyer(out document.Value, in xmldoc.Element) {
	buyer := out.Object("buyer", in.Ref())
	m.text(buyer, "name", in, "Name", "BT-44")
	m.legalOrganization(buyer, in, "BT-47", "BT-45")
	m.identifiers(buyer, in)
	m.taxRegistrations(buyer, in, "BT-48", "")
	m.electronicAddress(buyer, in, "BT-49")
	m.address(buyer, in, addressTerms{"BG-8", "BT-50", "BT-51", "BT-163", "BT-52", "BT-53", "BT-54", "BT-55"})
	m.contact(buyer, in, "BG-9", "BT-56", "BT-57", "BT-58")
}

// payee writes BG-10.
func (m *mapping) payee(out document.Value, in xmldoc.Element) {
	payee := out.Object("payee", in.Ref())
	m.text(payee, "name", in, "Name", "BT-59")
	m.onlyIdentifier(payee, "identifier", in, "BT-60")
	m.identifier(payee, "legalRegistration", m.one(in, ram, "SpecifiedLegalOrganization", "BT-61"), "ID", "BT-61")
	if m.extended {
		m.extendedPayee(payee, in)
	}
}

// taxRepresentative writes BG-11 and BG-12.
func (m *mapping) taxRepresentative(out document.Value, in xmldoc.Element) {
	representative := out.Object("taxRepresentative", in.Ref())
	m.text(representative, "name", in, "Name", "BT-62")
	m.taxRegistrations(representative, in, "BT-63", "")
	m.address(representative, in, addressTerms{"BG-12", "BT-64", "BT-65", "BT-164", "BT-66", "BT-67", "BT-68", "BT-69"})
}

// legalOrganization writes the legal registration (BT-30, BT-47) and the trading name (BT-28, BT-45).
func (m *mapping) legalOrganization(out document.Value, party xmldoc.Element, registration, tradingName string) {
	in := m.one(party, ram, "SpecifiedLegalOrganization", registration)
	m.text(out, "tradingName", in, "TradingBusinessName", tradingName)
	m.identifier(out, "legalRegistration", in, "ID", registration)
}

// identifiers writes all identifiers of a party (BT-29, BT-46): ID has no scheme of the ISO 6523 list, GlobalID has.
func (m *mapping) identifiers(out document.Value, party xmldoc.Element) {
	list := out.Array("identifiers", 0)
	for _, local := range [...]string{"ID", "GlobalID"} {
		for id := range m.each(party, ram, local) {
			if id.Text() != "" {
				m.w.IdentifierItem(list, id, "schemeID")
			}
		}
	}
}

// onlyIdentifier writes the identifier of a party that has one at most (BT-60, BT-71): its GlobalID, else its ID.
func (m *mapping) onlyIdentifier(out document.Value, name string, party xmldoc.Element, term string) {
	id, global := m.one(party, ram, "ID", term), m.one(party, ram, "GlobalID", term)
	if global.Text() != "" {
		id = global
	}
	if id.Text() != "" {
		m.w.Identifier(out, name, id, "schemeID")
	}
}

// taxRegistrations writes the VAT identifier (scheme VA: BT-31, BT-48, BT-63) and, where the party has the term, the
// tax registration (scheme FC: BT-32).
func (m *mapping) taxRegistrations(out document.Value, party xmldoc.Element, vatTerm, taxTerm string) {
	for registration := range m.each(party, ram, "SpecifiedTaxRegistration") {
		id := m.one(registration, ram, "ID", vatTerm)
		switch scheme := id.Attr("schemeID"); {
		case scheme == "VA":
			m.once(out, "vatIdentifier", id, vatTerm)
		case scheme == "FC" && taxTerm != "":
			m.once(out, "taxRegistration", id, taxTerm)
		}
	}
}

// once writes the text of an element selected by its type; a second one of the type is a violation.
func (m *mapping) once(out document.Value, name string, e xmldoc.Element, term string) {
	if first := out.Get(name); first.Exists() && e.Exists() {
		m.report(canonical.RepeatedElement, e, first, term, e.Name().Local, e.Parent().Parent().Name().Local)
		return
	}
	m.w.Text(out, name, e)
}

// electronicAddress writes BT-34 or BT-49.
func (m *mapping) electronicAddress(out document.Value, party xmldoc.Element, term string) {
	m.identifier(out, "electronicAddress", m.one(party, ram, "URIUniversalCommunication", term), "URIID", term)
}

// addressTerms are the terms of one postal address, in the order of the standard.
type addressTerms struct {
	group, line1, line2, line3, city, postCode, subdivision, country string
}

// address writes a postal address: BG-5, BG-8, BG-12 or BG-15.
func (m *mapping) address(out document.Value, party xmldoc.Element, terms addressTerms) {
	in := m.one(party, ram, "PostalTradeAddress", terms.group)
	address := out.Object("address", in.Ref())
	m.text(address, "line1", in, "LineOne", terms.line1)
	m.text(address, "line2", in, "LineTwo", terms.line2)
	m.text(address, "line3", in, "LineThree", terms.line3)
	m.text(address, "city", in, "CityName", terms.city)
	m.text(address, "postCode", in, "PostcodeCode", terms.postCode)
	m.text(address, "subdivision", in, "CountrySubDivisionName", terms.subdivision)
	m.text(address, "country", in, "CountryID", terms.country)
}

// contact writes BG-6 or BG-9. The contact point is the person, else the department; a department beside a person has
// no term.
func (m *mapping) contact(out document.Value, party xmldoc.Element, group, name, phone, email string) {
	in := m.one(party, ram, "DefinedTradeContact", group)
	contact := out.Object("contact", in.Ref())
	person, department := m.one(in, ram, "PersonName", name), m.one(in, ram, "DepartmentName", name)
	if person.Text() == "" {
		person = department
	}
	m.w.Text(contact, "name", person)
	m.text(contact, "phone", m.one(in, ram, "TelephoneUniversalCommunication", phone), "CompleteNumber", phone)
	m.text(contact, "email", m.one(in, ram, "EmailURIUniversalCommunication", email), "URIID", email)
}
