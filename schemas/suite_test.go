package schemas_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/schemas"
)

// group is a schema of the JSON-Schema-Test-Suite with its documents.
type group struct {
	Description string
	Schema      json.RawMessage
	Tests       []struct {
		Description string
		Data        json.RawMessage
		Valid       bool
	}
}

// suite returns the folder of the JSON-Schema-Test-Suite; without CORPUS the test is skipped.
func suite(tb testing.TB) string {
	tb.Helper()
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		tb.Skip("CORPUS names no folder with json-schema-test-suite")
	}
	return filepath.Join(corpus, "json-schema-test-suite")
}

// groups reads the test files of a folder.
func groups(tb testing.TB, folder string) map[string][]group {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		tb.Fatal(err)
	}
	all := map[string][]group{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		var list []group
		if err := json.Unmarshal(data, &list); err != nil {
			tb.Fatal(file, err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = list
	}
	return all
}

// remotes reads the schemas that those of the suite refer to, by the URI that the suite gives them.
func remotes(tb testing.TB, root string) map[string][]byte {
	tb.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(filepath.Join(root, "remotes"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(filepath.Join(root, "remotes"), path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		all["http://localhost:1234/"+filepath.ToSlash(name)] = data
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// score counts the verdicts on a part of the suite.
type score struct{ tests, right, refused, falseAccepts, valid, accepted int }

// judgeSuite runs one folder of the suite the way a route does: strict parser, acceptor, authority. Every document is
// judged with the acceptor on and off, which must agree. It returns the groups that were refused when loaded and those
// that were judged wrongly.
func judgeSuite(t *testing.T, folder string, options schemas.Options) (got score, refused, wrong []string) {
	t.Helper()
	for file, list := range groups(t, folder) {
		for _, g := range list {
			name := file + ": " + g.Description
			got.tests += len(g.Tests)
			schema, err := options.Compile("schema.json", g.Schema)
			if err != nil {
				var faults *diag.Errors
				if !errors.As(err, &faults) {
					t.Errorf("%s: %v has no positions", name, err)
				}
				got.refused += len(g.Tests)
				refused = append(refused, name)
				continue
			}
			for _, test := range g.Tests {
				doc, fault := jsondoc.Parse(test.Data)
				on, off, accepted := false, false, false // what the parser refuses (1e308) no schema sees
				if fault == nil {
					on, off, accepted = schema.Validate(doc) == nil, schema.Authority(doc) == nil, schema.Accepts(doc)
				}
				if on != off || accepted && !off {
					t.Errorf("%s: %s: with the acceptor %v, without %v", name, test.Description, on, off)
				}
				if test.Valid {
					got.valid++
				}
				if accepted {
					got.accepted++
				}
				switch {
				case on == test.Valid:
					got.right++
				case on:
					got.falseAccepts++
					fallthrough
				default:
					wrong = append(wrong, fmt.Sprintf("%s: %s: %v", name, test.Description, on))
				}
			}
		}
	}
	return got, refused, wrong
}

// The two groups that jsonschema/v5 judges wrongly are refused when loaded; every other verdict is the standard's. The
// schemas of the suite have unknown keywords on purpose, so they are read as annotations.
func TestSuite(t *testing.T) {
	root := suite(t)
	for _, tt := range []struct {
		folder string
		draft  schemas.Draft
		want   score
	}{
		{"draft7", schemas.Draft07, score{tests: 927, right: 927, valid: 550, accepted: 548}},
		{"draft2020-12", schemas.Draft202012, score{tests: 1299, right: 1291, refused: 8, valid: 764, accepted: 667}},
	} {
		t.Run(tt.folder, func(t *testing.T) {
			got, refused, wrong := judgeSuite(t, filepath.Join(root, "tests", tt.folder), schemas.Options{Draft: tt.draft, Annotate: true, Resources: remotes(t, root)})
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			for _, name := range refused {
				if name != "dynamicRef: $dynamicRef skips over intermediate resources - direct reference" && name != "enum: empty enum" {
					t.Errorf("refused: %s", name)
				}
			}
			for _, name := range wrong {
				t.Error(name)
			}
		})
	}
}

// What a corpus may have beside the mandatory tests of the two drafts: 2019-09, and the formats of each draft. Two
// verdicts are known to be others: the joining types of letters (RFC 5892 appendix A.1) are in no table of the standard
// library, so a name that needs them is refused; and a pattern is what Go's regexp understands, which has \a.
func TestSuiteBeyond(t *testing.T) {
	root := suite(t)
	known := map[string]bool{
		"idn-hostname: validation of internationalized host names: ZERO WIDTH NON-JOINER not preceded by Virama but matches regexp: false": true,
		`ecmascript-regex: \a is not an ECMA 262 control escape: when used as a pattern: true`:                                             true,
	}
	for _, tt := range []struct {
		folder  string
		options schemas.Options
	}{
		{"draft2019-09", schemas.Options{Draft: schemas.Draft201909}},
		{"draft7/optional/format", schemas.Options{Draft: schemas.Draft07}},
		{"draft2019-09/optional/format", schemas.Options{Draft: schemas.Draft201909, AssertFormat: true}},
		{"draft2020-12/optional/format", schemas.Options{Draft: schemas.Draft202012, AssertFormat: true}},
	} {
		t.Run(tt.folder, func(t *testing.T) {
			tt.options.Annotate, tt.options.Resources = true, remotes(t, root)
			got, refused, wrong := judgeSuite(t, filepath.Join(root, "tests", tt.folder), tt.options)
			if got.tests == 0 {
				t.Skip("the corpus does not have it")
			}
			t.Logf("%+v", got)
			for _, name := range append(refused, wrong...) {
				if !known[name] {
					t.Error(name)
				}
			}
		})
	}
}
