package canonical_test

import (
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// The first twenty are told, once each however often they are read; the rest is counted.
func TestFaults(t *testing.T) {
	source, fault := xmldoc.Parse([]byte("<a>" + strings.Repeat("<b/>", 25) + "</a>"))
	if fault != nil {
		t.Fatal(fault.EN)
	}
	var f canonical.Faults
	for b := range source.Root().Children() {
		for range 2 {
			if !f.Full() {
				f.Refuse(canonical.RepeatedElement, b, "b", "a")
			}
		}
	}
	f.Refuse(canonical.RepeatedElement, source.Root().Child("", "b"), "b", "a")
	if len(f.List) != 20 || f.List[19].Source != "/a/b[20]" || f.List[19].Count > 1 {
		t.Errorf("%d, the last: %+v", len(f.List), f.List[len(f.List)-1])
	}
	f.Refuse(canonical.RepeatedElement, source.Root(), "a", "")
	if len(f.List) != 20 || f.List[19].Count != 2 {
		t.Errorf("not counted: %+v", f.List[19])
	}
}
