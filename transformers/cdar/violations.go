package cdar

import "github.com/commande-publique/passerelle/internal/violation"

var unsupportedVersion = violation.Spec{
	Code:     "unsupported_version",
	FR:       "version de CDAR non prise en charge : espace de noms %q ; attendu : CrossDomainAcknowledgementAndResponse D22B (espace de noms …:CrossDomainAcknowledgementAndResponse:100)",
	EN:       "unsupported CDAR version: namespace %q; expected: CrossDomainAcknowledgementAndResponse D22B (namespace …:CrossDomainAcknowledgementAndResponse:100)",
	RemedyFR: "Émettez le message de cycle de vie en CDAR D22B.",
	RemedyEN: "Issue the lifecycle message as CDAR D22B.",
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
