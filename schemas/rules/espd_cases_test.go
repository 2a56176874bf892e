package rules

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// espdCase edits a document and says how often a rule fires then.
type espdCase struct {
	Case     string                      `yaml:"case,required"`
	In       string                      `yaml:"in,required"`
	Versions []string                    `yaml:"versions"`
	Edit     yamldoc.Map[yamldoc.String] `yaml:"edit"`
	Fires    int                         `yaml:"fires"`
}

// withoutESPD are the rules that no document can break, each with the reason.
var withoutESPD = map[string]string{
	"BR-SUBCONT-01":         "the artefact compares answers with whole criteria: it cannot fire",
	"BR-COM-CL-RESTR-01.05": "UBL has no element BooleanGUIControlType",
	"BR-COM-CL-RESTR-01.06": "UBL has no element CPVCodes",
}

var espdVersions = []string{"2.1.1", "3.3.0", "4.1.0"}

// The packs have every official identifier.
func TestESPDPacksAreComplete(t *testing.T) {
	set := shippedSet(t)
	for version, want := range map[string]int{"2.1.1": 133, "3.3.0": 113, "4.1.0": 111} {
		official := 0
		for _, r := range set.At("espd-"+version, "").Rules {
			if strings.HasPrefix(r.ID, "BR-") {
				official++
			}
		}
		if official != want {
			t.Errorf("%s: %d official rules, expected %d", version, official, want)
		}
	}
}

// Every rule of the ESPD packs has a document on which it fires, and one at its border on which it does not.
func TestESPDCases(t *testing.T) {
	set := shippedSet(t)
	cases := espdCases(t, set)
	for _, version := range espdVersions {
		pack := set.At("espd-"+version, "")
		for _, r := range pack.Rules {
			if strings.HasPrefix(r.ID, "CL-") {
				continue // TestESPDCodes
			}
			var n tally
			all, _ := cases.Get(r.ID)
			for _, c := range all {
				if !c.isFor(version) {
					continue
				}
				n.count(c.Fires > 0)
				t.Run(version+"/"+r.ID+"/"+c.Case, func(t *testing.T) { c.run(t, pack, r, version) })
			}
			n.check(t, r.ID+" of "+version, withoutESPD[r.ID])
		}
	}
}

func (c espdCase) run(t *testing.T, pack *Pack, rule *Rule, version string) {
	fired := 0
	for _, v := range Check(Subject{XML: parseXML(t, c.document(t, version)).Root()}, []*Pack{pack}) {
		switch {
		case v.Code == CodeNotJudged:
			t.Errorf("not judged: %s", v.EN)
		case v.Code == rule.ID:
			fired += max(1, v.Count)
			if v.Severity != rule.Severity || v.Source == "" || v.Remedy == "" || v.RemedyEN == "" || strings.Contains(v.FR+v.EN+v.Remedy+v.RemedyEN, "{") {
				t.Errorf("incomplete: %+v", v)
			}
		}
	}
	if fired != c.Fires {
		t.Errorf("fires %d times, not %d", fired, c.Fires)
	}
}

func espdCases(t *testing.T, set *Set) yamldoc.Map[[]espdCase] {
	t.Helper()
	var packs []*Pack
	for _, version := range espdVersions {
		packs = append(packs, set.At("espd-"+version, ""))
	}
	return readCases[espdCase](t, "espd", packs...)
}

func (c espdCase) isFor(version string) bool {
	return len(c.Versions) == 0 || slices.Contains(c.Versions, version)
}

// document returns the edited document of a version.
func (c espdCase) document(t *testing.T, version string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/espd/" + c.In + "-" + version + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for pattern, by := range c.Edit.All() {
		edit := regexp.MustCompile(pattern.Value)
		at := edit.FindStringSubmatchIndex(text)
		if at == nil {
			t.Fatalf("%s: nothing matches %s", c.Case, pattern.Value)
		}
		text = text[:at[0]] + string(edit.ExpandString(nil, by.Value, text, at)) + text[at[1]:]
	}
	return text
}

// A document of a version without a pack of its own is judged as one of the pack's version is, though it names the code lists of
// its own day.
func TestESPDVersionsWithoutPack(t *testing.T) {
	set := shippedSet(t)
	codes := func(text, version string) (all []string) {
		for _, v := range Check(Subject{XML: parseXML(t, text).Root()}, []*Pack{set.At("espd-"+version, "")}) {
			all = append(all, v.Code)
		}
		return all
	}
	for other, version := range map[string]string{"2.1.0": "2.1.1", "3.0.0": "3.3.0", "3.0.1": "3.3.0", "3.1.0": "3.3.0", "3.2.0": "3.3.0", "4.0.0": "4.1.0"} {
		for _, kind := range []string{"request", "response"} {
			text := espdCase{In: kind}.document(t, version)
			older := strings.NewReplacer(version+"-EXTENDED", other+"-SELFCONTAINED", version, other).Replace(text)
			if want, got := codes(text, version), codes(older, version); !slices.Equal(got, want) {
				t.Errorf("%s of %s: %q, want %q", kind, other, got, want)
			}
			if version[0] != '2' {
				older = strings.ReplaceAll(older, "ESPD-EDMv"+other, "ESPD-EDMv"+version)
				if !slices.Contains(codes(older, version), "CL-ATTRIBUTE-TypeCode-listVersionID") {
					t.Errorf("%s of %s with the lists of %s passes", kind, version, other)
				}
			}
		}
	}
}

// Every criterion of a taxonomy or a code list has a name in both languages, for messages.
func TestESPDCriterionNames(t *testing.T) {
	maps := map[string]*codeMap{}
	for _, name := range []string{"espd-criterion-names", "espd-2.1.1-criteria", "espd-3.3.0-criteria", "espd-4.1.0-criteria"} {
		var f mapFile
		readYAML(t, "maps/"+name+".yaml", &f)
		if list := loadMap(&f, maps); list.HasErrors() {
			t.Fatal(list.Err())
		}
	}
	codes := map[string]bool{}
	for _, version := range espdVersions {
		for _, row := range maps["espd-"+version+"-criteria"].editions[0].rows {
			codes[row[0][0]] = true
		}
	}
	for _, name := range []string{"espd-exclusion", "espd-selection"} {
		var f listFile
		readYAML(t, "lists/"+name+".yaml", &f)
		for _, code := range strings.Fields(f.Codes.Value) {
			codes[code] = true
		}
	}
	names := maps["espd-criterion-names"].editions[0].rows
	for code := range codes {
		if row := names[code]; len(row) != 2 || len(row[0]) != 1 || len(row[1]) != 1 {
			t.Errorf("%s: %q is no name in French and English", code, row)
		}
	}
	for code := range names {
		if !codes[code] {
			t.Errorf("%s is no code of a criterion", code)
		}
	}
}

// What persons are called and what they answer is told by no message.
func TestESPDMessagesTellNothingPersonal(t *testing.T) {
	personal := regexp.MustCompile(`\{[^}]*\b(attorney-|answer-(amount|code|date|description|id|indicator|numeric|quantity|time|uri)\b)`)
	set := shippedSet(t)
	for _, version := range espdVersions {
		for _, r := range set.At("espd-"+version, "").Rules {
			if told := personal.FindString(r.Message.FR + r.Message.EN); told != "" {
				t.Errorf("%s of %s tells %s", r.ID, version, told)
			}
		}
	}
}

// espdCodes are the elements with a code list: what stands around them, and a code of the list in letters of another case.
var espdCodes = map[string]struct{ around, code string }{
	"ConfidentialityLevelCode":         {"cac:Evidence", "public"},
	"IdentificationCode":               {"cac:Country", "Fra"},
	"TypeCode":                         {"cac:TenderingCriterionProperty", "question"},
	"ValueCurrencyCode":                {"cac:TenderingCriterionProperty", "eur"},
	"DocumentTypeCode":                 {"cac:AdditionalDocumentReference", "ted_cn"},
	"IndustryClassificationCode":       {"cac:EconomicOperatorParty/cac:Party", "Sme"},
	"RoleCode":                         {"cac:EconomicOperatorParty/cac:EconomicOperatorRole", "OERON"},
	"ProfileExecutionID":               {"", "espd-edmv2.1.1-basic"},
	"PropertyGroupTypeCode":            {"cac:TenderingCriterionPropertyGroup", "ontrue"},
	"ValueDataTypeCode":                {"cac:TenderingCriterionProperty", "amount"},
	"ExpectedCode":                     {"cac:TenderingCriterionPropertyGroup/cac:TenderingCriterionProperty", "0110.1"},
	"EvaluationMethodTypeCode":         {"cac:TenderingCriterion", "PassFail"},
	"ProcedureCode":                    {"", "open"},
	"ProcurementTypeCode":              {"cac:ProcurementProject", "works"},
	"QualificationApplicationTypeCode": {"", "basic"},
	"ProcurementSubTypeCode":           {"cac:ProcurementProject", "27"},
	"WeightingTypeCode":                {"", "numeric"},
	"CriterionTypeCode":                {"cac:TenderingCriterion", ""},
	"LocaleCode":                       {"cac:Legislation/cac:Language", ""},
}

// Codes are of their lists, whatever their case, and what is said about a list is right where it is said.
func TestESPDCodes(t *testing.T) {
	set := shippedSet(t)
	for _, version := range espdVersions {
		pack := set.At("espd-"+version, "")
		for _, r := range pack.Rules {
			kind, of, _ := strings.Cut(strings.TrimPrefix(r.ID, "CL-"), "-")
			element, attribute, _ := strings.Cut(of, "-")
			list, known := espdCodes[element]
			if !strings.HasPrefix(r.ID, "CL-") {
				continue
			}
			if !known {
				t.Errorf("%s: no document is known for %s", r.ID, element)
				continue
			}
			good, bad := list.code, "unlisted"
			if version == "2.1.1" && element == "IdentificationCode" {
				good = "Fr"
			}
			if kind == "ATTRIBUTE" {
				test := r.Forms[0].Test
				value, _, _ := strings.Cut(test, " or //execution")
				good, bad = strings.Trim(value[strings.LastIndex(value, "= '")+2:], "'"), "other"
			}
			for text, want := range map[string]bool{good: false, bad: true} {
				one := fmt.Sprintf("<cbc:%s>%s</cbc:%[1]s>", element, text)
				if kind == "ATTRIBUTE" {
					one = fmt.Sprintf("<cbc:%s %s=%q>%s</cbc:%[1]s>", element, attribute, text, cmp.Or(list.code, "x"))
				}
				fired := false
				for _, v := range Check(Subject{XML: parseXML(t, within(list.around, one)).Root()}, []*Pack{pack}) {
					fired = fired || v.Code == r.ID
				}
				if fired != want {
					t.Errorf("%s of %s with %q: fires %v", r.ID, version, text, fired)
				}
			}
		}
	}
}

// within puts an element into a request, in the elements of a path. A group has the identifier of the one whose codes are
// listed.
func within(around, element string) string {
	steps := strings.Split(around, "/")
	for i := len(steps) - 1; i >= 0 && around != ""; i-- {
		id := ""
		if steps[i] == "cac:TenderingCriterionPropertyGroup" {
			id = "<cbc:ID>C25_SC_prof-regist/RG1/RSG1</cbc:ID>"
		}
		element = fmt.Sprintf("<%s>%s%s</%[1]s>", steps[i], id, element)
	}
	return `<q:QualificationApplicationRequest xmlns:q="urn:oasis:names:specification:ubl:schema:xsd:QualificationApplicationRequest-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">` + element + `</q:QualificationApplicationRequest>`
}

// A document of many lots and answers is judged to its end: lists that refer to each other are not looked through for
// each other.
func TestESPDWithManyLots(t *testing.T) {
	const lots = 10_000
	set := shippedSet(t)
	lot := regexp.MustCompile(` <cac:ProcurementProjectLot>.*\n`)
	answer := regexp.MustCompile(`(?s) <cac:TenderingCriterionResponse>.*?</cac:TenderingCriterionResponse>\n`)
	for version, want := range map[string]string{
		"2.1.1": "BR-LOT-30-S10 1, BR-TCR-01-03 1", // the lots of a request have one identifier, a question has many answers
		"4.1.0": "BR-LOT-10 1",                     // an answer is for one lot
	} {
		found := map[string]int{}
		for _, kind := range []string{"request", "response"} {
			text := espdCase{In: kind}.document(t, version)
			text = lot.ReplaceAllStringFunc(text, func(one string) string { return strings.Repeat(one, lots) })
			if one := answer.FindString(text); one != "" {
				text = strings.Replace(text, one, strings.Repeat(one, lots), 1)
			}
			for _, v := range Check(Subject{XML: parseXML(t, text).Root()}, []*Pack{set.At("espd-"+version, "")}) {
				found[v.Code] += max(1, v.Count)
			}
		}
		delete(found, "BR-REQ-30") // the documents hold two criteria
		var got []string
		for _, code := range slices.Sorted(maps.Keys(found)) {
			got = append(got, fmt.Sprintf("%s %d", code, found[code]))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %q, want %q", version, got, want)
		}
	}
}
