// Package ruletest reads tests of business rules and runs them.
//
// Two forms are read. The field's own is the test set of the Vefa validator (namespace http://difi.no/xsd/vefa/validator/1.0),
// in which the official tests of EN 16931 are written:
//
//	<testSet xmlns="http://difi.no/xsd/vefa/validator/1.0">
//	  <test>
//	    <assert>
//	      <description>a line has a price that is not negative</description>
//	      <error number="2">BR-27</error>     <!-- fires, here at two places -->
//	      <success>BR-26</success>            <!-- does not fire -->
//	    </assert>
//	    <Invoice>...</Invoice>
//	  </test>
//	</testSet>
//
// The other is YAML:
//
//	tests:
//	  - name: a line has a price that is not negative
//	    file: negative.xml       # from the folder of the test file; or document: the text itself
//	    error: [BR-27]
//	    warning: []
//	    not_verified: []         # lacks the table that it is compared with
//	    success: [BR-26]
//	    number: 2                # optional: at how many places the rules under error and warning fire
//
// A document may be partial: only the rules that a test names count. The package must not know how rules are judged.
package ruletest

import (
	"bytes"
	"fmt"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/violation"
)

// Expectation is what a test says of a rule.
type Expectation string

// The expectations, in the words of the test sets.
const (
	Success Expectation = "success" // the rule does not fire
	Error   Expectation = "error"   // it fires and refuses the document
	Warning Expectation = "warning" // it fires and lets the document pass
	// NotVerified is what a rule does that lacks what the document is compared with: it neither fires nor keeps silent.
	NotVerified Expectation = "not_verified"
)

// Case is one expectation about one document.
type Case struct {
	// Name describes the test, in the language of its author.
	Name string
	// Line is where the test stands in its file, 1-based.
	Line int
	// Rule is the id of the rule.
	Rule   string
	Expect Expectation
	// Number is at how many places the rule fires; 0 where the test does not say.
	Number   int
	Document []byte
}

// Parse reads a test file, XML or YAML; readFile gives the documents that a YAML file names, by the path as it is
// written. All faults are returned at once.
func Parse(name string, data []byte, readFile func(string) ([]byte, error)) ([]Case, diag.List) {
	if bytes.HasPrefix(bytes.TrimLeft(data, "\ufeff \t\r\n"), []byte("<")) {
		return parseTestSet(name, data)
	}
	return parseYAML(name, data, readFile)
}

// Result is a case and what became of it.
type Result struct {
	Case
	Passed bool
	// Found is what the rule did, and at how many places.
	Found       Expectation
	FoundNumber int
	// Fault is why the document could not be judged, in English; empty where it could.
	Fault string
}

// Run judges the documents of the cases and compares. The judge returns all violations of a document, or why it cannot
// be judged.
func Run(cases []Case, judge func(document []byte) ([]violation.Violation, error)) []Result {
	results := make([]Result, 0, len(cases))
	var last []byte
	var violations []violation.Violation
	var err error
	for i, c := range cases {
		if i == 0 || !sameDocument(last, c.Document) {
			last = c.Document
			violations, err = judge(c.Document)
		}
		r := Result{Case: c}
		if err != nil {
			r.Fault = err.Error()
		} else {
			r.Found, r.FoundNumber = outcome(violations, c.Rule)
			r.Passed = r.Found == c.Expect && (c.Number == 0 || c.Number == r.FoundNumber)
		}
		results = append(results, r)
	}
	return results
}

// sameDocument reports whether two cases share a document, as those of one test do.
func sameDocument(a, b []byte) bool { return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0] }

// outcome returns what a rule did and at how many places.
func outcome(violations []violation.Violation, rule string) (Expectation, int) {
	found, places := Success, 0
	for _, v := range violations {
		if v.Code != rule {
			continue
		}
		places += max(1, v.Count)
		switch {
		case v.IsFatal():
			found = Error
		case v.Severity == violation.NotVerified && found == Success:
			found = NotVerified
		case found == Success:
			found = Warning
		}
	}
	return found, places
}

// words are those of an expectation in French and English.
var words = map[Expectation][2]string{
	Success: {"respectée", "kept"}, Error: {"refus", "refusal"}, Warning: {"avertissement", "warning"},
	NotVerified: {"non vérifiée", "not verified"},
}

// Describe says what was expected and what was found, in French and English.
func (r Result) Describe() (fr, en string) {
	say := func(e Expectation, n int, language int) string {
		if e == Success || n == 0 {
			return words[e][language]
		}
		return fmt.Sprintf("%s ×%d", words[e][language], n)
	}
	foundFR, foundEN := r.Fault, r.Fault
	if r.Fault == "" {
		foundFR, foundEN = say(r.Found, r.FoundNumber, 0), say(r.Found, r.FoundNumber, 1)
	}
	name := ""
	if r.Name != "" {
		name = " (" + r.Name + ")"
	}
	fr = fmt.Sprintf("ligne %d, %s : attendu %s, trouvé %s%s", r.Line, r.Rule, say(r.Expect, r.Number, 0), foundFR, name)
	en = fmt.Sprintf("line %d, %s: expected %s, found %s%s", r.Line, r.Rule, say(r.Expect, r.Number, 1), foundEN, name)
	return fr, en
}
