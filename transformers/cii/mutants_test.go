package cii_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/transformers/formattest"
)

var leafElement = regexp.MustCompile(`<(ram|udt|qdt):(\w+)([^>]*)>([^<]+)</(?:ram|udt|qdt):\w+>`)

// TestNothingIsLostInSilence changes every leaf of full.xml in turn. Said twice, with another text the second time, it
// must be refused, carried or reported as ignored; moved into a foreign namespace, it must be refused, or be ignored
// where it was before. No leaf may win over another or vanish.
func TestNothingIsLostInSilence(t *testing.T) {
	data := formattest.File(t, "testdata/full.xml")
	source := string(data)
	before, _ := transform(t, data)
	places := leafElement.FindAllStringSubmatchIndex(source, -1)
	if len(places) < 200 {
		t.Fatalf("only %d leaves", len(places))
	}
	refused := 0
	for i, p := range places {
		leaf := source[p[0]:p[1]]
		name, text := source[p[4]:p[5]], fmt.Sprintf("again-%d", i)
		again := "<" + source[p[2]:p[3]] + ":" + name + source[p[6]:p[7]] + ">" + text + "</" + source[p[2]:p[3]] + ":" + name + ">"
		result, violations := transform(t, []byte(source[:p[1]]+again+source[p[1]:]))
		switch {
		case len(violations) > 0:
			refused++
		case strings.Contains(string(result.Parts[0].Doc.AppendJSON(nil)), text):
		case len(result.Ignored) == len(before.Ignored)+1:
		default:
			t.Errorf("the second %s is lost", leaf)
		}

		foreign := `<x:` + name + ` xmlns:x="urn:example:x">` + source[p[8]:p[9]] + `</x:` + name + `>`
		result, violations = transform(t, []byte(source[:p[0]]+foreign+source[p[1]:]))
		if len(violations) == 0 && len(result.Ignored) < len(before.Ignored) {
			t.Errorf("%s in a foreign namespace is lost", leaf)
		}
		for _, v := range violations {
			if v.Code != "unexpected_namespace" && v.Code != "charge_indicator" && v.Code != "currency_mismatch" {
				t.Errorf("%s in a foreign namespace: %s", leaf, v.Code)
			}
		}
	}
	if refused < 150 {
		t.Errorf("only %d repetitions refused", refused)
	}
}
