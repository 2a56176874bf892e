package ruletest

import (
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// The codes of the faults of a YAML test file.
const (
	CodeTest     = "rule_test"          // a test without document, or that expects nothing
	CodeDocument = "rule_test_document" // a document that cannot be read
)

type testsFile struct {
	Tests []testFile `yaml:"tests,required"`
}

type texts = yamldoc.List[yamldoc.String]

type testFile struct {
	Pos      diag.Position  `yaml:",pos"`
	Name     yamldoc.String `yaml:"name,required"`
	File     yamldoc.String `yaml:"file"`
	Document yamldoc.String `yaml:"document"`
	Success  texts          `yaml:"success"`
	Error    texts          `yaml:"error"`
	Warning  texts          `yaml:"warning"`
	Unknown  texts          `yaml:"not_verified"`
	Number   yamldoc.Int    `yaml:"number"`
}

func parseYAML(name string, data []byte, readFile func(string) ([]byte, error)) ([]Case, diag.List) {
	var file testsFile
	list := yamldoc.Unmarshal(name, data, &file)
	if list.HasErrors() {
		return nil, list
	}
	var cases []Case
	for i := range file.Tests {
		t := &file.Tests[i]
		document, ok := t.document(&list, readFile)
		if !ok {
			continue
		}
		before := len(cases)
		for _, group := range []struct {
			expect Expectation
			rules  texts
		}{{Error, t.Error}, {Warning, t.Warning}, {NotVerified, t.Unknown}, {Success, t.Success}} {
			for _, rule := range group.rules.Items {
				c := Case{Name: t.Name.Value, Line: t.Pos.Line, Rule: rule.Value, Expect: group.expect, Document: document}
				if group.expect != Success {
					c.Number = int(t.Number.Value)
				}
				cases = append(cases, c)
			}
		}
		if len(cases) == before {
			list.Add(diag.Errorf(t.Pos, CodeTest, "le test n'attend rien d'aucune règle", "the test expects nothing of any rule").
				WithHint("nommez des règles sous error, warning, not_verified ou success", "name rules under error, warning, not_verified or success"))
		}
	}
	return cases, list
}

// document returns the document of a test: of its file, or as it stands in the test.
func (t *testFile) document(list *diag.List, readFile func(string) ([]byte, error)) ([]byte, bool) {
	switch {
	case t.File.IsSet() == t.Document.IsSet():
		list.Add(diag.Errorf(t.Pos, CodeTest, "attendu file ou document, l'un des deux", "expected file or document, one of the two").
			WithHint("file: chemin depuis le dossier du fichier de tests", "file: a path from the folder of the test file"))
		return nil, false
	case t.Document.IsSet():
		return []byte(t.Document.Value), true
	}
	data, err := readFile(t.File.Value)
	if err != nil {
		list.Errorf(t.File.Pos, CodeDocument, "document illisible : %[1]v", "the document cannot be read: %[1]v", err)
		return nil, false
	}
	return data, true
}
