package canonical

import "github.com/commande-publique/passerelle/internal/document"

// extendedProfile is the specification identifier (BT-24) of the French extended profile (EXTENDED-CTC-FR).
const extendedProfile = "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"

// IsExtended reports whether an invoice with that specification identifier (BT-24) follows the French extended profile,
// which has terms that EN 16931 has not (EXT-FR-FE), and several invoiced objects where EN 16931 has one.
func IsExtended(specification string) bool { return specification == extendedProfile }

// Extended returns a value that only an invoice of the French extended profile can say, absent for any other.
func (o *Output) Extended(v document.Value) document.Value {
	if o.extended {
		return v
	}
	return document.Value{}
}
