package decp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/transformers"
)

// judges holds the canonical schemas by kind.
type judges map[transformers.Kind]*jsonschema.Schema

func compileSchemas(t testing.TB) judges {
	t.Helper()
	return judges{
		transformers.Contract:   compile(t, "../../schemas/canonical/contract.schema.json"),
		transformers.Concession: compile(t, "../../schemas/canonical/concession.schema.json"),
	}
}

func compile(t testing.TB, file string) *jsonschema.Schema {
	t.Helper()
	return compileText(t, filepath.Base(file), read(t, file))
}

func compileText(t testing.TB, name string, data []byte) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat = true
	if err := c.AddResource("urn:test:"+name, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:test:" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func decode(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	return v, dec.Decode(&v)
}

// judge returns the canonical schema's verdict.
func (j judges) judge(part transformers.Part) error {
	dec := json.NewDecoder(bytes.NewReader(part.Doc.AppendJSON(nil)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return err
	}
	return j[part.Kind].Validate(v)
}

// verdict is ours on a file: why it is refused, empty when it is accepted.
func (j judges) verdict(data []byte) []string {
	doc, fault := jsondoc.Parse(data)
	if fault != nil {
		return []string{fault.Code}
	}
	content := transformers.Content{JSON: doc}
	tr := New()
	id, refused, ok := tr.Recognise(content)
	switch {
	case !ok:
		return []string{"not recognised"}
	case refused != nil:
		return []string{refused.Code}
	}
	res, faults := tr.Transform(content, id)
	for _, v := range faults {
		return []string{v.Code}
	}
	var all []string
	for _, part := range res.Parts {
		if err := j.judge(part); err != nil {
			all = append(all, keywords(err)...)
		}
	}
	return all
}

// leaves returns the innermost errors of a verdict.
func leaves(err error) []*jsonschema.ValidationError {
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return nil
	}
	if len(ve.Causes) == 0 {
		return []*jsonschema.ValidationError{ve}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range ve.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

func keywords(err error) (all []string) {
	for _, e := range leaves(err) {
		all = append(all, e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:])
	}
	return all
}

func pointers(err error) (all []string) {
	for _, e := range leaves(err) {
		all = append(all, e.InstanceLocation)
	}
	return all
}

func ratOf(literal string) (*big.Rat, bool) { return new(big.Rat).SetString(literal) }

// TestOfficialVerdict compares our verdict (transformer and canonical schemas) with the official schema of each version, on
// the official examples, our own, and mutants of them: the verdict is the same but for what the version names.
func TestOfficialVerdict(t *testing.T) {
	dir := corpus(t)
	ours := compileSchemas(t)
	newest := read(t, filepath.Join(dir, "schema_decp_v2.0.4.json"))
	var bases [][]byte
	for _, file := range corpusFiles {
		bases = append(bases, read(t, filepath.Join(dir, file)))
	}
	bases = append(bases, read(t, "../../examples/documents/decp-contract.json"), read(t, "testdata/mixed.json"))
	for _, version := range officialVersions {
		t.Run(version.name, func(t *testing.T) {
			bases := bases
			if version.bases != nil {
				bases = version.bases(t)
			}
			c := comparison{ours: ours, theirs: version.schema(t, newest), version: version, reasons: map[string]int{}}
			for _, base := range bases {
				if what, same := c.document(t, base); !same {
					t.Errorf("a document of the version: %s", what)
				}
			}
			for seed := range uint64(version.mutants) {
				r := rand.New(rand.NewPCG(seed, 204))
				root, err := decode(bases[int(seed)%len(bases)])
				if err != nil {
					t.Fatal(err)
				}
				where := mutate(r, &root)
				data, err := json.Marshal(root)
				if err != nil {
					t.Fatal(err)
				}
				if what, _ := c.document(t, data); what != "" {
					t.Errorf("seed %d (%s): %s", seed, where, what)
				}
			}
			t.Logf("both accept %d, both refuse %d, only we refuse %d, only they %d %v", c.bothAccept, c.bothRefuse, c.onlyWe, c.onlyThey, c.reasons)
			if c.bothAccept < version.mutants/10 || c.bothRefuse < version.mutants/4 {
				t.Error("the mutants show too little")
			}
		})
	}
}

// comparison counts how our verdict and that of an official schema agree.
type comparison struct {
	ours                                     judges
	theirs                                   *jsonschema.Schema
	version                                  officialVersion
	bothAccept, bothRefuse, onlyWe, onlyThey int
	reasons                                  map[string]int // of those who refuse alone
}

// document compares the verdicts on a document. It returns what the version does not name, and whether both accept it.
func (c *comparison) document(t *testing.T, data []byte) (what string, accepted bool) {
	t.Helper()
	value, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	refused := c.theirs.Validate(value)
	why := c.ours.verdict(data)
	switch {
	case refused != nil && len(why) > 0:
		c.bothRefuse++
	case refused == nil && len(why) == 0:
		c.bothAccept++
		accepted = true
	case refused != nil:
		c.onlyThey++
		what = c.named("we accept what the official schema refuses", keywords(refused), c.version.looser)
	default:
		c.onlyWe++
		what = c.named("we refuse what the official schema accepts", why, c.version.stricter)
	}
	return what, accepted
}

// named counts the reasons and says which of them are not expected.
func (c *comparison) named(what string, reasons, expected []string) string {
	for _, reason := range reasons {
		c.reasons[reason]++
		if !slices.Contains(expected, reason) {
			return what + ", for " + reason
		}
	}
	return ""
}

// spot is one value of a decoded document, and how to replace or remove it.
type spot struct {
	path   string
	value  any
	set    func(any)
	remove func()
}

func spots(root *any) []spot {
	var all []spot
	var walk func(path string, v any, set func(any), remove func())
	walk = func(path string, v any, set func(any), remove func()) {
		all = append(all, spot{path, v, set, remove})
		switch v := v.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				walk(path+"/"+name, v[name], func(x any) { v[name] = x }, func() { delete(v, name) })
			}
		case []any:
			for i := range v {
				walk(fmt.Sprintf("%s/%d", path, i), v[i], func(x any) { v[i] = x }, func() { set(slices.Delete(slices.Clone(v), i, i+1)) })
			}
		}
	}
	walk("", *root, func(x any) { *root = x }, func() { *root = nil })
	return all
}

// mutate changes one place and says which and how.
func mutate(r *rand.Rand, root *any) string {
	all := spots(root)
	s := all[r.IntN(len(all))]
	pick := func(values ...any) any { return values[r.IntN(len(values))] }
	number := func() any {
		return json.Number(pick("0", "-1", "1", "1.0", "0.5", "1.5", "12.00", "1e3", "1e-3", "-0", "0.999", "1.0001", "12345678901234567890123456789012345678901", "2E0").(string))
	}
	word := func() any {
		return pick("", "1234", "Marché", "Sans objet", "Travaux", "SIRET", "2026-02-30", "xx2026-01-01yy", "2026-1-1", "12345678901234", "123456789012345", "45000000", "45000000-77", strings.Repeat("é", 1000), strings.Repeat("é", 1001), strings.Repeat("x", 257), "Maitrise d’œuvre")
	}
	anything := func() any {
		return pick(nil, true, false, number(), word(), []any{}, map[string]any{}, []any{"foo"}, map[string]any{"foo": "bar"})
	}
	switch v := s.value.(type) {
	case map[string]any:
		switch r.IntN(3) {
		case 0:
			name := pick("foo", "_type", "uid", "nom", "kind", "id", "montant", "titulaire").(string)
			v[name] = anything()
			return s.path + ": member " + name
		case 1:
			names := slices.Sorted(maps.Keys(v))
			if len(names) > 0 {
				name := names[r.IntN(len(names))]
				v[name+"x"] = v[name]
				delete(v, name)
				return s.path + ": renamed " + name
			}
		}
	case []any:
		switch r.IntN(3) {
		case 0:
			s.set([]any{})
			return s.path + ": emptied"
		case 1:
			if len(v) > 0 {
				s.set(append(slices.Clone(v), v[r.IntN(len(v))]))
				return s.path + ": duplicate"
			}
		}
	case string:
		if r.IntN(2) == 0 {
			s.set(word())
			return s.path + ": another text"
		}
	case json.Number:
		if r.IntN(3) > 0 {
			s.set(number())
			return s.path + ": another number"
		}
	}
	if r.IntN(2) == 0 {
		s.remove()
		return s.path + ": removed"
	}
	s.set(anything())
	return s.path + ": anything"
}
