package structure_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/schemas/structure"
)

// The shipped tables are read, and every one of them is asked.
func TestShippedTables(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("tables", "*.txt"))
	require.NoError(t, err)
	assert.Len(t, files, len(structure.Tables))
	for _, name := range structure.Tables {
		data, err := os.ReadFile(filepath.Join("tables", name+".txt"))
		require.NoError(t, err)
		require.NoError(t, structure.ReadTable(string(data)))
		assert.Equal(t, structure.Asked(name), structure.Roots(name), "the roots of %s", name)
	}
}

// A table that is not understood is refused: a line that was skipped would accept what it forbids.
func TestDamagedTables(t *testing.T) {
	for table, want := range map[string]string{
		"space a urn:a\nelement a:x T":                        `element a:x: no type "T"`,
		"element a:x string":                                  `element a:x: no namespace for "a:x"`,
		"space a urn:a\ntype a:T string":                      ``,
		"space a urn:a\ntype a:T - : ( a:x":                   `type a:T: no element "a:x"`,
		"space a urn:a\ntype a:T - : ( a:x=string":            `type a:T: a group does not end`,
		"space a urn:a\ntype a:T - : a:x=string a:y":          `type a:T: not understood: ["a:y"]`,
		"space a urn:a\ntype a:T - : a:x=string{2}":           `type a:T: no type "string{2}"`,
		"space a urn:a\ntype a:T - : a:x=string?*":            `type a:T: not understood: "?*"`,
		"space a urn:a\ntype a:T - : any/some/*":              `type a:T: not understood: "any/some/*"`,
		"space a urn:a\ntype a:T - : any/lax/!b":              `type a:T: not understood: "any/lax/!b"`,
		"space a urn:a\ntype a:T - : any/lax/*":               ``,
		"space a urn:a\ntype a:T - @x":                        `type a:T: no type ""`,
		"space a urn:a\ntype a:T - text=b:T":                  `type a:T: no type "b:T"`,
		"space a urn:a\ntype a:T - what":                      `type a:T: not understood: "what"`,
		"space a urn:a\nsimple a:T string pattern=x":          `simple a:T: no facet "pattern"`,
		"space a urn:a\nsimple a:T string minLength=x":        `simple a:T: strconv.Atoi: parsing "x": invalid syntax`,
		"space a urn:a\nsimple a:T a:U\ntype a:U - :":         `simple a:T: the model ends too soon`,
		"space a urn:a\nsimple a:T a:U\ntype a:U - @x=string": `simple a:T: a:U has no text`,
		"space a urn:a\nroot a:x":                             `root x: no such element`,
		"nonsense here":                                       `nonsense here: not understood`,
		"alone":                                               `alone: not understood`,
	} {
		err := structure.ReadTable(table)
		if want == "" {
			assert.NoError(t, err, table)
		} else {
			assert.EqualError(t, err, want, table)
		}
	}
}
