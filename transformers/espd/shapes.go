package espd

// fields maps local names to members.
type fields = map[string]field

// listOf is a member with one item for each element.
func listOf(f form, name string) field { return field{form: f, name: name, list: true} }

// one is an object member, many a list of objects, flat an element whose children belong to the object around it.
func one(name string, of *shape) field  { return field{form: object, name: name, of: of} }
func many(name string, of *shape) field { return field{form: object, name: name, of: of, list: true} }
func flat(f fields) field               { return field{form: inline, of: &shape{f}} }

// documentShape returns the shape of requests and responses: UBL gives them the same header, and what only one of
// them has is absent in the other.
func documentShape() *shape {
	reference := referenceShape()
	party := partyShape(reference)
	evidence := evidenceShape(party, reference)
	return &shape{fields{
		"UBLVersionID":                     {name: "ublVersion"},
		"CustomizationID":                  {name: "customizationId"},
		"ProfileID":                        {name: "profileId"},
		"ProfileExecutionID":               {name: "profileExecutionId"},
		"ID":                               {name: "id"},
		"CopyIndicator":                    {form: indicator, name: "copyIndicator"},
		"UUID":                             {name: "uuid"},
		"ContractFolderID":                 {name: "contractFolderId"},
		"ContractName":                     {form: lines, name: "contractName"},
		"IssueDate":                        {form: date, name: "issueDate"},
		"IssueTime":                        {name: "issueTime"},
		"EconomicOperatorGroupName":        {name: "operatorGroupName"},
		"VersionID":                        {name: "versionId"},
		"PreviousVersionID":                {name: "previousVersionId"},
		"ProcedureCode":                    {name: "procedureCode"},
		"QualificationApplicationTypeCode": {name: "typeCode"},
		"WeightingTypeCode":                {name: "weightingTypeCode"},
		"WeightScoringMethodologyNote":     {form: lines, name: "weightScoringNote"},
		"ContractingParty":                 {form: object, name: "buyer", rest: "otherBuyers", of: buyerShape(party)},
		"EconomicOperatorParty":            {form: object, name: "operator", rest: "otherOperators", of: operatorShape(party)},
		"ProcurementProject":               one("project", projectShape()),
		"ProcurementProjectLot":            many("lots", lotShape()),
		"TenderingCriterion":               many("criteria", criterionShape(evidence)),
		"TenderingCriterionResponse":       many("answers", answerShape()),
		"AdditionalDocumentReference":      many("documents", reference),
		"Evidence":                         many("evidences", evidence),
	}}
}

func projectShape() *shape {
	commodity := flat(fields{"ItemClassificationCode": listOf(text, "cpvCodes")})
	return &shape{fields{
		"ID":                                {name: "id"},
		"Name":                              {form: lines, name: "name"},
		"Description":                       {form: lines, name: "description"},
		"ProcurementTypeCode":               {name: "typeCode"},
		"Note":                              {form: lines, name: "note"},
		"MainCommodityClassification":       commodity,
		"AdditionalCommodityClassification": commodity,
	}}
}

func lotShape() *shape {
	return &shape{fields{
		"ID":                 {name: "id"},
		"ProcurementProject": one("project", projectShape()),
	}}
}

func periodShape() *shape {
	return &shape{fields{
		"StartDate":       {form: date, name: "start"},
		"StartTime":       {name: "startTime"},
		"EndDate":         {form: date, name: "end"},
		"EndTime":         {name: "endTime"},
		"DurationMeasure": {form: quantity, name: "duration"},
		"Description":     {form: lines, name: "description"},
	}}
}

// evidenceShape is what supports an answer, or the template for it that a request asks for.
func evidenceShape(party, reference *shape) *shape {
	return &shape{fields{
		"ID":                       {name: "id"},
		"EvidenceTypeCode":         {name: "typeCode"},
		"Name":                     {name: "name"},
		"Description":              {form: lines, name: "description"},
		"CandidateStatement":       {form: lines, name: "statement"},
		"ConfidentialityLevelCode": {name: "confidentiality"},
		"EvidenceIssuingParty":     one("issuer", party),
		"DocumentReference":        many("documents", reference),
	}}
}

// referenceShape is a reference to another document. Its descriptions stay apart: the second of a notice in the
// Official Journal has a meaning of its own (BR-COM-10-02).
func referenceShape() *shape {
	s := &shape{}
	s.fields = fields{
		"ID":                  {name: "id"},
		"CopyIndicator":       {form: indicator, name: "copyIndicator"},
		"UUID":                {name: "uuid"},
		"IssueDate":           {form: date, name: "issueDate"},
		"IssueTime":           {name: "issueTime"},
		"DocumentTypeCode":    {name: "typeCode"},
		"DocumentType":        {form: lines, name: "type"},
		"VersionID":           {name: "versionId"},
		"DocumentStatusCode":  {name: "statusCode"},
		"DocumentDescription": listOf(text, "descriptions"),
		"ValidityPeriod":      one("validity", periodShape()),
		"IssuerParty":         one("issuer", partyShape(s)),
		"Attachment": flat(fields{
			"EmbeddedDocumentBinaryObject": {form: attachment, name: "attachment"},
			"ExternalReference": one("external", &shape{fields{
				"URI":                 {name: "uri"},
				"DocumentHash":        {name: "hash"},
				"HashAlgorithmMethod": {name: "hashAlgorithm"},
				"ExpiryDate":          {form: date, name: "expiryDate"},
				"MimeCode":            {name: "mimeCode"},
				"FileName":            {name: "fileName"},
				"Description":         listOf(text, "descriptions"),
			}}),
		}),
	}
	return s
}
