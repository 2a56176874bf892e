package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

const xsdNamespace = "http://www.w3.org/2001/XMLSchema"

// name is an expanded XML name.
type name struct{ space, local string }

// node is an element of a schema document with the prefixes in scope.
type node struct {
	kind     string // local name: all schema elements are in one namespace
	attrs    map[string]string
	prefixes map[string]string
	children []*node
	file     *schemaFile
	line     int
}

// schemaFile is one schema document.
type schemaFile struct {
	path   string
	target string // target namespace
	root   *node
}

// schemaSet holds the global components of all documents of a set.
type schemaSet struct {
	elements, types map[name]*node
	order           []*node // globals in the order of the files
}

// parseSchema reads one schema document. What documents it, and elements of other namespaces, are left out.
func parseSchema(path string, data []byte) (*schemaFile, error) {
	f := &schemaFile{path: path}
	d := xml.NewDecoder(bytes.NewReader(data))
	var stack []*node
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Space != xsdNamespace || t.Name.Local == "annotation" {
				if err := d.Skip(); err != nil {
					return nil, fmt.Errorf("%s: %w", path, err)
				}
				continue
			}
			line, _ := d.InputPos()
			n := &node{kind: t.Name.Local, attrs: map[string]string{}, file: f, line: line}
			if len(stack) == 0 {
				f.root = n
				n.prefixes = map[string]string{"xml": "http://www.w3.org/XML/1998/namespace"}
			} else {
				parent := stack[len(stack)-1]
				parent.children = append(parent.children, n)
				n.prefixes = parent.prefixes
			}
			n.read(t.Attr)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
	if f.root == nil || f.root.kind != "schema" {
		return nil, fmt.Errorf("%s: no schema document", path)
	}
	f.target = f.root.attrs["targetNamespace"]
	return f, nil
}

func (n *node) read(attrs []xml.Attr) {
	copied := false
	for _, a := range attrs {
		prefix, declares := a.Name.Local, a.Name.Space == "xmlns"
		if a.Name.Space == "" && a.Name.Local == "xmlns" {
			prefix, declares = "", true
		}
		switch {
		case declares:
			if !copied {
				scope := make(map[string]string, len(n.prefixes)+1)
				for k, v := range n.prefixes {
					scope[k] = v
				}
				n.prefixes, copied = scope, true
			}
			n.prefixes[prefix] = a.Value
		case a.Name.Space == "":
			n.attrs[a.Name.Local] = a.Value
		}
	}
}

// fail reports something at the node that the generator does not understand: it never guesses.
func (n *node) fail(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s: %s", n.file.path, n.line, n.kind, fmt.Sprintf(format, args...))
}

// qname resolves the value of an attribute that is a qualified name.
func (n *node) qname(attr string) (name, error) {
	prefix, local, found := strings.Cut(n.attrs[attr], ":")
	if !found {
		prefix, local = "", n.attrs[attr]
	}
	space, declared := n.prefixes[prefix]
	if !declared && prefix != "" {
		return name{}, n.fail("prefix %q is not declared", prefix)
	}
	return name{space, local}, nil
}

// only refuses attributes that the generator does not understand.
func (n *node) only(known ...string) error {
	for a := range n.attrs {
		ok := a == "id"
		for _, k := range known {
			ok = ok || a == k
		}
		if !ok {
			return n.fail("attribute %q is not supported", a)
		}
	}
	return nil
}

// newSchemaSet collects the global components of documents. Imports and includes name documents that are in the set
// themselves.
func newSchemaSet(files []*schemaFile) (*schemaSet, error) {
	s := &schemaSet{elements: map[name]*node{}, types: map[name]*node{}}
	for _, f := range files {
		for _, n := range f.root.children {
			var kind map[name]*node
			switch n.kind {
			case "import", "include":
				continue
			case "element":
				kind = s.elements
			case "complexType", "simpleType":
				kind = s.types
			default:
				return nil, n.fail("a global component of this kind is not supported")
			}
			id := name{f.target, n.attrs["name"]}
			if kind[id] != nil {
				return nil, n.fail("%s is declared twice", id.local)
			}
			kind[id] = n
			s.order = append(s.order, n)
		}
	}
	return s, nil
}

// id is the expanded name of a global component.
func (n *node) id() name { return name{n.file.target, n.attrs["name"]} }

// qualified reports whether a local element or attribute is in the target namespace.
func (n *node) qualified(defaultForm string) bool {
	form := n.attrs["form"]
	if form == "" {
		form = n.file.root.attrs[defaultForm]
	}
	return form == "qualified"
}
