package transformers

// PartialInvoices has the profiles of Factur-X and ZUGFeRD whose XML holds a part of the invoice only, as the invoice is the PDF
// that carries it (Factur-X 1.0, MINIMUM and BASIC WL): the name of each by its specification identifier (BT-24). It must not be
// changed.
var PartialInvoices = map[string]string{
	"urn:factur-x.eu:1p0:minimum": "MINIMUM",
	"urn:zugferd.de:2p0:minimum":  "MINIMUM",
	"urn:factur-x.eu:1p0:basicwl": "BASIC WL",
	"urn:zugferd.de:2p0:basicwl":  "BASIC WL",
}
