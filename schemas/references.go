package schemas

import (
	"errors"
	"net/url"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
)

// reference is a $ref, $dynamicRef or $recursiveRef that is still to be followed.
type reference struct {
	from  *subschema
	value document.Value
}

// resolveAll follows all references, also those of the files that they lead to.
func (l *loader) resolveAll() {
	for len(l.pending) > 0 {
		r := l.pending[0]
		l.pending = l.pending[1:]
		to, official := l.target(r)
		if official {
			l.outside = true
		}
		if to != nil || official {
			r.from.edges = append(r.from.edges, edge{to, r.value, inPlace})
		}
	}
}

// resolveURI resolves a reference without fragment against the base of its resource (RFC 3986 section 5).
func resolveURI(base, ref string) (string, error) {
	u, err := url.Parse(ref)
	if err != nil || u.IsAbs() {
		return ref, err
	}
	if ref == "" {
		return base, nil
	}
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	if b.Opaque != "" {
		return "", errors.New("a relative reference needs a hierarchical $id, which a URN is not")
	}
	return b.ResolveReference(u).String(), nil
}

// target finds what a reference points at; official tells that it is one of the standard's own metaschemas, which
// jsonschema/v5 holds. A reference that leads nowhere is reported.
func (l *loader) target(r reference) (to *subschema, official bool) {
	f := r.from.file
	uri, fragment, _ := strings.Cut(r.value.Text(), "#")
	absolute, err := resolveURI(r.from.resource.base, uri)
	if err != nil {
		l.list.Errorf(f.position(r.value), CodeSchemaReference, "référence illisible : %[1]s : %[2]v", "the reference cannot be read: %[1]s: %[2]v", excerpt(r.value), err)
		return nil, false
	}
	root := f.resources[absolute]
	if root == nil {
		if isMetaschema(absolute) {
			return nil, true
		}
		if root = l.other(absolute); root == nil {
			if _, given := l.Resources[absolute]; !given { // else its own faults are reported
				l.list.Add(diag.Errorf(f.position(r.value), CodeSchemaReference, "référence hors du schéma : %[1]s", "a reference outside the schema: %[1]s", excerpt(r.value)).
					WithHint("recopiez ce schéma sous $defs (definitions en draft-07) : ni fichier ni réseau ne sont lus", "copy that schema under $defs (definitions in draft-07): neither files nor networks are read"))
			}
			return nil, false
		}
	}
	if to = l.fragment(root, fragment); to == nil {
		l.list.Errorf(f.position(r.value), CodeSchemaReference, "référence à un schéma qui n'existe pas : %[1]s", "a reference to a schema that does not exist: %[1]s", excerpt(r.value))
	}
	return to, false
}

// other returns the root of another file that was given to the loader.
func (l *loader) other(uri string) *subschema {
	if f := l.files[uri]; f != nil {
		return l.nodes[f.doc.Root()]
	}
	data, given := l.Resources[uri]
	if !given {
		return nil
	}
	return l.load(uri, uri, data)
}

// fragment finds a schema inside a resource by an anchor or a JSON pointer.
func (l *loader) fragment(root *subschema, fragment string) *subschema {
	if fragment == "" || fragment == "/" { // jsonschema/v5 reads "#/" as the root
		return root
	}
	if fragment[0] != '/' {
		l.anchors++
		return root.resource.anchors[fragment]
	}
	v, owner := root.at, root
	for token := range strings.SplitSeq(fragment[1:], "/") {
		if v = child(v, decodePointer(token)); !v.Exists() {
			return nil
		}
		if s := l.nodes[v]; s != nil {
			owner = s
		}
	}
	if s := l.nodes[v]; s != nil {
		return s
	}
	// Not a place of the standard for schemas: what is there was never checked as one.
	if !l.Annotate || !isSchema(v) {
		return nil
	}
	return l.add(root.file, v, owner)
}

// isMetaschema reports whether a URI names a metaschema of the standard or one of its vocabularies.
func isMetaschema(uri string) bool {
	if _, known := draftOf(uri); known {
		return true
	}
	for _, family := range []string{"https://json-schema.org/draft/2019-09/meta/", "https://json-schema.org/draft/2020-12/meta/"} {
		if strings.HasPrefix(uri, family) {
			return true
		}
	}
	return false
}
