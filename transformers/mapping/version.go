package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
)

// version is one version of a kind: how it is told from the others, and what becomes of its documents.
type version struct {
	name        string
	dataschemas []string // the values of the event's attribute that announce it
	recognise   []condition
	source      Judge // nil when the document itself is the canonical one, which its schema judges later
	mapping     *program
	key         []path
}

// version returns the version of a document of the kind, or the violation that says that it is of none, or of several.
func (k *Kind) version(c transformers.Content) (*version, *violation.Violation) {
	announced := c.DataSchema != "" && slices.ContainsFunc(k.versions, func(v version) bool { return v.lists(c.DataSchema) })
	var of *version
	var others []string
	for i := range k.versions {
		switch v := &k.versions[i]; {
		case !v.takes(c, announced):
		case of == nil:
			of = v
		default:
			others = append(others, v.name)
		}
	}
	switch {
	case of == nil:
		return nil, k.refuse(unknownVersion, c, k.Versions())
	case others != nil:
		return nil, k.refuse(ambiguousVersion, c, append([]string{of.name}, others...))
	}
	return of, nil
}

// takes reports whether a document of the kind is of the version. A dataschema that a version lists announces that version
// and no other; one that none lists leaves the versions that do not ask for it; without one the document decides. The
// conditions of the version on the document must hold in any case.
func (v *version) takes(c transformers.Content, announced bool) bool {
	switch {
	case v.name == "":
		return true
	case announced && !v.lists(c.DataSchema),
		!announced && c.DataSchema != "" && len(v.dataschemas) > 0,
		!announced && len(v.recognise) == 0:
		return false
	}
	for i := range v.recognise {
		if !v.recognise[i].holds(c.JSON) {
			return false
		}
	}
	return true
}

func (v *version) lists(dataschema string) bool { return slices.Contains(v.dataschemas, dataschema) }

// refuse makes a violation about the version, with what the versions are told by: the place is the first of these that
// the document has, else the whole document.
func (k *Kind) refuse(spec violation.Spec, c transformers.Content, versions []string) *violation.Violation {
	place := c.JSON.Root()
	var found []string
	if k.listens() {
		found = append(found, "dataschema "+quoted(c.DataSchema))
	}
	var seen []string
	for i := range k.versions {
		for j := range k.versions[i].recognise {
			p := &k.versions[i].recognise[j].path
			if slices.Contains(seen, p.text) {
				continue
			}
			seen = append(seen, p.text)
			value := p.find(c.JSON.Root())
			if value.Exists() && place == c.JSON.Root() {
				place = value
			}
			found = append(found, p.text+" "+shown(value))
		}
	}
	at := place.Source()
	v := spec.New(violation.At{Source: at.Path, Line: at.Line, Column: at.Column}, k.name, joined(found), joined(versions))
	return &v
}

// listens reports whether a version is chosen by the event's dataschema.
func (k *Kind) listens() bool {
	return slices.ContainsFunc(k.versions, func(v version) bool { return len(v.dataschemas) > 0 })
}

// shown writes what stands at a place that tells versions apart: a text, a type where it has none, or nothing.
func shown(v document.Value) string {
	if v.Type() == document.Array || v.Type() == document.Object {
		return v.Type().String()
	}
	return quoted(v.Text())
}

// quoted writes a text, or a dash where there is none.
func quoted(text string) string {
	if text == "" {
		return "–"
	}
	return `"` + violation.Excerpt(text) + `"`
}

// maxVersionsShown keeps a list in a message to two or three lines of a terminal.
const maxVersionsShown = 10

func joined(texts []string) string {
	if more := len(texts) - maxVersionsShown; more > 0 {
		return fmt.Sprintf("%s, … (+%d)", strings.Join(texts[:maxVersionsShown], ", "), more)
	}
	return strings.Join(texts, ", ")
}

// overlaps reports whether documents are known to exist that are of both versions. Where nothing but their schemas or
// their senders keeps two versions apart, it is not known, and such a document is refused when it comes.
func (v *version) overlaps(w *version) bool {
	announced := slices.ContainsFunc(v.dataschemas, w.lists)
	silent := len(v.recognise) > 0 && len(w.recognise) > 0 // the event has no attribute
	return (announced || silent) && (within(v.recognise, w.recognise) || within(w.recognise, v.recognise))
}

// within reports whether every condition of a is about a place that b names, with a value in common: then a document that
// meets b with these values meets a.
func within(a, b []condition) bool {
	return !slices.ContainsFunc(a, func(c condition) bool {
		return !slices.ContainsFunc(b, func(d condition) bool { return c.meets(&d) })
	})
}
