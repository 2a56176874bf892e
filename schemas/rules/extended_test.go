package rules

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// changedRules are the rules of en16931 that extended-ctc-fr has in other words, by the syntax in which it does.
var changedRules = map[string]string{
	"BR-55": "ubl", "UBL-SR-06": "ubl", "UBL-SR-07": "ubl",
	"BR-45": "cii", "BR-46": "cii", "BR-47": "cii", "BR-48": "cii", "BR-CO-03": "cii", "BR-DEC-19": "cii", "BR-DEC-20": "cii", "CII-SR-454": "cii",
}

// neverFires are the rules of extended-ctc-fr that no document breaks in a syntax.
var neverFires = map[string]string{
	"BR-EXT-CL-07 cii": "the artefact looks for a document inside its own type, where none is",
}

// Every rule that the French extended profile has of its own, or changes, has, in each syntax that has it, a document that
// breaks it and one at its border, or a reason for none. The folder FRENCH_CASES, if it is set, gets all of them.
func TestExtendedCases(t *testing.T) {
	pack, base := shippedSet(t).At("extended-ctc-fr", ""), map[string]bool{}
	for _, r := range shippedSet(t).At("en16931", "").All() {
		base[r.ID] = true
	}
	own := func(id, syntax string) bool { return !base[id] || changedRules[id] == syntax }
	seen := frenchCases(t, pack, own)
	for _, syntax := range []string{"ubl", "cii"} {
		for _, id := range pack.idsIn(syntax) {
			n := seen[syntax][id]
			if cased := n.firing > 0 && n.border > 0; own(id, syntax) && cased == (neverFires[id+" "+syntax] != "") {
				t.Errorf("%s in %s has %d cases that fire and %d at its border, and the reason for none is %q", id, syntax, n.firing, n.border, neverFires[id+" "+syntax])
			}
		}
	}
}

// Canonical documents are judged by the rules whose terms their schema has: of grouped lines those that count are summed.
func TestExtendedCanonical(t *testing.T) {
	pack := shippedSet(t).At("extended-ctc-fr", "")
	const detail = `{"id": "1.1", "parent": "1", "subtype": "DETAIL", "quantity": "1", "unit": "C62", "netAmount": "105.00", "vat": {"category": "S", "rate": "20"}, "price": {"net": "105.00"}, "item": {"name": "A"}}`
	const group = `{"id": "1", "subtype": "GROUP", "netAmount": "105.00", "item": {"name": "G"}}`
	for _, tt := range []struct{ lines, place, value, want string }{
		{group + "," + detail, "", "", ""},
		{group + "," + detail, "/lines/0/subtype", "INFORMATION", ""},
		{group + "," + detail, "/totals/lines", "105.01", ""},
		{group + "," + detail, "/totals/lines", "105.02", "BR-FREXT-CO-10"},
		{group + "," + detail, "/lines/0/subtype", "OTHER", "BR-FREXT-05"},
		{group + "," + detail, "/lines/0/netAmount", "99.00", "BR-FREXT-08"},
		{group + "," + detail, "/lines/1/parent", "2", "BR-FREXT-08 BR-FREXT-11"},
		{group + "," + strings.Replace(detail, `"subtype": "DETAIL", `, "", 1), "/lines/0/subtype", "INFORMATION", "BR-FREXT-06"},
		{strings.Replace(group, "GROUP", "DETAIL", 1) + "," + detail, "", "", "BR-FREXT-22 BR-FREXT-23 BR-FREXT-26 BR-FREXT-CO-04 BR-FREXT-CO-10 BR-FREXT-CO-13"},
		{detail, "/lines/0/vat/category", "Z", "BR-FREXT-11 BR-FREXT-S-08 BR-FREXT-S-08ini BR-FREXT-S-08rev BR-FREXT-Z-01 BR-Z-05"},
	} {
		root := validDocument(t, "invoice")
		var lines any
		if err := json.Unmarshal([]byte("["+tt.lines+"]"), &lines); err != nil {
			t.Fatal(err)
		}
		root["lines"], root["paymentTerms"] = lines, "30 jours"
		if tt.place != "" {
			root = edit(root, strings.Split(tt.place, "/")[1:], tt.value).(map[string]any)
		}
		var got []string
		for _, v := range Check(Subject{Doc: parseDoc(t, root)}, []*Pack{pack}) {
			got = append(got, v.Code)
		}
		slices.Sort(got)
		if found := strings.Join(slices.Compact(got), " "); found != tt.want {
			t.Errorf("%s is %s: %q fire, want %q", tt.place, tt.value, found, tt.want)
		}
	}
}

// The rules of the pack are those of the official artefacts, 953 in UBL and 747 in CII, but for two in each that en16931
// leaves out as they never fire: BR-DEC-13 and -15 in UBL, BR-AF-09 and BR-AG-09 in CII.
func TestExtendedRulesAreAllThere(t *testing.T) {
	pack := shippedSet(t).At("extended-ctc-fr", "")
	for syntax, want := range map[string]int{"ubl": 951, "cii": 745} {
		if got := len(pack.idsIn(syntax)); got != want {
			t.Errorf("%d rules in %s, want %d", got, syntax, want)
		}
	}
}

// A pack of the program extends the program's, whatever an operator puts in its place; a pack of an operator extends theirs.
func TestExtendsReplaced(t *testing.T) {
	theirs := strings.NewReplacer("pack: mine", "pack: en16931", "'1'", "'1.3.16'", "'2026-01-01'", "'2017-06-28'").Replace(head) +
		"  - {id: MY-01, severity: fatal, test: 'false', fr: a, en: b, remedy: {fr: c, en: d}}\n"
	mine := strings.Replace(head, "kinds: [invoice]\n", "kinds: [invoice]\nextends: {pack: en16931, version: '1.3.16'}\n", 1) +
		"  - {id: MY-02, severity: fatal, test: 'false', fr: a, en: b, remedy: {fr: c, en: d}}\n"
	set, list := Load([]File{{"theirs.yaml", []byte(theirs)}, {"mine.yaml", []byte(mine)}}, shippedShapes(t))
	if set == nil {
		t.Fatal(list.Err())
	}
	if n, whole := len(set.At("mine", "").All()), len(set.At("extended-ctc-fr", "").All()); n != 2 || whole < 1000 {
		t.Errorf("%d rules of mine, %d of extended-ctc-fr", n, whole)
	}
}

// idsIn lists the ids of the rules that the pack has in a syntax.
func (p *Pack) idsIn(syntax string) (ids []string) {
	for _, b := range p.vocabulary.bindings {
		if b.syntax == syntax {
			for _, f := range p.forms[b.model] {
				ids = append(ids, f.rule.ID)
			}
		}
	}
	for _, table := range p.Tables {
		if table.Syntax == syntax {
			for _, r := range table.Rules {
				ids = append(ids, r.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}
