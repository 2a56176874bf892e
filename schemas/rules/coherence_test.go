package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/violation"
)

var askedDate = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// asked is a register of requests, as JSON, a day after its date.
func asked(t testing.TB, rows string) *reference.Tables {
	t.Helper()
	snapshot, list := Requests().Read("requests.json", strings.NewReader("["+rows+"]"), askedDate)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	tables := &reference.Tables{}
	tables.Declare(Requests(), 48*time.Hour)
	tables.Publish(Requests(), snapshot)
	tables.Tick(askedDate.Add(24 * time.Hour))
	return tables
}

// response is a response of procedure P-7 of the buyer 21350238800019 with its criteria, and answers to questions.
func response(lots, criteria, answers string) string {
	return `<QualificationApplicationResponse xmlns="urn:oasis:names:specification:ubl:schema:xsd:QualificationApplicationResponse-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ContractFolderID>P-7</cbc:ContractFolderID>
<cac:ContractingParty><cac:Party>
<cac:PartyIdentification><cbc:ID>21350238800019</cbc:ID></cac:PartyIdentification>
<cac:PartyIdentification><cbc:ID>another</cbc:ID></cac:PartyIdentification>
</cac:Party></cac:ContractingParty>` +
		tagged("<cac:ProcurementProjectLot><cbc:ID>%s</cbc:ID></cac:ProcurementProjectLot>", lots) + criteria +
		tagged("<cac:TenderingCriterionResponse><cbc:ValidatedCriterionPropertyID>%s</cbc:ValidatedCriterionPropertyID></cac:TenderingCriterionResponse>", answers) +
		`</QualificationApplicationResponse>`
}

// tagged writes each word into an element.
func tagged(element, words string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(words) {
		fmt.Fprintf(&b, element, word)
	}
	return b.String()
}

// criterion is one with a question of its own and one in a subgroup of a subgroup.
func criterion(id, lot string) string {
	return `<cac:TenderingCriterion><cbc:ID>` + id + `</cbc:ID>` +
		tagged("<cac:ProcurementProjectLotReference><cbc:ID>%s</cbc:ID></cac:ProcurementProjectLotReference>", lot) + `
<cac:TenderingCriterionPropertyGroup>
<cac:TenderingCriterionProperty><cbc:ID>` + id + `-q</cbc:ID></cac:TenderingCriterionProperty>
<cac:SubsidiaryTenderingCriterionPropertyGroup><cac:SubsidiaryTenderingCriterionPropertyGroup>
<cac:TenderingCriterionProperty><cbc:ID>` + id + `-deep</cbc:ID></cac:TenderingCriterionProperty>
</cac:SubsidiaryTenderingCriterionPropertyGroup></cac:SubsidiaryTenderingCriterionPropertyGroup>
</cac:TenderingCriterionPropertyGroup></cac:TenderingCriterion>`
}

// Every rule of coherence has responses that break it alone, and some at its border.
func TestCoherence(t *testing.T) {
	const row = `{"procedure": "21350238800019/P-7", "lots": ["1", "2"], "criteria": ["a", "b"]}`
	both := criterion("a", "") + criterion("b", "")
	pack := shippedSet(t).At("espd-coherence", "")
	judged := map[string]map[bool]bool{}
	for _, tt := range []struct {
		name, rows, document string
		broken               string // the rule
		says                 string // in English
	}{
		{"as it was asked", row, response("1 2", both, "a-q b-q"), "", ""},
		{"for one of the lots", row, response("2", both, "a-q b-q"), "", ""},
		{"for the procedure as a whole", row, response("LOT-0000 0", both, "a-q b-q"), "", ""},
		{"for no lot", row, response("", both, "a-q b-q"), "", ""},
		{"for a lot that is not there", row, response("1 3", both, "a-q b-q"), "COH-01", "does not have: 3"},
		{"for each such lot once", row, response("3 1 4 3", both, "a-q b-q"), "COH-01", "does not have: 3, 4"},
		{"with a criterion for a lot that is not there", row, response("1", criterion("a", "3")+criterion("b", "1"), "a-q b-q"), "COH-01", "does not have: 3"},
		{"for a lot of a procedure without lots", `{"procedure": "21350238800019/P-7", "lots": [], "criteria": ["a", "b"]}`, response("1", both, "a-q b-q"), "COH-01", "does not have: 1"},
		{"without an answer to a criterion", row, response("1", both, "a-q"), "COH-02", "without an answer (1): b"},
		{"without a criterion", row, response("1", criterion("a", ""), "a-q"), "COH-02", "without an answer (1): b"},
		{"without any", row, response("1", "", "a-q b-q"), "COH-02", "without an answer (2): a, b"},
		{"with the answer to a question of a question", row, response("1", both, "a-q b-deep"), "", ""},
		{"with a criterion that was not asked for", row, response("1", both+criterion("c", ""), "a-q b-q"), "COH-03", "does not hold (1): c"},
		{"asked for as the first of several", row + `,{"procedure": "another/P-7", "lots": ["9"], "criteria": ["z"]}`, response("1", both, "a-q b-q"), "", ""},
	} {
		found := Check(Subject{XML: parseXML(t, tt.document).Root(), References: asked(t, tt.rows).View()}, []*Pack{pack})
		codes := ""
		for _, v := range found {
			codes += v.Code
			if v.Severity != pack.rule(v.Code).Severity || !strings.Contains(v.EN, tt.says) || v.FR == "" || v.Remedy == "" || v.RemedyEN == "" || v.Source == "" {
				t.Errorf("%s: %+v", tt.name, v)
			}
		}
		if codes != tt.broken {
			t.Errorf("%s: %q, not %q", tt.name, codes, tt.broken)
		}
		for _, r := range pack.Rules {
			if judged[r.ID] == nil {
				judged[r.ID] = map[bool]bool{}
			}
			judged[r.ID][r.ID == tt.broken] = true
		}
	}
	cases := readCases[ruleCase](t, pack.Name, pack)
	for _, r := range pack.Rules {
		if len(judged[r.ID]) != 2 {
			t.Errorf("%s needs a response that breaks it, and one that does not", r.ID)
		}
		if all, _ := cases.Get(r.ID); len(all) != 1 || all[0].Elsewhere != t.Name() {
			t.Errorf("%s: the page on rules does not know that its cases are here", r.ID)
		}
	}
}

// Of a response whose request is not known nothing is verified, which refuses nothing.
func TestCoherenceNotVerified(t *testing.T) {
	pack := shippedSet(t).At("espd-coherence", "")
	if !slices.Equal(pack.References, []*reference.Spec{Requests()}) {
		t.Errorf("the pack looks into %v", pack.References)
	}
	const row = `{"procedure": "21350238800019/P-7", "lots": ["2"], "criteria": ["z"]}`
	wrong := response("1", criterion("a", ""), "a-q")
	atTheLimit, stale := asked(t, row), asked(t, row)
	atTheLimit.Tick(askedDate.Add(48 * time.Hour))
	stale.Tick(askedDate.Add(48*time.Hour + time.Second))
	for _, tt := range []struct {
		name, document string
		known          reference.View
		want           string // severity
		says           string
	}{
		{"as old as it may be", wrong, atTheLimit.View(), "fatal warning warning", ""},
		{"too old", wrong, stale.View(), "", "of 2026-11-20, is too old"},
		{"no register", wrong, reference.View{}, "", "which the gateway does not have"},
		{"another procedure", strings.Replace(wrong, ">P-7<", ">P-8<", 1), asked(t, row).View(), "", "there is no 21350238800019/P-8"},
		{"another buyer", strings.Replace(wrong, ">21350238800019<", ">1<", 1), asked(t, row).View(), "", "there is no 1/P-7"},
		{"no procedure", strings.Replace(wrong, "ContractFolderID>P-7</cbc:ContractFolderID", "ID>P-7</cbc:ID", 1), asked(t, row).View(), "", "there is no 21350238800019/"},
		{"a row that says nothing", wrong, asked(t, `{"procedure": "21350238800019/P-7"}`).View(), "", "says nothing about"},
	} {
		var severities []string
		unverified := 0
		for _, v := range Check(Subject{XML: parseXML(t, tt.document).Root(), References: tt.known}, []*Pack{pack}) {
			if v.Severity != violation.NotVerified {
				severities = append(severities, string(v.Severity))
				continue
			}
			unverified++
			if v.IsFatal() || !strings.Contains(v.EN, tt.says) || v.FR == "" {
				t.Errorf("%s: %+v", tt.name, v)
			}
		}
		if got := strings.Join(severities, " "); got != tt.want || unverified != 3-len(severities) {
			t.Errorf("%s: %q, and %d not verified", tt.name, got, unverified)
		}
	}
}

// A response for ten thousand lots is compared with a request of as many within the cost of one document.
func TestCoherenceOfManyLots(t *testing.T) {
	var lots strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&lots, " L%d", i)
	}
	rows := `{"procedure": "21350238800019/P-7", "lots": ["` + strings.Join(strings.Fields(lots.String()), `","`) + `"], "criteria": []}`
	found := Check(Subject{XML: parseXML(t, response(lots.String()+" one-more", "", "")).Root(), References: asked(t, rows).View()}, []*Pack{shippedSet(t).At("espd-coherence", "")})
	if len(found) != 1 || found[0].Code != "COH-01" || !strings.HasSuffix(found[0].EN, ": one-more") {
		t.Errorf("%+v", found)
	}
}

// A pack that compares needs what was sent.
func TestCoherenceOfCanonical(t *testing.T) {
	root := map[string]any{"kind": "espd-response"}
	found := Check(Subject{Doc: parseDoc(t, root)}, []*Pack{shippedSet(t).At("espd-coherence", "")})
	if len(found) != 1 || found[0].Code != "rule_pack_needs_source" {
		t.Errorf("%+v", found)
	}
}
