package violation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/violation"
)

func TestSpec(t *testing.T) {
	spec := violation.Spec{Code: "x", FR: "trouvé %q", EN: "found %q", RemedyFR: "corrigez", RemedyEN: "correct"}
	got := spec.New(violation.At{Pointer: "/a", Source: "/A", Line: 1, Column: 2, Term: "BT-1"}, "v")
	want := violation.Violation{
		Code: "x", Severity: violation.Fatal, Pointer: "/a", Source: "/A", Line: 1, Column: 2, Term: "BT-1",
		FR: `trouvé "v"`, EN: `found "v"`, Remedy: "corrigez", RemedyEN: "correct",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	spec.Severity = violation.Warning
	if v := spec.New(violation.At{}, "v"); v.IsFatal() || violation.AnyFatal([]violation.Violation{v}) {
		t.Error("a warning refuses nothing")
	}
}

func TestSortPutsRefusalsFirstThenByPlace(t *testing.T) {
	vs := []violation.Violation{
		{Code: "w", Severity: violation.Warning, Line: 1},
		{Code: "b", Severity: violation.Fatal, Line: 2, Column: 1},
		{Code: "c", Severity: violation.Fatal, Line: 1, Column: 9},
		{Code: "a", Severity: violation.Fatal, Line: 2, Column: 1},
	}
	violation.Sort(vs)
	var order string
	for _, v := range vs {
		order += v.Code
	}
	if order != "cabw" {
		t.Errorf("order %s", order)
	}
}

func TestExcerptEnd(t *testing.T) {
	for text, want := range map[string]string{
		"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-3": "…s:names:specification:ubl:schema:xsd:CommonBasicComponents-3",
		strings.Repeat("é", 61): "…" + strings.Repeat("é", 60),
		strings.Repeat("é", 60): strings.Repeat("é", 60),
		"short":                 "short", "two\nlines": "two lines", "": "",
		"urn:DE89370400440532013000":       "urn:DE••••••••••••••••3000",
		strings.Repeat("x", 1000) + "\xff": "…" + strings.Repeat("x", 59) + " ",
	} {
		if got := violation.ExcerptEnd(text); got != want {
			t.Errorf("ExcerptEnd(%q) = %q", text, got)
		}
	}
}

func TestExcerpt(t *testing.T) {
	for text, want := range map[string]string{
		"paid to FR76 3000 6000 0112 3456 7890 189": "paid to FR•• •••• •••• •••• •••• •••0 189",
		"DE89370400440532013000 or DE8":             "DE••••••••••••••••3000 or DE8",
		"short":                                     "short", "two\nlines": "two lines", "\xff": " ",
		strings.Repeat("é", 61): strings.Repeat("é", 60) + "…",
		strings.Repeat("é", 60): strings.Repeat("é", 60),
	} {
		if got := violation.Excerpt(text); got != want {
			t.Errorf("Excerpt(%q) = %q", text, got)
		}
	}
}
