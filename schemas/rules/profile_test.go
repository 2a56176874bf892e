package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/jsondoc"
)

func TestProfiles(t *testing.T) {
	profiles, err := ShippedProfiles()
	if err != nil {
		t.Fatal(err)
	}
	const en = "urn:cen.eu:en16931:2017"
	for _, c := range []struct{ process, specification, want, packs string }{
		{"A1", "", "chorus-historic", "chorus-historic"},
		{"A25", en, "chorus-historic", "chorus-historic"}, // the historic Factur-X samples say EN 16931 as well
		{"A9_FACTURE_SOUSTRAITANT", "", "chorus-historic", "chorus-historic"},
		{"A26", en, "en16931", "en16931"},
		{"B1", en, "afnor", "en16931 fr-ctc"},
		{"S3", en, "afnor", "en16931 fr-ctc"},
		{"B1", "", "unknown", "en16931"},
		{"", en, "en16931", "en16931"},
		{"", en + "#compliant#urn:xoev-de:kosit:standard:xrechnung_3.0", "en16931", "en16931"},
		{"", en + "#compliant#urn:factur-x.eu:1p0:basic", "facturx-basic", "en16931"},
		{"", en + "#conformant#urn:factur-x.eu:1p0:extended", "facturx-extended", "en16931"},
		{"", "urn:factur-x.eu:1p0:basicwl", "facturx-basicwl", ""},
		{"", "urn:factur-x.eu:1p0:minimum", "facturx-minimum", ""},
		{"M1", en + "#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", "extended-ctc-fr", "extended-ctc-fr fr-ctc"},
		{"", "", "unknown", "en16931"},
		{"A1", "urn:factur-x.eu:1p0:minimum", "chorus-historic", "chorus-historic"},
		{"A9_FACTURE_SOUSTRAITANT", en + "#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", "contradictory-extended", "en16931"},
		{"M4", "urn:factur-x.eu:1p0:minimum", "contradictory-partial", ""},
		{"B1", "urn:zugferd.de:2p0:basicwl", "contradictory-partial", ""},
		{"", "urn:something:else", "unknown", "en16931"},
	} {
		doc, fault := jsondoc.Parse([]byte(`{"process":{"businessProcess":"` + c.process + `","specification":"` + c.specification + `"}}`))
		if fault != nil {
			t.Fatal(fault.EN)
		}
		got := profiles.Recognise(doc)
		if got.Name != c.want || strings.Join(got.Packs, " ") != c.packs {
			t.Errorf("BT-23 %q, BT-24 %q: %s %v, want %s %s", c.process, c.specification, got.Name, got.Packs, c.want, c.packs)
		}
		contradicts := got.Contradicts(doc)
		if strings.HasPrefix(c.want, "contradictory-") != (len(contradicts) == 1) {
			t.Errorf("BT-23 %q, BT-24 %q: %v", c.process, c.specification, contradicts)
		}
		for _, v := range contradicts {
			if v.Pointer != "/process/businessProcess" || !v.IsFatal() || strings.Contains(v.FR+v.EN, "%!") {
				t.Errorf("%+v", v)
			}
		}
	}
}

func TestProfilesOfESPDs(t *testing.T) {
	profiles, err := ShippedProfiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ kind, version, packs, why string }{
		{"espd-request", "2.1.0", "espd-2.1.1", `version = "2.1.0"`},
		{"espd-request", "3.0.1", "espd-3.3.0", `version = "3.0.1"`},
		{"espd-request", "", "espd-4.1.0", "version = ∅"},
		{"espd-response", "2.1.1", "espd-2.1.1 espd-coherence", `version = "2.1.1"`},
		{"espd-response", "3.3.0", "espd-3.3.0 espd-coherence", `version = "3.3.0"`},
		{"espd-response", "4.0.0", "espd-4.1.0 espd-coherence", `version = "4.0.0"`},
		{"espd-response", "", "espd-4.1.0 espd-coherence", "version = ∅"},
		{"invoice-status", "", "cdar chorus-status", "MDT-3 = ∅"},
		{"invoice", "2.1", "en16931", "BT-23 = ∅, BT-24 = ∅"},
	} {
		doc, fault := jsondoc.Parse([]byte(`{"kind":"` + c.kind + `","version":"` + c.version + `"}`))
		if fault != nil {
			t.Fatal(fault.EN)
		}
		if got := profiles.Recognise(doc); strings.Join(got.Packs, " ") != c.packs || got.Why() != c.why {
			t.Errorf("%s %s: %v because %s", c.kind, c.version, got.Packs, got.Why())
		}
	}
}

// Every pack that a profile names is one of the program.
func TestProfilesNameShippedPacks(t *testing.T) {
	profiles, err := ShippedProfiles()
	if err != nil {
		t.Fatal(err)
	}
	set, list := Load(nil, shippedShapes(t))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles.list {
		for _, pack := range p.Packs {
			if set.At(pack, "") == nil {
				t.Errorf("profile %s names the pack %s, which does not exist", p.Name, pack)
			}
		}
	}
	last := profiles.list[len(profiles.list)-1]
	if last.process != nil || last.specification != nil || len(last.Packs) == 0 {
		t.Error("the last profile must match everything and judge by a pack")
	}
}

// An invoice of the approved platforms is judged by the rules of public buyers too where its buyer is one.
func TestProfilesOfPublicBuyers(t *testing.T) {
	profiles, err := ShippedProfiles()
	if err != nil {
		t.Fatal(err)
	}
	const (
		en       = "urn:cen.eu:en16931:2017"
		extended = en + "#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"
		siret    = `{"identifiers": [{"id": "X", "scheme": "0224"}, {"id": "21350238800019", "scheme": "0009"}]}`
		siren    = `{"legalRegistration": {"id": "130025265", "scheme": "0002"}}`
		company  = `{"legalRegistration": {"id": "213502388", "scheme": "0002"}, "identifiers": [{"id": "73282932000074", "scheme": "0009"}]}`
	)
	packs := map[string][]string{}
	for _, p := range profiles.list {
		packs[p.Name] = p.Packs
	}
	for name, of := range map[string]string{"afnor-b2g": "afnor", "extended-b2g": "extended-ctc-fr"} {
		if !slices.Equal(packs[name], append(slices.Clone(packs[of]), "fr-b2g")) {
			t.Errorf("%s has %v, %s %v", name, packs[name], of, packs[of])
		}
	}
	for _, c := range []struct{ process, specification, buyer, want string }{
		{"B1", en, siret, "afnor-b2g"},
		{"S3", en, siren, "afnor-b2g"},
		{"M1", extended, siret, "extended-b2g"},
		{"B1", en, company, "afnor"},
		{"M1", extended, company, "extended-ctc-fr"},
		{"B1", en, `{"legalRegistration": {"id": "130025265", "scheme": "0088"}}`, "afnor"},
		{"B1", en, `{"identifiers": [{"id": "2135", "scheme": "0009"}]}`, "afnor"},
		{"A1", en, siret, "chorus-historic"},
		{"", en, siret, "en16931"},
	} {
		doc, fault := jsondoc.Parse([]byte(`{"process":{"businessProcess":"` + c.process + `","specification":"` + c.specification + `"},"buyer":` + c.buyer + `}`))
		if fault != nil {
			t.Fatal(fault.EN)
		}
		got := profiles.Recognise(doc)
		public := slices.Contains(got.Packs, "fr-b2g")
		if got.Name != c.want || public != strings.HasSuffix(c.want, "-b2g") || public != strings.Contains(got.Why(), "BT-46") {
			t.Errorf("%+v: %s %v, %s", c, got.Name, got.Packs, got.Why())
		}
	}
}
