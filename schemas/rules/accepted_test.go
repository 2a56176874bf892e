package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// acceptedDifference is a document on which we do not agree with the official artefacts, with the reason and who is right.
type acceptedDifference struct {
	Name     string                     `yaml:"name,required"`
	Why      string                     `yaml:"why,required"`
	Document string                     `yaml:"document,required"`
	Differs  map[string]differentPlaces `yaml:"differs,required"` // by rule, all of them fatal
}

// differentPlaces is at how many places a rule fires.
type differentPlaces struct {
	Artefacts int `yaml:"artefacts,required"`
	Ours      int `yaml:"ours,required"`
}

func acceptedDifferences(t *testing.T) (all []acceptedDifference) {
	t.Helper()
	readYAML(t, "testdata/accepted.yaml", &all)
	return all
}

// Our side of the accepted differences; [TestOracle] compares both.
func TestAcceptedDifferences(t *testing.T) {
	pack := []*Pack{packUnderTest(t)}
	for _, d := range acceptedDifferences(t) {
		doc, refused := xmldoc.Parse([]byte(d.Document))
		if refused != nil {
			t.Fatalf("%s: %s", d.Name, refused.EN)
		}
		places := map[string]int{}
		for _, v := range Check(Subject{XML: doc.Root()}, pack) {
			places[v.Code] += max(1, v.Count)
		}
		for id, want := range d.Differs {
			if places[id] != want.Ours {
				t.Errorf("%s: %s at %d places, want %d", d.Name, id, places[id], want.Ours)
			}
			if want.Ours == want.Artefacts {
				t.Errorf("%s: %s does not differ", d.Name, id)
			}
		}
	}
}

// statedDifferences writes the documents of the accepted differences into the cache of the oracle.
func statedDifferences(t *testing.T) map[string]acceptedDifference {
	t.Helper()
	dir := filepath.Join(oracleCache(t), "accepted")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	byFile := map[string]acceptedDifference{}
	for i, d := range acceptedDifferences(t) {
		file := filepath.Join(dir, fmt.Sprintf("%03d.xml", i+1))
		if err := os.WriteFile(file, []byte(d.Document), 0o600); err != nil {
			t.Fatal(err)
		}
		byFile[file] = d
	}
	return byFile
}
