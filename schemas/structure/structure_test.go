package structure_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/schemas/structure"
)

func check(t testing.TB, data []byte) []violation.Violation {
	t.Helper()
	doc, v := xmldoc.Parse(data)
	require.Nil(t, v)
	return structure.Check(doc.Root())
}

// The examples that come with the official rules are valid.
func TestOfficialExamples(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		t.Skip("set CORPUS to the folder of real documents")
	}
	files, err := filepath.Glob(filepath.Join(corpus, "en16931", "[uc][bi][li]", "*.[xX][mM][lL]"))
	require.NoError(t, err)
	require.Len(t, files, 34)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, v := range check(t, data) {
			fmt.Println(filepath.Base(file), v)
		}
	}
}
