package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// acceptedDifference is a document on which we do not agree with the official artefacts, with the reason and who is right.
type acceptedDifference struct {
	Name     string                     `yaml:"name,required"`
	Why      string                     `yaml:"why,required"`
	Document string                     `yaml:"document,required"`
	Differs  map[string]differentPlaces `yaml:"differs,required"` // by rule, all of them fatal
	Anywhere acceptedAnywhere           `yaml:"anywhere"`
}

// acceptedAnywhere is a difference that any document with some text may have: the artefacts alone fire these rules.
type acceptedAnywhere struct {
	Text  string   `yaml:"text"` // RE2
	Rules []string `yaml:"rules"`
}

func (a acceptedAnywhere) fires(rule string, document []byte) bool {
	return slices.Contains(a.Rules, rule) && regexp.MustCompile(a.Text).Match(document)
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
			if len(d.Anywhere.Rules) > 0 && !d.Anywhere.fires(id, []byte(d.Document)) {
				t.Errorf("%s: %s is not accepted of its own document", d.Name, id)
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
