package espd

import "maps"

// buyerShape is a contracting party: its party and what it is as a buyer.
func buyerShape(party *shape) *shape {
	return &shape{fields{
		"BuyerProfileURI":      {name: "profileUri"},
		"ContractingPartyType": flat(fields{"PartyTypeCode": listOf(text, "typeCodes")}),
		"ContractingActivity":  flat(fields{"ActivityTypeCode": listOf(text, "activityCodes")}),
		"Party":                {form: inline, of: party},
	}}
}

// operatorShape is an economic operator: its party, its role in the tender and the lists that it is qualified by.
func operatorShape(party *shape) *shape {
	return &shape{fields{
		"EconomicOperatorRole": flat(fields{
			"RoleCode":        {name: "roleCode", rest: "otherRoleCodes"},
			"RoleDescription": listOf(text, "roleDescriptions"),
		}),
		"QualifyingParty": many("qualifications", &shape{fields{
			"ParticipationPercent":       {form: decimal, name: "participationPercent"},
			"PersonalSituation":          {form: lines, name: "personalSituation"},
			"OperatingYearsQuantity":     {form: quantity, name: "operatingYears"},
			"EmployeeQuantity":           {form: quantity, name: "employees"},
			"BusinessIdentityEvidenceID": listOf(text, "evidence"),
			"Party":                      {form: inline, of: party},
		}}),
		"Party": {form: inline, of: party},
	}}
}

// partyShape is a party with everything that an ESPD says of it. References may have an issuer, which is a party, so
// the shape of references comes from the caller.
func partyShape(reference *shape) *shape {
	address, contact := addressShape(), contactShape()
	person := &shape{fields{
		"ID":                        {name: "id"},
		"FirstName":                 {name: "firstName"},
		"MiddleName":                {name: "middleName"},
		"FamilyName":                {name: "familyName"},
		"Title":                     {name: "title"},
		"JobTitle":                  {name: "jobTitle"},
		"NationalityID":             {name: "nationality"},
		"GenderCode":                {name: "gender"},
		"BirthDate":                 {form: date, name: "birthDate"},
		"BirthplaceName":            {name: "birthPlace"},
		"Contact":                   one("contact", contact),
		"ResidenceAddress":          one("address", address),
		"IdentityDocumentReference": many("documents", reference),
	}}
	party := fields{
		"WebsiteURI":                 {name: "website"},
		"EndpointID":                 {form: identifier, name: "endpoint"},
		"IndustryClassificationCode": {name: "size"},
		"PartyIdentification":        flat(fields{"ID": listOf(identifier, "identifiers")}),
		"PartyName":                  flat(fields{"Name": {name: "name", rest: "otherNames"}}),
		"PostalAddress":              one("address", address),
		"PartyTaxScheme":             flat(fields{"CompanyID": listOf(identifier, "taxIdentifiers")}),
		"PartyLegalEntity": flat(fields{
			"RegistrationName": {name: "legalName", rest: "otherLegalNames"},
			"CompanyID":        listOf(identifier, "legalIdentifiers"),
		}),
		"Contact": one("contact", contact),
		"Person":  many("persons", person),
	}
	plain := &shape{maps.Clone(party)}
	party["ServiceProviderParty"] = many("serviceProviders", &shape{fields{
		"ID":              {name: "id"},
		"ServiceTypeCode": {name: "serviceTypeCode"},
		"ServiceType":     {form: lines, name: "serviceType"},
		"Party":           {form: inline, of: plain},
		"SellerContact":   one("sellerContact", contact),
	}})
	party["PowerOfAttorney"] = many("representatives", &shape{fields{
		"ID":                       {name: "id"},
		"IssueDate":                {form: date, name: "issueDate"},
		"IssueTime":                {name: "issueTime"},
		"Description":              {form: lines, name: "description"},
		"AgentParty":               {form: inline, of: plain},
		"MandateDocumentReference": many("documents", reference),
	}})
	return &shape{party}
}

// addressShape is a postal or residence address. The country is kept as written: alpha-2 in ESPD 2.1, alpha-3 since.
func addressShape() *shape {
	return &shape{fields{
		"StreetName":           {name: "line1"},
		"AdditionalStreetName": {name: "line2"},
		"AddressLine":          flat(fields{"Line": listOf(text, "otherLines")}),
		"BuildingName":         {name: "buildingName"},
		"BuildingNumber":       {name: "buildingNumber"},
		"Postbox":              {name: "postbox"},
		"CityName":             {name: "city"},
		"PostalZone":           {name: "postCode"},
		"CountrySubentity":     {name: "subdivision"},
		"CountrySubentityCode": {name: "subdivisionCode"},
		"Country":              flat(fields{"IdentificationCode": {name: "country"}, "Name": {name: "countryName"}}),
	}}
}

func contactShape() *shape {
	return &shape{fields{
		"ID":             {name: "id"},
		"Name":           {name: "name"},
		"Telephone":      {name: "phone"},
		"Telefax":        {name: "fax"},
		"ElectronicMail": {name: "email"},
		"Note":           {form: lines, name: "note"},
	}}
}
