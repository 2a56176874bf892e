package rules

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

// Every pack of the program compiles, whatever order they are asked for in.
func TestShippedPacksCompile(t *testing.T) {
	set := shippedSet(t)
	for _, name := range slices.Backward(set.Names()) {
		for _, p := range set.Versions(name) {
			if len(p.Rules) == 0 || p.Version == "" || p.Description.FR == "" || p.Description.EN == "" || len(p.Kinds) == 0 {
				t.Errorf("%s is empty", name)
			}
		}
	}
}

// ownSet loads the packs of the program: a set of which no test has asked for a pack yet.
func ownSet(t *testing.T) *Set {
	t.Helper()
	set, list := Load(nil, shippedShapes(t))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return set
}

// A pack of the program is compiled when it is asked for, and no other with it.
func TestPackIsCompiledWhenAskedFor(t *testing.T) {
	set := ownSet(t)
	for _, asked := range []struct {
		pack, day, kind string
		want            bool
	}{
		{"en16931", "2026-01-01", "contract", false}, // it judges none
		{"espd-4.1.0", "1999-12-31", "espd-request", false},
		{"none", "2026-01-01", "espd-request", false},
		{"espd-4.1.0", "2026-01-01", "espd-request", true},
	} {
		if got := set.Prepare(asked.pack, asked.day, []string{"x", asked.kind}); got != asked.want {
			t.Errorf("%+v: %v", asked, got)
		}
	}
	for name, versions := range set.byName {
		if compiled := len(versions[0].Rules) > 0; compiled != (name == "espd-4.1.0") {
			t.Errorf("%s compiled: %v", name, compiled)
		}
	}
}

// Packs may be asked for side by side, those of the same kinds too.
func TestPacksAreCompiledSideBySide(t *testing.T) {
	set := ownSet(t)
	var asking sync.WaitGroup
	for _, name := range slices.Concat(set.Names(), set.Names()) {
		asking.Go(func() {
			if p := set.At(name, ""); len(p.Rules) == 0 {
				t.Errorf("%s has no rules", name)
			}
		})
	}
	asking.Wait()
}

// A map is asked by those who use a set, too: the edition of the day answers, that of an operator beside the shipped one.
func TestLookup(t *testing.T) {
	const edition = "map: chorus-reasons\nvalid: {from: '2030-01-01'}\ntitle: {fr: a, en: b}\nsource: c\ncolumns: [reason]\nrows: |\n  EJ_ERR; CMD_ERR, REF_ERR\n"
	set, faults := Load([]File{{"mine.yaml", []byte(edition)}}, shippedShapes(t))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, key, column, day, want string }{
		{"chorus-statuses", "MANDATEE", "status", "", "204"},
		{"chorus-statuses", "MANDATEE", "fr", "2026-11-28", "mandatée"},
		{"chorus-statuses", "VALIDEE_1", "status", "", ""},
		{"chorus-reasons", "EJ_ERR", "reason", "2029-12-31", "CMD_ERR"},
		{"chorus-reasons", "EJ_ERR", "reason", "2030-01-01", "CMD_ERR, REF_ERR"},
		{"chorus-reasons", "EJ_ERR", "reason", "", "CMD_ERR, REF_ERR"},
		{"chorus-statuses", "EN_ATTENTE", "status", "", ""},
		{"chorus-statuses", "MANDATEE", "colour", "", ""},
		{"no-such-map", "MANDATEE", "status", "", ""},
	} {
		if got := set.Lookup(tt.name, tt.key, tt.column, tt.day); got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}

// What an operator writes is compiled at once, with the packs of the program that it changes.
func TestOperatorsFilesAreCompiledAtOnce(t *testing.T) {
	const list = "list: mine\nvalid: {from: \"2020-01-01\"}\ntitle: {fr: l, en: l}\nsource: none\ncodes: A B\n"
	const pack = `
pack: PACK
version: VERSION
valid: {from: "2017-06-28"}
description: {fr: Le mien, en: Mine}
kinds: [invoice, credit-note]
rules:
  - {id: MY-1, severity: fatal, terms: [BT-5], test: "BT-5 in list(LIST)", fr: a, en: a, remedy: {fr: b, en: b}}
`
	const table = `
pack: en16931
version: "1.3.16"
syntax: ubl
prefixes: {ubl: "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", cbc: "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"}
roots: [ubl:Invoice]
rules:
  - {id: MY-2, severity: fatal, absent: cbc:UUID}
`
	const common = `
common: espd-until-3
rules:
  - {id: MY-3, severity: fatal, terms: [NO-TERM], test: "true", fr: a, en: a, remedy: {fr: b, en: b}}
`
	written := func(name, version, list string) string {
		return strings.NewReplacer("PACK", name, "VERSION", version, "LIST", list).Replace(pack)
	}
	for _, c := range []struct {
		name  string
		files []string
		rules map[string]int // and tables, of packs that are compiled
		fault string
	}{
		{"a pack of its own with a list of the program", []string{written("mine", `"1"`, "currencies")}, map[string]int{"mine": 1}, ""},
		{"a pack with a list of its own", []string{written("mine", `"1"`, "mine"), list}, map[string]int{"mine": 1}, ""},
		{"a pack with an unknown list", []string{written("mine", `"1"`, "currencie")}, nil, `did you mean "currencies"?`},
		{"a pack in the place of a shipped one", []string{written("en16931", `"1.3.16"`, "currencies")}, map[string]int{"en16931": 1}, ""},
		{"that and a table", []string{written("en16931", `"1.3.16"`, "currencies"), table}, map[string]int{"en16931": 2}, ""},
		{"a table beside a shipped pack", []string{table}, map[string]int{"en16931": 1563}, ""},
		{"common rules of shipped packs that are wrong", []string{common}, nil, "NO-TERM"},
	} {
		var files []File
		for _, text := range c.files {
			files = append(files, File{"mine.yaml", []byte(text)})
		}
		set, faults := Load(files, shippedShapes(t))
		said := ""
		for _, d := range faults.All() {
			said += d.EN + " " + d.HintEN + "\n"
		}
		if !strings.Contains(said, c.fault) || (set == nil) != (c.fault != "") {
			t.Errorf("%s: %s", c.name, said)
			continue
		}
		if set == nil {
			continue
		}
		for name, versions := range set.byName {
			if got := len(versions[0].All()); got != c.rules[name] {
				t.Errorf("%s: %s has %d rules before it is asked for, want %d", c.name, name, got, c.rules[name])
			}
		}
	}
}
