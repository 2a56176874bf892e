package schemas_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/schemas"
)

// base is a schema with documents, which the fuzzer changes.
type base struct {
	schema    any
	documents []any
	options   schemas.Options
}

// ours is the number of our own schemas among the bases.
const ours = 2

// bases are our own schemas, and those of the JSON-Schema-Test-Suite where CORPUS has it.
func bases(tb testing.TB) []base {
	tb.Helper()
	var all []base
	for _, s := range samples(tb)[:ours] {
		all = append(all, base{decode(s.schema.Document().AppendJSON(nil)), []any{decode(s.data)}, schemas.Options{AssertFormat: true}})
	}
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		return all
	}
	root := filepath.Join(corpus, "json-schema-test-suite")
	others := remotes(tb, root)
	for folder, draft := range map[string]schemas.Draft{"draft7": schemas.Draft07, "draft2020-12": schemas.Draft202012} {
		parts := groups(tb, filepath.Join(root, "tests", folder))
		for _, file := range slices.Sorted(func(yield func(string) bool) {
			for file := range parts {
				if !yield(file) {
					return
				}
			}
		}) {
			for _, g := range parts[file] {
				b := base{schema: decode(g.Schema), options: schemas.Options{Draft: draft, Annotate: true, Resources: others}}
				for _, test := range g.Tests {
					b.documents = append(b.documents, decode(test.Data))
				}
				all = append(all, b)
			}
		}
	}
	return all
}

// tally counts what a run has met.
type tally struct {
	schemas, refused, documents, valid, accepted int
	asked, unasked                               int                // valid documents that the acceptor was not sure of: with words that it leaves to the authority, and without
	words                                        map[string]*[3]int // schemas, documents accepted, documents refused
}

func (c *tally) String() string {
	return fmt.Sprintf("%d schemas loaded, %d refused; %d documents, %d valid: %d accepted, %d asked for, %d of them without need", c.schemas, c.refused, c.documents, c.valid, c.accepted, c.asked+c.unasked, c.unasked)
}

// left are the words that the acceptor leaves to the authority.
var left = []string{"$dynamicRef", "$recursiveRef", "unevaluatedItems", "unevaluatedProperties", "contentEncoding", "contentMediaType"}

// differ makes a schema and documents from bytes and compares both verdicts.
func (c *tally) differ(t *testing.T, data []byte, bases []base) {
	t.Helper()
	g := newGenerator(data)
	g.draft = pick(g, schemas.Draft202012, schemas.Draft201909, schemas.Draft07)
	var schema any
	var documents []any
	options := schemas.Options{AssertFormat: g.n(2) == 0}
	share := 3 // one of so many runs changes a base; ours are so large that they take the time of a hundred others
	if len(bases) == ours {
		share = 30
	}
	if g.n(share) == 0 {
		b := bases[(g.n(256)<<8|g.n(256))%len(bases)]
		schema, options = b.schema, b.options
		g.draft = options.Draft
		for range g.n(3) {
			schema = g.mutate(schema, true)
		}
		for _, document := range b.documents {
			documents = append(documents, document)
			for range 1 + g.n(3) {
				document = g.mutate(document, false)
				documents = append(documents, document)
			}
		}
	} else {
		root := g.root()
		schema = root
		for range 12 {
			documents = append(documents, g.instance(root, root, 4))
		}
	}
	compiled, err := options.Compile("schema.json", encode(schema))
	if err != nil {
		var faults *diag.Errors
		if !errors.As(err, &faults) {
			t.Fatalf("%s: %v has no positions", encode(schema), err)
		}
		c.refused++
		return
	}
	c.schemas++
	words := wordsOf(schema, nil)
	for _, document := range documents {
		doc, fault := jsondoc.Parse(encode(document))
		if fault != nil {
			continue
		}
		c.documents++
		want := compiled.Authority(doc)
		got, right := compiled.Judge(doc), want == nil
		if got == "valid" && !right || got == "invalid" && right {
			t.Fatalf("the acceptor says %s, the authority %v\nschema %s\ndocument %s", got, right, encode(schema), encode(document))
		}
		if diff := cmp.Diff(want, compiled.Validate(doc)); diff != "" && !slices.Contains(wordsOf(document, nil), "") { // v5 has no place for a member without a name
			t.Fatalf("the authority's violations are others: %s\nschema %s\ndocument %s", diff, encode(schema), encode(document))
		}
		outcome := 0
		switch {
		case got == "valid":
			c.accepted++
			outcome = 1
		case right && slices.ContainsFunc(words, func(word string) bool { return slices.Contains(left, word) }):
			c.asked++
		case right:
			c.unasked++
		default:
			outcome = 2
		}
		if right {
			c.valid++
		}
		for _, word := range words {
			if c.words[word] == nil {
				c.words[word] = &[3]int{}
			}
			c.words[word][0]++
			if outcome > 0 {
				c.words[word][outcome]++
			}
		}
	}
}

// wordsOf lists the names in a schema.
func wordsOf(v any, dst []string) []string {
	switch v := v.(type) {
	case map[string]any:
		for name, inside := range v {
			dst = wordsOf(inside, append(dst, name))
		}
	case []any:
		for _, inside := range v {
			dst = wordsOf(inside, dst)
		}
	}
	return dst
}

func FuzzAcceptor(f *testing.F) {
	all := bases(f)
	for _, seed := range []string{"", "a schema", "another", "\x00\x01\x02\x03\x04\x05", "\x01\x00\x00\x00\x07", "\x02\x01\x00\xff\xff", "\x00\x01\x00\x00\x00\x01\x02", strings.Repeat("\x07\x2a", 40)} {
		f.Add([]byte(seed))
	}
	c := &tally{words: map[string]*[3]int{}}
	f.Fuzz(func(t *testing.T, data []byte) { c.differ(t, data, all) })
}

// The generator meets every keyword, with documents that are valid and others that are not; and the acceptor seldom
// has to ask for valid ones.
func TestGeneratorIsDense(t *testing.T) {
	all := bases(t)
	c := &tally{words: map[string]*[3]int{}}
	for i := range 2000 {
		c.differ(t, fmt.Appendf(nil, "%d", i*7919), all)
	}
	t.Log(c)
	for _, d := range []schemas.Draft{schemas.Draft07, schemas.Draft201909, schemas.Draft202012} {
		for _, word := range schemas.Keywords(d) {
			n := c.words[word]
			switch word {
			case "$id", "$anchor", "$vocabulary", "contentSchema": // names, and what the loader refuses or ignores
			case "$recursiveRef", "$dynamicRef": // the acceptor asks
			default:
				if n == nil || n[1] == 0 || n[2] == 0 {
					t.Errorf("%s: schemas, accepted and refused documents: %v", word, n)
				}
			}
		}
	}
	if c.unasked*100 > c.accepted {
		t.Errorf("the authority was asked too often: %v", c)
	}
}

// FuzzPattern compares the automaton of a pattern with the regexp that it stands for.
func FuzzPattern(f *testing.F) {
	for _, pattern := range []string{`^[0-9]{14}$`, `^-?\d+(\.\d+)?$`, `^[A-Z]{2}`, `a|^b$`, `(?i)k`, `^$|^a`, `$^`, `a$b`, `(a|ab)(c|bcd)$`, `[^é]x`, `\bw`, `(?m)^a$`, `x*`, `^(?:a$|b)c?`, `.`, `(?s).b`} {
		for _, text := range []string{"", "12345678901234", "-1.50", "FR", "k\u212a", "a\nb", "abcd", "é", "ac", "\xff"} {
			f.Add(pattern, text)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 60 {
			return
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		matches, _ := schemas.Pattern(re)
		if got, want := matches(text), re.MatchString(text); got != want {
			t.Errorf("%q on %q: %v, want %v", pattern, text, got, want)
		}
	})
}
