package schemas_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/schemas"
)

// Every list says of which day it is and where it comes from, and is written in order, so that the next one can be
// compared with it.
func TestCodeListsAreDated(t *testing.T) {
	counts := map[string]int{"cpv": 9454, "iso3166": 249, "iso4217": 308, "nuts": 2196}
	files, err := filepath.Glob("codes/*.txt")
	if err != nil || len(files) != len(counts) {
		t.Fatal(files, err)
	}
	dated, sourced := regexp.MustCompile(`\d{4}-\d\d-\d\d`), regexp.MustCompile(`Sources?: `)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, list, _ := strings.Cut(string(data), "\n\n")
		if !dated.MatchString(head) || !sourced.MatchString(head) {
			t.Errorf("%s: no date or no source: %s", name, head)
		}
		codes := strings.Fields(list)
		if len(codes) != counts[name] || !slices.IsSorted(codes) || len(slices.Compact(slices.Clone(codes))) != len(codes) {
			t.Errorf("%s: %d codes, sorted %v, want %d, sorted and each once", name, len(codes), slices.IsSorted(codes), counts[name])
		}
		check := schemas.Formats()[name]
		for _, code := range codes {
			if !check(code) {
				t.Errorf("%s: the format refuses %s", name, code)
			}
		}
	}
}

// What the official artefacts of EN 16931, which lie beside the corpus, admit as currency or country is in our lists, but
// for what is no code of ISO 3166: Kosovo as 1A, Northern Ireland as XI and, before a VAT number, Greece as EL.
func TestCodesOfEN16931(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(os.Getenv("CORPUS"), "..", "oracle", "artefacts", "en16931", "*", "EN16931-UBL-validation.xslt"))
	if os.Getenv("CORPUS") == "" || err != nil || len(files) == 0 {
		t.Skip("CORPUS has no artefacts of EN 16931 beside it")
	}
	data, err := os.ReadFile(files[len(files)-1])
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		format   string
		one, two string   // codes that tell the list from others
		beyond   []string // what it has and we have not
	}{
		{"iso4217", "EUR", "MGA", nil},
		{"iso3166", "FR", "ZW", []string{"1A", "EL", "XI"}},
	} {
		check, found := schemas.Formats()[tt.format], false
		var beyond []string
		for _, list := range regexp.MustCompile(`' ([A-Z0-9 ]+) '`).FindAllStringSubmatch(string(data), -1) {
			codes := strings.Fields(list[1])
			if !slices.Contains(codes, tt.one) || !slices.Contains(codes, tt.two) {
				continue
			}
			found = true
			for _, code := range codes {
				if !check(code) && !slices.Contains(beyond, code) {
					beyond = append(beyond, code)
				}
			}
		}
		slices.Sort(beyond)
		if !slices.Equal(beyond, tt.beyond) {
			t.Errorf("%s: the artefacts admit %v, which the list has not; want %v", tt.format, beyond, tt.beyond)
		}
		if !found {
			t.Errorf("%s: the artefacts have no such list", tt.format)
		}
	}
}
