package facturx

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
)

// profile is a profile of Factur-X and ZUGFeRD.
type profile struct {
	name string
	// levels are what the metadata may call it (fx:ConformanceLevel).
	levels []string
	// data says that the XML does not hold the whole invoice, so that its relationship to the pages is Data alone
	// (Factur-X 1.0, section on the attachment).
	data bool
}

var (
	basic    = profile{"BASIC", []string{"BASIC"}, false}
	en16931  = profile{"EN 16931", []string{"EN 16931", "COMFORT"}, false} // COMFORT is its name in ZUGFeRD 1 and early 2
	extended = profile{"EXTENDED", []string{"EXTENDED"}, false}
	// The profile of the French reform is a subset of EXTENDED (XP Z12-012), for which the metadata has no word of its own.
	extendedCTC = profile{"EXTENDED-CTC-FR", []string{"EXTENDED", "EXTENDED-CTC-FR"}, false}
	xrechnung   = profile{"XRECHNUNG", []string{"XRECHNUNG"}, false}
)

// profiles has the profile of each specification identifier (BT-24), beside those of [transformers.PartialInvoices].
var profiles = map[string]profile{
	"urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic":             basic,
	"urn:cen.eu:en16931:2017#compliant#urn:zugferd.de:2p0:basic":              basic,
	"urn:cen.eu:en16931:2017":                                                 en16931,
	"urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended":         extended,
	"urn:cen.eu:en16931:2017#conformant#urn:zugferd.de:2p0:extended":          extended,
	"urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr": extendedCTC,
}

// profileOf returns the profile of a specification identifier (BT-24); one without name when it is none that is known.
func profileOf(specification string) profile {
	if p, ok := profiles[specification]; ok {
		return p
	}
	if name := transformers.PartialInvoices[specification]; name != "" {
		return profile{name, []string{name}, true}
	}
	// XRechnung has an identifier for each of its versions, under two authorities.
	for _, prefix := range []string{
		"urn:cen.eu:en16931:2017#compliant#urn:xoev-de:kosit:standard:xrechnung_",
		"urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_",
	} {
		if strings.HasPrefix(specification, prefix) {
			return xrechnung
		}
	}
	return profile{}
}

// called reports whether the metadata may call the profile so. Blanks and hyphens, which writers confuse, do not count.
func (p profile) called(level string) bool {
	return slices.ContainsFunc(p.levels, func(name string) bool { return plain(name) == plain(level) })
}

func plain(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(s))
}

const (
	rsm = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
	ram = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
)

// guideline returns the element of BT-24.
func guideline(xml *xmldoc.Doc) xmldoc.Element {
	return xml.Root().Child(rsm, "ExchangedDocumentContext").Child(ram, "GuidelineSpecifiedDocumentContextParameter").Child(ram, "ID")
}
