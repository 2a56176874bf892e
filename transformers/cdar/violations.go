package cdar

import "github.com/commande-publique/passerelle/internal/violation"

var unsupportedVersion = violation.Spec{
	Code:     "unsupported_version",
	FR:       "version de CDAR non prise en charge : espace de noms %q ; attendu : CrossDomainAcknowledgementAndResponse D22B (espace de noms …:CrossDomainAcknowledgementAndResponse:100)",
	EN:       "unsupported CDAR version: namespace %q; expected: CrossDomainAcknowledgementAndResponse D22B (namespace …:CrossDomainAcknowledgementAndResponse:100)",
	RemedyFR: "Émettez le message de cycle de vie en CDAR D22B.",
	RemedyEN: "Issue the lifecycle message as CDAR D22B.",
}

var unexpectedNamespace = violation.Spec{
	Code:     "unexpected_namespace",
	FR:       "élément %s dans l'espace de noms %q ; attendu : %q",
	EN:       "element %s in namespace %q; expected: %q",
	RemedyFR: "Corrigez le préfixe ou la déclaration xmlns de l'élément, puis renvoyez le message.",
	RemedyEN: "Correct the prefix or the xmlns declaration of the element, then send the message again.",
}

var repeatedElement = violation.Spec{
	Code:     "repeated_element",
	FR:       "élément %s répété ; attendu : une seule occurrence dans %s",
	EN:       "element %s is repeated; expected: a single occurrence in %s",
	RemedyFR: "Ne gardez qu'une occurrence de l'élément, puis renvoyez le message.",
	RemedyEN: "Keep one occurrence of the element, then send the message again.",
}

var noInvoice = violation.Spec{
	Code:     "status_no_invoice",
	FR:       "message de cycle de vie sans facture : attendu au moins un ReferenceReferencedDocument dans AcknowledgementDocument",
	EN:       "lifecycle message without invoice: expected at least one ReferenceReferencedDocument in AcknowledgementDocument",
	RemedyFR: "Indiquez la facture dont le message donne le statut (numéro, date, vendeur), puis renvoyez-le.",
	RemedyEN: "Name the invoice whose status the message tells (number, date, seller), then send it again.",
}

var tooMany = violation.Spec{
	Code:     "status_too_many",
	FR:       "message de cycle de vie trop grand : son en-tête de %d octets vaudrait pour %d factures, plus de %d Mio au total",
	EN:       "lifecycle message too large: its header of %d bytes would count for %d invoices, more than %d MiB in all",
	RemedyFR: "Répartissez les factures sur plusieurs messages.",
	RemedyEN: "Spread the invoices over several messages.",
}
