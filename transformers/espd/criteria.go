package espd

// lotReference and evidenceReference are lists of identifiers of lots and evidences of the same document.
func lotReference() field      { return flat(fields{"ID": listOf(text, "lots")}) }
func evidenceReference() field { return flat(fields{"ID": listOf(text, "evidence")}) }

// criterionShape is an exclusion ground or selection criterion: groups of properties, groups within groups, and
// national criteria within a criterion.
func criterionShape(evidence *shape) *shape {
	group := &shape{}
	group.fields = fields{
		"ID":                         {name: "id"},
		"Name":                       {name: "name"},
		"Description":                {form: lines, name: "description"},
		"PropertyGroupTypeCode":      {name: "typeCode"},
		"FulfilmentIndicator":        {form: indicator, name: "fulfilment"},
		"FulfilmentTypeCode":         {name: "fulfilmentTypeCode"},
		"TenderingCriterionProperty": many("properties", propertyShape(evidence)),
		"SubsidiaryTenderingCriterionPropertyGroup": many("groups", group),
	}
	criterion := &shape{}
	criterion.fields = fields{
		"ID":                                {name: "id"},
		"CriterionTypeCode":                 {name: "typeCode"},
		"Name":                              {name: "name"},
		"Description":                       {form: lines, name: "description"},
		"WeightNumeric":                     {form: decimal, name: "weight"},
		"FulfilmentIndicator":               {form: indicator, name: "fulfilment"},
		"FulfilmentIndicatorTypeCode":       {name: "fulfilmentTypeCode"},
		"EvaluationMethodTypeCode":          {name: "evaluationMethod"},
		"WeightingConsiderationDescription": {form: lines, name: "weightingConsideration"},
		"ProcurementProjectLotReference":    lotReference(),
		"SubTenderingCriterion":             many("subCriteria", criterion),
		"TenderingCriterionPropertyGroup":   many("groups", group),
		"Legislation": many("legislation", &shape{fields{
			"ID":                {name: "id"},
			"Title":             {form: lines, name: "title"},
			"Description":       {form: lines, name: "description"},
			"JurisdictionLevel": {form: lines, name: "jurisdictionLevel"},
			"Article":           {form: lines, name: "article"},
			"URI":               {form: lines, name: "uri"},
			"Language":          flat(fields{"LocaleCode": listOf(text, "languages")}),
		}}),
	}
	return criterion
}

// propertyShape is a caption, a requirement or a question. What the buyer expects stands in one object.
func propertyShape(evidence *shape) *shape {
	expected := func(f form, name string) field { return field{form: f, name: name, in: "expected"} }
	return &shape{fields{
		"ID":                            {name: "id"},
		"Name":                          {name: "name"},
		"Description":                   {form: lines, name: "description"},
		"TypeCode":                      {name: "typeCode"},
		"ValueDataTypeCode":             {name: "dataType"},
		"ValueUnitCode":                 {name: "unitCode"},
		"ValueCurrencyCode":             {name: "currencyCode"},
		"ExpectedAmount":                expected(amount, "amount"),
		"ExpectedID":                    {name: "ids", in: "expected", list: true},
		"ExpectedIndicator":             expected(indicator, "indicator"),
		"ExpectedCode":                  expected(code, "code"),
		"ExpectedValueNumeric":          expected(numeric, "numeric"),
		"ExpectedDescription":           expected(lines, "description"),
		"ExpectedURI":                   expected(text, "uri"),
		"MaximumAmount":                 expected(amount, "maximumAmount"),
		"MinimumAmount":                 expected(amount, "minimumAmount"),
		"MaximumValueNumeric":           expected(numeric, "maximumNumeric"),
		"MinimumValueNumeric":           expected(numeric, "minimumNumeric"),
		"MaximumQuantity":               expected(quantity, "maximumQuantity"),
		"MinimumQuantity":               expected(quantity, "minimumQuantity"),
		"TranslationTypeCode":           expected(text, "translationTypeCode"),
		"CertificationLevelDescription": expected(lines, "certificationLevel"),
		"CopyQualityTypeCode":           expected(text, "copyQualityTypeCode"),
		"ApplicablePeriod":              many("periods", periodShape()),
		"TemplateEvidence":              many("templateEvidences", evidence),
	}}
}

// answerShape is the answer to one property, with its typed values.
func answerShape() *shape {
	period := periodShape()
	return &shape{fields{
		"ID":                             {name: "id"},
		"Name":                           {name: "name"},
		"Description":                    {form: lines, name: "description"},
		"ValidatedCriterionPropertyID":   {name: "propertyId"},
		"ConfidentialityLevelCode":       {name: "confidentiality"},
		"ApplicablePeriod":               many("periods", period),
		"EvidenceSupplied":               evidenceReference(),
		"ProcurementProjectLotReference": lotReference(),
		"ResponseValue": many("values", &shape{fields{
			"ID":                   {name: "id"},
			"Description":          {form: lines, name: "description"},
			"Response":             {form: lines, name: "text"},
			"ResponseAmount":       {form: amount, name: "amount"},
			"ResponseBinaryObject": {form: attachment, name: "attachment"},
			"ResponseCode":         {form: code, name: "code"},
			"ResponseDate":         {form: date, name: "date"},
			"ResponseID":           {form: identifier, name: "identifier"},
			"ResponseIndicator":    {form: indicator, name: "indicator"},
			"ResponseMeasure":      {form: quantity, name: "measure"},
			"ResponseNumeric":      {form: numeric, name: "numeric"},
			"ResponseQuantity":     {form: quantity, name: "quantity"},
			"ResponseTime":         {name: "time"},
			"ResponseURI":          {name: "uri"},
			"ApplicablePeriod":     many("periods", period),
			"EvidenceSupplied":     evidenceReference(),
		}}),
	}}
}
