// Package mapping makes kinds of JSON documents out of what an operator wrote: how a document is recognised, the JSON
// Schema it must satisfy as it arrives, and a declarative mapping to its canonical form (target <- source), in one YAML
// file and without Go. docs/mapping.md is the guide.
//
// [Load] compiles the files with every fault at once; a [Kind] is then a [transformers.Transformer] that goes straight
// from the parsed document to the mapped one. Values keep the reference to their place in the source, so that whatever
// refuses the mapped document later can point at the original bytes. Numbers keep the literal of the source; sums are
// exact decimals.
//
// The package must not know which library judges JSON Schemas, nor routes, configuration or Kafka: the compiler of
// schemas and the reader of files are given in [Options].
package mapping

import (
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
)

// File is one kind as an operator wrote it.
type File struct {
	Name string // shown in positions; paths in the file are relative to its directory
	Data []byte
}

// Judge returns everything that is wrong with a document; none, when it is valid.
type Judge func(*document.Doc) []violation.Violation

// Options is what kinds are compiled with.
type Options struct {
	// Reserved are the kinds that exist already: no file may define one of them.
	Reserved []string
	// ReadFile reads a schema; the name is the one in the file, joined with the directory of the file.
	ReadFile func(name string) ([]byte, error)
	// Compile compiles a JSON Schema. Where the error is a [*diag.Errors], its diagnostics are reported as they are.
	Compile func(name string, data []byte) (Judge, error)
}

// Schema is the JSON Schema of the canonical documents of a kind.
type Schema struct {
	// Name is the file it was read from, or that of the kind when it is derived.
	Name string
	Data []byte
	// Derived reports that the schema was made from the mapping: it says which members the mapping writes and of which
	// type, holds for every document that the mapping makes, and so needs no judging again. The source of such a
	// document was judged by the source schema of the kind.
	Derived bool
}

// Kind is a kind of JSON documents that an operator defined. It implements [transformers.Transformer] and is immutable:
// any number of goroutines may use it.
type Kind struct {
	name        string
	description string
	recognise   []condition
	versions    []version // at least one; a single one may have no name and take every document of the kind
	schema      Schema
}

var _ transformers.Transformer = (*Kind)(nil)

// Name returns the name of the kind, which routes accept.
func (k *Kind) Name() string { return k.name }

// Description returns what the operator says of the kind, in one text; it may be empty.
func (k *Kind) Description() string { return k.description }

// Versions lists the versions of the kind, in the order of the file; none when the kind does not tell versions apart.
func (k *Kind) Versions() []string {
	var names []string
	for i := range k.versions {
		if name := k.versions[i].name; name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Schema returns the schema that judges the canonical documents of the kind, whatever their version.
func (k *Kind) Schema() Schema { return k.schema }

// Recognise implements [transformers.Transformer]: all conditions of the kind hold. A document of the kind that is not of
// exactly one of its versions is refused.
func (k *Kind) Recognise(c transformers.Content) (transformers.Identity, *violation.Violation, bool) {
	if c.JSON == nil {
		return transformers.Identity{}, nil, false
	}
	for i := range k.recognise {
		if !k.recognise[i].holds(c.JSON) {
			return transformers.Identity{}, nil, false
		}
	}
	id := transformers.Identity{Format: transformers.JSON, Kind: transformers.Kind(k.name)}
	v, refused := k.version(c)
	if refused == nil {
		id.Version = v.name
	}
	return id, refused, true
}

// Transform implements [transformers.Transformer]. A document that has a mapping is judged by the source schema of its
// version first; what that refuses is not mapped.
func (k *Kind) Transform(c transformers.Content, id transformers.Identity) (transformers.Result, []violation.Violation) {
	v, refused := k.version(c)
	if refused != nil {
		return transformers.Result{}, []violation.Violation{*refused}
	}
	result := transformers.Result{Key: v.orderKey(c.JSON)}
	var violations []violation.Violation
	if v.source != nil {
		violations = v.source(c.JSON)
		if v.mapping != nil {
			violations = inSource(violations)
		}
		if violation.AnyFatal(violations) {
			return result, violations
		}
	}
	doc := c.JSON
	if v.mapping != nil {
		var faults []violation.Violation
		doc, faults = v.mapping.run(c.JSON)
		violations = append(violations, faults...)
		if len(faults) > 0 {
			return result, violations
		}
	}
	part := transformers.Part{Kind: id.Kind, Doc: doc, Key: result.Key}
	if v.mapping == nil && v.lists(c.DataSchema) {
		part.DataSchema = c.DataSchema // still true, and what tells the version to whoever reads it next
	}
	result.Parts = []transformers.Part{part}
	return result, violations
}

// inSource moves the pointers of violations found in the source out of the way of those of canonical documents: their
// place is that in the source, which they have beside it.
func inSource(vs []violation.Violation) []violation.Violation {
	for i := range vs {
		vs[i].Pointer = ""
	}
	return vs
}

// orderKey joins the values of the key with slashes; it is empty, so that the incoming key stays, where one is absent.
func (v *version) orderKey(doc *document.Doc) string {
	key := ""
	for i := range v.key {
		text := v.key[i].find(doc.Root()).Text()
		if text == "" {
			return ""
		}
		if i > 0 {
			key += "/"
		}
		key += text
	}
	return key
}

// The codes of the diagnostics of this package.
const (
	CodeName      = "kind_name"        // a name that is not possible, is taken, or is there twice
	CodeSchema    = "kind_schema"      // a schema that cannot be read or compiled, is missing, or means nothing there
	CodePointer   = "mapping_pointer"  // a text that is no pointer of this language
	CodeUnknown   = "mapping_unknown"  // a place that the schema does not know
	CodeType      = "mapping_type"     // a value of a type that the schema excludes there
	CodeTarget    = "mapping_target"   // a target that says nothing, or two things at once
	CodeConstant  = "mapping_constant" // a constant that is no JSON value
	CodeRequired  = "mapping_required" // a member that the canonical schema requires and the mapping never writes
	CodeRepeated  = "mapping_repeated" // a list of the whole document inside another list
	CodeRecognise = "kind_recognise"   // a condition that no document meets, or a kind that no document reaches
	CodeVersion   = "kind_version"     // a version without a name of its own or a way to tell it, or one that another takes
	CodeLimit     = "kind_limit"       // too many kinds, or versions of one
)

// maxKinds bounds the kinds, as a JSON document of no kind is asked of every one; large administrations have dozens.
const maxKinds = 200

// Load compiles kinds. Their order is the order in which they are asked whether a document is theirs. The list has all
// faults of all files; there are no kinds when it has errors.
func Load(files []File, opts Options) ([]*Kind, diag.List) {
	l := &loader{opts: opts, names: map[string]diag.Position{}}
	if len(files) > maxKinds {
		l.list.Errorf(diag.Position{File: files[maxKinds].Name}, CodeLimit,
			"trop de types de documents : au plus %[1]d, trouvé %[2]d", "too many kinds of documents: at most %[1]d, found %[2]d", maxKinds, len(files))
		return nil, l.list
	}
	for _, f := range files {
		l.file(f)
	}
	l.shadowed()
	if l.list.HasErrors() {
		return nil, l.list
	}
	return l.kinds, l.list
}
