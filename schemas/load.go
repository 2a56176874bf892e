package schemas

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
)

// Bounds of a schema. Official schemas (DECP, the canonical invoice, ESPD) have less than a tenth of each.
const (
	// maxSchemaBytes bounds the text: compiling takes time that grows faster than it.
	maxSchemaBytes = 4 << 20
	// maxSubschemas bounds the subschemas of all files together: jsonschema/v5 compares all pairs of them, which takes a
	// second then.
	maxSubschemas = 5_000
	// maxBranches bounds a list of schemas: every branch of anyOf is judged, and a message must name the nearest.
	maxBranches = 1_000
	// maxEnum bounds a list of values: the CPV has 9,454 codes.
	maxEnum = 20_000
	// maxPattern bounds the instructions of a compiled pattern: matching costs as many steps for each character.
	maxPattern = 5_000
	// maxPatterns bounds the instructions of all patterns together: each is compiled several times.
	maxPatterns = 100_000
	// maxAnchored bounds references by anchor times subschemas: jsonschema/v5 looks through all for each.
	maxAnchored = 1_000_000
	// maxChain bounds how deep schemas call one another on one value, as jsonschema/v5 recurses: a value may lie a hundred
	// levels deep, and a stack that overflows ends the process.
	maxChain = 100
	// maxWork bounds how many subschemas one value meets, branches of branches included: doubling in each of fifty
	// definitions would never end.
	maxWork = 10_000
)

// Codes of the diagnostics about a schema that is not loaded.
const (
	CodeSchemaJSON        = "jsonschema_json"        // it is no JSON document
	CodeSchemaKeyword     = "jsonschema_keyword"     // a word that the draft does not have
	CodeSchemaValue       = "jsonschema_value"       // a keyword's value has the wrong form
	CodeSchemaDraft       = "jsonschema_draft"       // $schema names no known draft
	CodeSchemaFormat      = "jsonschema_format"      // an unknown format or encoding
	CodeSchemaPattern     = "jsonschema_pattern"     // a pattern that cannot be compiled
	CodeSchemaReference   = "jsonschema_reference"   // a reference to what is not there, or outside
	CodeSchemaLoop        = "jsonschema_loop"        // references that lead back without reading anything
	CodeSchemaSize        = "jsonschema_size"        // more than a bound
	CodeSchemaUnsupported = "jsonschema_unsupported" // right by the standard, but judged wrongly by jsonschema/v5
)

// Options say how a schema is read. The zero value reads any schema of a known draft as the standard says, and refuses
// what it does not know.
type Options struct {
	// Draft is that of schemas without $schema.
	Draft Draft
	// AssertFormat makes format, contentEncoding and contentMediaType refuse documents in 2019-09 and 2020-12 as well,
	// where they are annotations otherwise. In draft-07 they always refuse.
	AssertFormat bool
	// Annotate takes unknown keywords and formats for annotations, as the standard says, instead of refusing the
	// schema: with it, a misspelt keyword accepts everything.
	Annotate bool
	// Resources are other schemas that this one may refer to, by absolute URI. Nothing else outside is ever read.
	Resources map[string][]byte
}

// Compile compiles the schema of a kind: nothing unknown in it, formats asserted. See [Options.Compile].
func Compile(name string, data []byte) (*Schema, error) {
	return Options{AssertFormat: true}.Compile(name, data)
}

// Compile compiles a schema. The name is the file that positions tell. The error is a [*diag.Errors] that holds all
// faults of the schema: each would make the gateway accept what it does not understand, or never answer.
func (o Options) Compile(name string, data []byte) (*Schema, error) {
	l := &loader{Options: o, files: map[string]*file{}, nodes: map[document.Value]*subschema{}, all: formats()}
	retrieval := "passerelle:///" + (&url.URL{Path: name}).EscapedPath()
	root := l.load(retrieval, name, data)
	l.resolveAll()
	l.checkSums(name)
	if root != nil && !l.list.HasErrors() {
		l.checkWork()
		l.checkDynamic(root)
	}
	if err := l.list.Err(); err != nil {
		return nil, err
	}
	compiled, err := l.authority(retrieval, data)
	if err != nil {
		return nil, err
	}
	id := root.at.Get("$id").Text()
	if id == "" {
		id = "urn:passerelle:schema:" + name
	}
	return &Schema{id: id, compiled: compiled, raw: root.file.doc, accept: newAcceptor(compiled, l.all, l.assertion()), dynamic: l.dynamic || l.outside}, nil
}

// file is one schema document.
type file struct {
	name      string // what positions tell
	uri       string // where references find it
	data      []byte
	doc       *document.Doc
	draft     Draft
	resources map[string]*subschema // roots, by URI
}

// subschema is one schema inside a file.
type subschema struct {
	at        document.Value
	file      *file
	parent    *subschema            // nil for the root of a file
	resource  *subschema            // the root of its resource; itself, when it is one
	base      string                // of a resource: its URI
	anchors   map[string]*subschema // of a resource
	dynamic   string                // its $dynamicAnchor
	recursive bool                  // its $recursiveAnchor
	edges     []edge
	depth     int // longest chain of schemas that one value meets
	work      int // most subschemas that one value meets below; endless for recursion
	state     uint8
}

// edge leads from a schema to one that it applies.
type edge struct {
	to      *subschema // nil for an official metaschema
	keyword document.Value
	reach   reach
}

// loader reads a schema and what it refers to, and collects the faults.
type loader struct {
	Options
	list    diag.List
	files   map[string]*file
	nodes   map[document.Value]*subschema
	order   []*subschema
	pending []reference
	all     map[string]func(string) bool // formats
	full    bool                         // maxSubschemas was reached
	size    int                          // instructions of all patterns
	anchors int                          // references by anchor
	outside bool                         // an official metaschema is referred to; its references are dynamic
	dynamic bool                         // a $dynamicRef or $recursiveRef was met
	custom  bool                         // a file has a metaschema of its own, which may assert formats
}

// load reads one file and returns its root; nil when it cannot be read.
func (l *loader) load(uri, name string, data []byte) *subschema {
	f := &file{name: name, uri: uri, data: data, draft: l.Draft, resources: map[string]*subschema{}}
	l.files[uri] = f
	if len(data) > maxSchemaBytes {
		l.list.Errorf(diag.Position{File: name}, CodeSchemaSize, "schéma de %d octets : au plus %d sont lus", "schema of %d bytes: at most %d are read", len(data), maxSchemaBytes)
		return nil
	}
	doc, fault := jsondoc.Parse(data)
	if fault != nil {
		l.list.Add(diag.Errorf(diag.Position{File: name, Line: fault.Line, Column: fault.Column}, CodeSchemaJSON, "schéma illisible : %[1]s", "the schema cannot be read: %[2]s", fault.FR, fault.EN).
			WithHint("%[1]s", "%[2]s", fault.Remedy, fault.RemedyEN))
		return nil
	}
	f.doc = doc
	if !l.form(f, doc.Root(), aSchema, "") {
		return nil
	}
	if !l.draft(f, doc.Root().Get("$schema")) {
		return nil
	}
	return l.add(f, doc.Root(), nil)
}

// draft finds the draft of a file by its $schema, which may be absent.
func (l *loader) draft(f *file, value document.Value) bool {
	if !value.Exists() {
		return true
	}
	uri := value.Text()
	for range maxReferences {
		if d, known := draftOf(uri); known {
			f.draft = d
			return true
		}
		l.custom = true
		meta, fault := jsondoc.Parse(l.Resources[uri])
		if fault != nil {
			break
		}
		uri = meta.Root().Get("$schema").Text()
	}
	l.list.Add(diag.Errorf(f.position(value), CodeSchemaDraft, "version de JSON Schema inconnue : %[1]s", "unknown version of JSON Schema: %[1]s", excerpt(value)).
		WithHint("connues : %[1]s, %[2]s et %[3]s ; sans $schema, le schéma est lu comme 2020-12", "known: %[1]s, %[2]s and %[3]s; a schema without $schema is read as 2020-12",
			metaschemas[Draft07], metaschemas[Draft201909], metaschemas[Draft202012]))
	return false
}

// position is the place of a value in its file; columns count characters there.
func (f *file) position(v document.Value) diag.Position { return f.place(v.Source().Offset) }

// nameOf is the place of a member's name, which stands before its value.
func (f *file) nameOf(member document.Value) diag.Position {
	at := member.Source().Offset
	closing := bytes.LastIndexByte(f.data[:at], '"')
	for i := closing - 1; i >= 0; i-- {
		if f.data[i] != '"' {
			continue
		}
		escapes := 0
		for i-escapes > 0 && f.data[i-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return f.place(i)
		}
	}
	return f.place(at)
}

func (f *file) place(offset int) diag.Position {
	before := f.data[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	line := bytes.TrimPrefix(before[start:], []byte("\ufeff"))
	return diag.Position{File: f.name, Line: 1 + bytes.Count(before, []byte{'\n'}), Column: 1 + utf8.RuneCount(line)}
}

// errNoReference is what jsonschema/v5 gets for anything that it was not given.
var errNoReference = errors.New("a schema may only refer to itself: files and networks are not read")

// authority compiles the schema by jsonschema/v5. What it refuses after all that was checked before is one fault more.
func (l *loader) authority(uri string, data []byte) (compiled *jsonschema.Schema, err error) {
	root := l.files[uri]
	refused := func(why any) error {
		l.list.Errorf(diag.Position{File: root.name}, CodeSchemaUnsupported, "schéma refusé par le validateur : %v", "the schema is refused by the validator: %v", why)
		return l.list.Err()
	}
	defer func() {
		if r := recover(); r != nil {
			compiled, err = nil, refused(r)
		}
	}()
	compiler := jsonschema.NewCompiler()
	compiler.Draft = map[Draft]*jsonschema.Draft{Draft07: jsonschema.Draft7, Draft201909: jsonschema.Draft2019, Draft202012: jsonschema.Draft2020}[l.Draft]
	compiler.AssertFormat, compiler.AssertContent = l.AssertFormat, l.AssertFormat
	compiler.Formats = boxed(l.all, l.assertion() != ignored)
	compiler.LoadURL = func(uri string) (io.ReadCloser, error) {
		if data, ok := l.Resources[uri]; ok {
			return io.NopCloser(bytes.NewReader(data)), nil
		}
		return nil, errNoReference
	}
	if err := compiler.AddResource(uri, bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))); err != nil {
		return nil, refused(err)
	}
	if compiled, err = compiler.Compile(uri); err != nil {
		return nil, l.metaschema(root, err)
	}
	return compiled, nil
}

// assertion is what format does in the drafts that take it for an annotation.
type assertion uint8

const (
	asserted  assertion = iota
	ignored             // an annotation
	undecided           // what jsonschema/v5 makes of it
)

// assertion tells what becomes of formats. jsonschema/v5 asserts them where it should not: in a schema without $schema, and
// below a $dynamicAnchor. So it gets formats that everything satisfies, except where another file asserts them: one of
// draft-07, or one with a metaschema of its own.
func (l *loader) assertion() assertion {
	if l.AssertFormat {
		return asserted
	}
	for _, f := range l.files {
		if l.custom || f.draft == Draft07 {
			return undecided
		}
	}
	return ignored
}

// metaschema tells where a schema breaks a rule of its metaschema that the loader does not check itself.
func (l *loader) metaschema(root *file, err error) error {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		l.list.Errorf(diag.Position{File: root.name}, CodeSchemaUnsupported, "schéma refusé par le validateur : %v", "the schema is refused by the validator: %v", err)
		return l.list.Err()
	}
	for _, leaf := range leaves(invalid, nil) {
		at := root.doc.Lookup(decodePointer(leaf.InstanceLocation))
		l.list.Errorf(root.position(at), CodeSchemaValue, "valeur refusée par le métaschéma %[1]s, règle %[2]s : %[3]s", "value refused by the metaschema of %[1]s, rule %[2]s: %[3]s",
			root.draft, keyword(leaf.KeywordLocation), excerpt(at))
	}
	return l.list.Err()
}
