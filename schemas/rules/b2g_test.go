package rules

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// Every rule of the B2G pack has, in each syntax, a document that breaks it alone and one at its border.
func TestB2GCases(t *testing.T) {
	const tooLarge = "a million lines do not fit into the largest document"
	testFrenchCases(t, "fr-b2g", map[string]map[string]string{
		"ubl": {"BR-FR-CPRO-19": tooLarge}, "cii": {"BR-FR-CPRO-19": tooLarge},
	})
}

// What the directory cannot answer is not verified, which is neither kept nor broken; what does not need it is judged.
func TestB2GNotVerified(t *testing.T) {
	pack := shippedSet(t).At("fr-b2g", "")
	if len(pack.References) != 1 || pack.References[0] != Directory() {
		t.Errorf("the pack looks into %v", pack.References)
	}
	data, err := os.ReadFile("testdata/fr-b2g/invoice.ubl.xml")
	if err != nil {
		t.Fatal(err)
	}
	const inDirectory = "B2G-01 B2G-02 BR-FR-CPRO-11 BR-FR-CPRO-12 BR-FR-CPRO-13"
	stale := buyersTables(t)
	stale.Tick(buyersDate.Add(48*time.Hour + time.Second))
	atTheLimit := buyersTables(t)
	atTheLimit.Tick(buyersDate.Add(48 * time.Hour))
	for _, tt := range []struct {
		name  string
		known reference.View
		siret string
		says  string // in the English text of each; empty: nothing is unverified
	}{
		{"as it should be", buyers(t), "21350238800019", ""},
		{"as old as it may be", atTheLimit.View(), "21350238800019", ""},
		{"none", reference.View{}, "21350238800019", "which the gateway does not have"},
		{"too old", stale.View(), "21350238800019", "of 2026-11-20, is too old"},
		{"of unknown age", buyersTables(t).View(), "21350238800019", "is too old"},
		{"a buyer that it does not have", buyers(t), "21350238800076", "(state of 2026-11-20) there is no 21350238800076"},
		{"a buyer of whom it says nothing", buyers(t), "21350238800068", "of 21350238800068"},
	} {
		text := strings.Replace(string(data), "21350238800019", tt.siret, 1)
		text = strings.Replace(text, ">B1<", ">S5<", 1) // which needs no directory
		doc, refused := xmldoc.Parse([]byte(text))
		if refused != nil {
			t.Fatal(refused.EN)
		}
		var unverified []string
		broken := ""
		for _, v := range Check(Subject{XML: doc.Root(), References: tt.known}, []*Pack{pack}) {
			if v.Severity != violation.NotVerified {
				broken += v.Code
				continue
			}
			unverified = append(unverified, v.Code)
			if v.IsFatal() || !strings.Contains(v.EN, tt.says) || v.FR == "" || v.Remedy == "" || v.RemedyEN == "" || v.Term == "" || v.Source == "" {
				t.Errorf("%s: %+v", tt.name, v)
			}
		}
		want := inDirectory
		if tt.says == "" {
			want = ""
		}
		slices.Sort(unverified)
		if got := strings.Join(unverified, " "); broken != "BR-FR-CPRO-24" || got != want {
			t.Errorf("%s: %q broken, %q not verified", tt.name, broken, got)
		}
	}
}

// Canonical invoices are judged too, with the places of JSON.
func TestB2GCanonical(t *testing.T) {
	pack := shippedSet(t).At("fr-b2g", "")
	for _, tt := range []struct{ place, value, want string }{
		{"/number", "F-1", ""},
		{"/number", "FACTURE-2026-00000042", "BR-FR-CPRO-02"},
		{"/buyer/identifiers", `[{"id": "21350238800027", "scheme": "0009"}]`, "BR-FR-CPRO-11"},
		{"/buyer/identifiers", `[{"id": "21350238800027", "scheme": "0009"}, {"id": "VOIRIE", "scheme": "0224"}]`, ""},
		{"/buyer/identifiers", `[{"id": "21350238800035", "scheme": "0009"}]`, "BR-FR-CPRO-12"},
		{"/buyer/identifiers", `[{"id": "21350238800050", "scheme": "0009"}]`, "B2G-01"},
		{"/buyer/identifiers", `[{"id": "21350238800019", "scheme": "0009"}, {"id": "CULTURE", "scheme": "0224"}]`, "B2G-02"},
		{"/seller/identifiers", `[{"id": "1", "scheme": "0088"}]`, "BR-FR-CPRO-03 BR-FR-CPRO-09"},
		{"/process/businessProcess", "S5", "BR-FR-CPRO-24"},
	} {
		root := validDocument(t, "invoice")
		for _, set := range [][2]string{
			{"/seller/identifiers", `[{"id": "11111111100011", "scheme": "0009"}]`}, {"/seller/legalRegistration", `{"id": "111111111", "scheme": "0002"}`},
			{"/buyer/identifiers", `[{"id": "21350238800019", "scheme": "0009"}]`}, {tt.place, tt.value},
		} {
			root = edit(root, strings.Split(set[0], "/")[1:], jsonValue(t, set[1])).(map[string]any)
		}
		var got []string
		for _, v := range Check(Subject{Doc: parseDoc(t, root), References: buyers(t)}, []*Pack{pack}) {
			got = append(got, v.Code)
			if v.Severity != pack.rule(v.Code).Severity || v.Pointer == "" {
				t.Errorf("%+v", v)
			}
		}
		slices.Sort(got)
		if found := strings.Join(got, " "); found != tt.want {
			t.Errorf("%s is %s: %q fire, want %q", tt.place, tt.value, found, tt.want)
		}
	}
}

// jsonValue reads a list or an object, and takes anything else for a text.
func jsonValue(t *testing.T, text string) any {
	t.Helper()
	if !strings.ContainsAny(text[:1], "[{") {
		return text
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// BenchmarkFrenchPublicInvoice judges an invoice to a public buyer by all that Chorus Pro demands: EN 16931, the French rules
// and those of public buyers, with the directory.
func BenchmarkFrenchPublicInvoice(b *testing.B) {
	set := shippedSet(b)
	packs := []*Pack{set.At("en16931", ""), set.At("fr-ctc", ""), set.At("fr-b2g", "")}
	for _, name := range []string{"ubl-invoice.xml", "cii-invoice.xml"} {
		data, err := os.ReadFile("../../examples/documents/" + name)
		if err != nil {
			b.Fatal(err)
		}
		known := buyers(b)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				doc, refused := xmldoc.Parse(data)
				if refused != nil {
					b.Fatal(refused.EN)
				}
				Check(Subject{XML: doc.Root(), References: known}, packs)
			}
		})
	}
}
