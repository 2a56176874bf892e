package ubl

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// sepa is the scheme under which the binding writes the bank assigned creditor identifier (BT-90) among the
// identifiers of the seller or the payee.
const sepa = "SEPA"

func isSEPA(id xmldoc.Element) bool { return strings.EqualFold(id.Attr("schemeID"), sepa) }

// parties maps BG-4 to BG-12, and the parties that only the French extended profile has.
func (m *mapper) parties(out document.Value, e xmldoc.Element) {
	m.seller(m.group(out, "seller", e, "cac:AccountingSupplierParty/cac:Party", "BG-4"))
	m.buyer(m.group(out, "buyer", e, "cac:AccountingCustomerParty/cac:Party", "BG-7"))
	m.payee(m.group(out, "payee", e, "cac:PayeeParty", "BG-10"))
	m.taxRepresentative(m.group(out, "taxRepresentative", e, "cac:TaxRepresentativeParty", "BG-11"))
	if m.extended {
		m.extendedParties(out, e)
	}
}

// BG-4 Seller
func (m *mapper) seller(out document.Value, e xmldoc.Element) {
	m.text(out, "name", e, "cac:PartyLegalEntity/cbc:RegistrationName", "BT-27")
	m.text(out, "tradingName", e, "cac:PartyName/cbc:Name", "BT-28")
	each(e, "cac:PartyIdentification/cbc:ID", func(id xmldoc.Element) bool {
		if !isSEPA(id) {
			m.IdentifierItem(out.Array("identifiers", id.Ref()), id, "schemeID") // BT-29
		}
		return true
	})
	m.identifier(out, "legalRegistration", e, "cac:PartyLegalEntity/cbc:CompanyID", "BT-30")
	m.taxIdentifier(out, "vatIdentifier", e, true, "BT-31")
	m.taxIdentifier(out, "taxRegistration", e, false, "BT-32")
	m.text(out, "legalInformation", e, "cac:PartyLegalEntity/cbc:CompanyLegalForm", "BT-33")
	m.identifier(out, "electronicAddress", e, "cbc:EndpointID", "BT-34")
	// BG-5 Seller postal address
	m.address(out, e, "cac:PostalAddress", addressTerms{
		"BG-5", "BT-35", "BT-36", "BT-162", "BT-37", "BT-38", "BT-39", "BT-40",
	})
	// BG-6 Seller contact
	m.contact(out, e, contactTerms{"BG-6", "BT-41", "BT-42", "BT-43"})
}

// BG-7 Buyer
func (m *mapper) buyer(out document.Value, e xmldoc.Element) {
	m.text(out, "name", e, "cac:PartyLegalEntity/cbc:RegistrationName", "BT-44")
	m.text(out, "tradingName", e, "cac:PartyName/cbc:Name", "BT-45")
	// EN 16931 has one buyer identifier; French invoices carry the SIRET and the routing code beside each other, so
	// all are kept.
	each(e, "cac:PartyIdentification/cbc:ID", func(id xmldoc.Element) bool {
		m.IdentifierItem(out.Array("identifiers", id.Ref()), id, "schemeID") // BT-46
		return true
	})
	m.identifier(out, "legalRegistration", e, "cac:PartyLegalEntity/cbc:CompanyID", "BT-47")
	m.taxIdentifier(out, "vatIdentifier", e, true, "BT-48")
	m.identifier(out, "electronicAddress", e, "cbc:EndpointID", "BT-49")
	// BG-8 Buyer postal address
	m.address(out, e, "cac:PostalAddress", addressTerms{
		"BG-8", "BT-50", "BT-51", "BT-163", "BT-52", "BT-53", "BT-54", "BT-55",
	})
	// BG-9 Buyer contact
	m.contact(out, e, contactTerms{"BG-9", "BT-56", "BT-57", "BT-58"})
}

// BG-10 Payee
func (m *mapper) payee(out document.Value, e xmldoc.Element) {
	m.text(out, "name", e, "cac:PartyName/cbc:Name", "BT-59")
	var identifier xmldoc.Element
	each(e, "cac:PartyIdentification/cbc:ID", func(id xmldoc.Element) bool {
		return isSEPA(id) || m.single(&identifier, id, out, "identifier", "BT-60")
	})
	m.Identifier(out, "identifier", identifier, "schemeID")
	m.identifier(out, "legalRegistration", e, "cac:PartyLegalEntity/cbc:CompanyID", "BT-61")
	if m.extended {
		m.extendedPayee(out, e)
	}
}

// BG-11 Seller tax representative party
func (m *mapper) taxRepresentative(out document.Value, e xmldoc.Element) {
	m.text(out, "name", e, "cac:PartyName/cbc:Name", "BT-62")
	m.taxIdentifier(out, "vatIdentifier", e, true, "BT-63")
	// BG-12 Seller tax representative postal address
	m.address(out, e, "cac:PostalAddress", addressTerms{
		"BG-12", "BT-64", "BT-65", "BT-164", "BT-66", "BT-67", "BT-68", "BT-69",
	})
}

// taxIdentifier writes the identifier of a party under the tax scheme VAT, or under another one. The name of another
// scheme has no term, so it stays unread; an identifier without any scheme is neither.
func (m *mapper) taxIdentifier(out document.Value, name string, e xmldoc.Element, vat bool, term string) {
	var first xmldoc.Element
	each(e, "cac:PartyTaxScheme", func(party xmldoc.Element) bool {
		scheme := party.Child(aggregateNS, "TaxScheme").Child(basicNS, "ID")
		if scheme.Text() == "" || isVAT(scheme) != vat {
			return true
		}
		if vat {
			m.Read(scheme)
		}
		return each(party, "cbc:CompanyID", func(id xmldoc.Element) bool {
			return m.single(&first, id, out, name, term)
		})
	})
	m.Text(out, name, first)
}

// addressTerms are the terms of a postal address in the order of the model.
type addressTerms struct{ group, line1, line2, line3, city, postCode, subdivision, country string }

// address maps a postal address, which becomes the member "address".
func (m *mapper) address(party document.Value, e xmldoc.Element, path string, terms addressTerms) {
	out, address := m.group(party, "address", e, path, terms.group)
	m.text(out, "line1", address, "cbc:StreetName", terms.line1)
	m.text(out, "line2", address, "cbc:AdditionalStreetName", terms.line2)
	m.text(out, "line3", address, "cac:AddressLine/cbc:Line", terms.line3)
	m.text(out, "city", address, "cbc:CityName", terms.city)
	m.text(out, "postCode", address, "cbc:PostalZone", terms.postCode)
	m.text(out, "subdivision", address, "cbc:CountrySubentity", terms.subdivision)
	m.text(out, "country", address, "cac:Country/cbc:IdentificationCode", terms.country)
}

// contactTerms are the terms of a contact in the order of the model.
type contactTerms struct{ group, name, phone, email string }

// contact maps the contact of a party.
func (m *mapper) contact(party document.Value, e xmldoc.Element, terms contactTerms) {
	out, contact := m.group(party, "contact", e, "cac:Contact", terms.group)
	m.text(out, "name", contact, "cbc:Name", terms.name)
	m.text(out, "phone", contact, "cbc:Telephone", terms.phone)
	m.text(out, "email", contact, "cbc:ElectronicMail", terms.email)
}
