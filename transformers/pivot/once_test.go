package pivot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A seller uses a number once in a year: the second time in a file is a fault, of whatever establishment it is.
func TestInvoiceTwice(t *testing.T) {
	unit := func(siret, number, date string) string {
		seller := ""
		if siret != "" {
			seller = "<Fournisseur><TypeIdentifiant>1</TypeIdentifiant><Identifiant>" + siret + "</Identifiant></Fournisseur>"
		}
		return seller + strings.NewReplacer("<Id>F1", "<Id>"+number, "2026-11-18", date).Replace(fields)
	}
	first := unit("11111111100011", "F1", "2026-01-01")
	for name, second := range map[string]struct {
		unit  string
		twice bool
	}{
		"the same":                   {first, true},
		"at the end of the year":     {unit("11111111100011", "F1", "2026-12-31"), true},
		"from another establishment": {unit("11111111100029", "F1", "2026-02-01"), true},
		"another number":             {unit("11111111100011", "F2", "2026-01-01"), false},
		"another year":               {unit("11111111100011", "F1", "2027-01-01"), false},
		"another seller":             {unit("22222222200022", "F1", "2026-01-01"), false},
		"a seller that is not named": {unit("", "F1", "2026-01-01"), false},
	} {
		_, _, found := read(registry(0), file("", first, second.unit))
		var codes []string
		for _, v := range found {
			codes = append(codes, v.Code)
			if v.Code == "pivot_duplicate_invoice" {
				assert.Equal(t, "/CPPFacturePivot/CPPFactures/CPPFacturePivotUnitaire[2]", v.Source, name)
				assert.Contains(t, v.EN, `"F1" is in this file already (/CPPFacturePivot/CPPFactures/CPPFacturePivotUnitaire[1])`, name)
			}
		}
		assert.Equal(t, second.twice, slices.Contains(codes, "pivot_duplicate_invoice"), "%s: %v", name, codes)
	}
}

// A flow of Chorus Pro has 500 invoices at most: more are read, and told.
func TestManyInvoices(t *testing.T) {
	var units []string
	for i := range 501 {
		units = append(units, strings.Replace(fields, "<Id>F1", fmt.Sprintf("<Id>F%d", i), 1))
	}
	for n, told := range map[int]bool{500: false, 501: true} {
		_, result, found := read(registry(0), file("", units[:n]...))
		assert.Len(t, result.Parts, n)
		assert.Equal(t, told, len(found) == 1 && found[0].Code == "pivot_invoices" && !found[0].IsFatal(), "%d: %v", n, found)
	}
}
