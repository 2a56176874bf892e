package mapping_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/mapping"
)

// TestTheGuideIsTrue runs the complete example of the guide: its kind on its document gives its result.
func TestTheGuideIsTrue(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "mapping.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```(?:yaml|json)\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) != 4 {
		t.Fatalf("%d blocks, expected the kind, the document, the result and the versions", len(blocks))
	}
	kinds, list := mapping.Load([]mapping.File{{Name: "commande.yaml", Data: blocks[0][1]}},
		mapping.Options{ReadFile: readOnly(map[string]string{"commande.schema.json": `{"type": "object"}`}), Compile: compile})
	if list.Len() > 0 {
		t.Fatal(printed(list))
	}
	in, fault := jsondoc.Parse(blocks[1][1])
	if fault != nil {
		t.Fatal(fault.EN)
	}
	id, _, ok := kinds[0].Recognise(transformers.Content{JSON: in})
	result, violations := kinds[0].Transform(transformers.Content{JSON: in}, id)
	if !ok || len(violations) > 0 || result.Key != "13002526500013/C-1" {
		t.Fatal(ok, violations, result.Key)
	}
	want, fault := jsondoc.Parse(blocks[2][1])
	if fault != nil {
		t.Fatal(fault.EN)
	}
	if diff := cmp.Diff(string(want.AppendJSON(nil)), string(result.Parts[0].Doc.AppendJSON(nil))); diff != "" {
		t.Error(diff)
	}
}

// TestTheVersionsOfTheGuideLoad compiles the versions that the guide shows.
func TestTheVersionsOfTheGuideLoad(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "mapping.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n([^`]*\nversions:.*?)```").FindSubmatch(page)
	if block == nil {
		t.Fatal("the guide shows no versions")
	}
	open := `{"type": "object"}`
	kinds, list := mapping.Load([]mapping.File{{Name: "commande.yaml", Data: block[1]}}, mapping.Options{Compile: compile, ReadFile: readOnly(map[string]string{
		"commande-1.schema.json": open, "commande-2.schema.json": open, "commande-3.schema.json": open,
	})})
	if list.Len() > 0 {
		t.Fatal(printed(list))
	}
	if diff := cmp.Diff([]string{"1.0", "2.0", "3-essai"}, kinds[0].Versions()); diff != "" {
		t.Error(diff)
	}
}
