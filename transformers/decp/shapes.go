package decp

type members = map[string]member

func object(m members) *shape { return &shape{members: m} }

// identifierOnly is a buyer: nothing but its SIRET has a meaning.
func identifierOnly() *shape { return object(members{"id": {}}) }

// codes is {"<item>": [...]}: the wrapper of a list of codes.
func codes(item string) member { return member{of: object(members{item: {}}), item: item} }

// entries is [{"<item>": {...}}, ...]: the wrapper of lists of objects.
func entries(item string, s *shape) member {
	return member{of: object(members{item: {of: s}}), item: item, list: true}
}

// contractShape is a "marche".
func contractShape() *shape {
	operator := object(members{"typeIdentifiant": {}, "id": {}})
	return &shape{closed: true, members: members{
		"id":                       {},
		"acheteur":                 {of: identifierOnly()},
		"nature":                   {},
		"objet":                    {},
		"codeCPV":                  {},
		"techniques":               codes("technique"),
		"modalitesExecution":       codes("modaliteExecution"),
		"idAccordCadre":            {},
		"marcheInnovant":           {},
		"ccag":                     {},
		"offresRecues":             {},
		"attributionAvance":        {},
		"tauxAvance":               {decimal: true},
		"typeGroupementOperateurs": {},
		"sousTraitanceDeclaree":    {},
		"actesSousTraitance": entries("acteSousTraitance", object(members{
			"id": {}, "sousTraitant": {of: operator}, "dureeMois": {}, "dateNotification": {},
			"datePublicationDonnees": {}, "montant": {decimal: true}, "variationPrix": {},
		})),
		"procedure":                       {},
		"lieuExecution":                   {of: object(members{"code": {}, "typeCode": {}})},
		"dureeMois":                       {},
		"dateNotification":                {},
		"datePublicationDonnees":          {},
		"montant":                         {decimal: true},
		"typesPrix":                       codes("typePrix"),
		"formePrix":                       {},
		"origineUE":                       {decimal: true},
		"origineFrance":                   {decimal: true},
		"titulaires":                      entries("titulaire", operator),
		"considerationsSociales":          codes("considerationSociale"),
		"considerationsEnvironnementales": codes("considerationEnvironnementale"),
		"modificationsActesSousTraitance": entries("modificationActeSousTraitance", object(members{
			"id": {}, "dureeMois": {}, "dateNotificationModificationSousTraitance": {},
			"montant": {decimal: true}, "datePublicationDonnees": {},
		})),
		"modifications": entries("modification", object(members{
			"id": {}, "dateNotificationModification": {}, "datePublicationDonneesModification": {},
			"dureeMois": {}, "montant": {decimal: true}, "titulaires": entries("titulaire", operator),
		})),
	}}
}

// concessionShape is a "contrat-concession".
func concessionShape() *shape {
	operator := object(members{"typeIdentifiant": {}, "id": {}})
	return &shape{closed: true, members: members{
		"id":                        {},
		"autoriteConcedante":        {of: identifierOnly()},
		"nature":                    {},
		"objet":                     {},
		"procedure":                 {},
		"dureeMois":                 {},
		"dateSignature":             {},
		"datePublicationDonnees":    {},
		"dateDebutExecution":        {},
		"valeurGlobale":             {decimal: true},
		"montantSubventionPublique": {decimal: true},
		"donneesExecution": entries("donneesAnnuelles", object(members{
			"datePublicationDonneesExecution": {}, "depensesInvestissement": {decimal: true},
			"tarifs": entries("tarif", object(members{"intituleTarif": {}, "tarif": {decimal: true}})),
		})),
		"concessionnaires":                entries("concessionnaire", operator),
		"considerationsSociales":          codes("considerationSociale"),
		"considerationsEnvironnementales": codes("considerationEnvironnementale"),
		"modifications": entries("modification", object(members{
			"id": {}, "dateSignatureModification": {}, "datePublicationDonneesModification": {},
			"dureeMois": {}, "valeurGlobale": {decimal: true},
		})),
	}}
}
