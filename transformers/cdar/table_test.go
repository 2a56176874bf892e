package cdar

import (
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
)

// places lists the members that a shape may write, "*" standing for any item.
func places(at string, s shape, all map[string]bool) {
	for _, f := range s {
		of := at
		if f.in != "" {
			of += "/" + f.in
		}
		if f.form != inline {
			of += "/" + f.name
		}
		if f.list {
			of += "/*"
		}
		inside := map[form][]string{amount: {"/value", "/currency"}, identifier: {"/id", "/scheme"}, file: {"/content", "/mimeCode", "/filename"}}[f.form]
		switch {
		case f.of != nil:
			places(of, f.of, all)
		case inside != nil:
			for _, member := range inside {
				all[of+member] = true
			}
		default:
			all[of] = true
		}
	}
}

func leaves(at string, v document.Value, all map[string]bool) {
	switch v.Type() {
	case document.Object:
		for child := range v.Children() {
			leaves(at+"/"+child.Name(), child, all)
		}
	case document.Array:
		for child := range v.Children() {
			leaves(at+"/*", child, all)
		}
	default:
		all[at] = true
	}
}

// full.xml holds every element of the table, and each is read.
func TestFullIsFull(t *testing.T) {
	data, err := os.ReadFile("testdata/full.xml")
	if err != nil {
		t.Fatal(err)
	}
	source, refused := xmldoc.Parse(data)
	if refused != nil {
		t.Fatal(refused.EN)
	}
	result, violations := Transformer{}.Transform(transformers.Content{XML: source}, transformers.Identity{})
	if len(violations) > 0 {
		t.Fatal(violations)
	}
	want, got := map[string]bool{"/kind": true}, map[string]bool{}
	for _, s := range []shape{theContext, theDocument, theAcknowledgement, theReference} {
		places("", s, want)
	}
	leaves("", result.Parts[0].Doc.Root(), got)
	for _, party := range []string{"/sender", "/issuer", "/recipients/*", "/invoice/seller", "/invoice/recipients/*"} {
		delete(want, party+"/localIdentifiers/*/scheme") // these are the ones without
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Error(diff)
	}
	// The names of persons, and what has no place.
	ignored := []string{
		"/rsm:CrossDomainAcknowledgementAndResponse/rsm:ExchangedDocument/ram:LanguageID",
		"/rsm:CrossDomainAcknowledgementAndResponse/rsm:ExchangedDocument/ram:SenderTradeParty/ram:DefinedTradeContact/ram:PersonName",
	}
	if diff := cmp.Diff(ignored, result.Ignored); diff != "" {
		t.Error(diff)
	}
}

func TestDates(t *testing.T) {
	for _, tt := range []struct{ text, format, want string }{
		{"20261102", "102", "2026-11-02"}, {"20261102", "", "2026-11-02"}, {"202611020905", "203", "2026-11-02T09:05"},
		{"20261102090507", "204", "2026-11-02T09:05:07"}, {"20261102090507", "", "2026-11-02T09:05:07"},
		// The schema refuses what stays as it is.
		{"20261102", "204", "20261102"}, {"2026110209", "", "2026110209"}, {"2026110x", "102", "2026110x"}, {"", "", ""},
	} {
		if got := iso(tt.text, tt.format); got != tt.want {
			t.Errorf("iso(%q, %q) = %q, want %q", tt.text, tt.format, got, tt.want)
		}
	}
	for text, want := range map[string][2]string{
		"2026-11-02": {"20261102", "102"}, "2026-11-02T09:05": {"202611020905", "203"}, "2026-11-02T09:05:07": {"20261102090507", "204"},
		"2026-11-02T09:05:07Z": {"2026-11-02T09:05:07Z", ""}, "02/11/2026": {"02/11/2026", ""}, "": {"", ""},
	} {
		if digits, format := compact(text); digits != want[0] || format != want[1] {
			t.Errorf("compact(%q) = %q, %q", text, digits, format)
		}
	}
}
