package transformers

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/violation"
)

// contradictsContentType says whether a media type names another syntax than that of the content. Types that say
// nothing about the syntax, text/plain and application/octet-stream among them, contradict nothing.
func contradictsContentType(contentType string, found shape) *violation.Violation {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	said := ""
	switch {
	case media == "application/json", media == "text/json", strings.HasSuffix(media, "+json"):
		said = string(jsonShape)
	case media == "application/xml", media == "text/xml", strings.HasSuffix(media, "+xml"):
		said = string(xmlShape)
	case media == "application/pdf":
		said = "PDF"
	case media == "application/zip", media == "application/gzip", strings.HasSuffix(media, "+zip"):
		said = "archive"
	case media == "text/html":
		said = "HTML"
	}
	if said == "" || said == string(found) {
		return nil
	}
	v := contentTypeMismatch.New(violation.At{Source: "content-type"}, violation.Excerpt(media), string(found))
	return &v
}

// catalogue says which kinds the events of the catalogue carry, by the last words of their type: the prefix, the
// name of the organisation that defines them, is not ours to fix.
var catalogue = []struct {
	suffix string
	kinds  []Kind
}{
	{"dume.acheteur.publie", []Kind{ESPDRequest}},
	{"dume.oe.depose", []Kind{ESPDResponse}},
	{"facture.deposee", []Kind{Invoice, CreditNote}},
	{"facture.statut", []Kind{InvoiceStatus}},
	{"marche.notifie", []Kind{Contract}},
	{"marche.modifie", []Kind{Contract}},
	{"concession.notifiee", []Kind{Concession}},
	{"concession.executionpubliee", []Kind{Concession}},
	{"donneesessentielles.publiees", []Kind{Contract, Concession}},
}

// contradictsEventType says whether an event type of the catalogue announces other kinds than the one that was found.
// Types that are not in the catalogue contradict nothing, and neither does any type when no kind was found.
func contradictsEventType(eventType string, found Kind) *violation.Violation {
	if found == "" {
		return nil
	}
	name := "." + withoutVersion(eventType)
	for _, entry := range catalogue {
		if !strings.HasSuffix(name, "."+entry.suffix) || slices.Contains(entry.kinds, found) {
			continue
		}
		announced := make([]string, len(entry.kinds))
		for i, kind := range entry.kinds {
			announced[i] = string(kind)
		}
		v := eventTypeMismatch.New(violation.At{Source: "ce_type"}, violation.Excerpt(eventType), strings.Join(announced, ", "), string(found))
		return &v
	}
	return nil
}

// withoutVersion removes the version, .v1, from an event type.
func withoutVersion(eventType string) string {
	i := strings.LastIndex(eventType, ".v")
	if i >= 0 && len(eventType) > i+2 && strings.Trim(eventType[i+2:], "0123456789") == "" {
		return eventType[:i]
	}
	return eventType
}
