package cii_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
)

// node is one element of a source, read for the tests by a parser of their own.
type node struct {
	name     string
	text     string
	attrs    map[string]string
	up       *node
	children []*node
}

func parseSource(t *testing.T, data []byte) *node {
	t.Helper()
	root := &node{}
	at := root
	dec := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return root.children[0]
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			child := &node{name: token.Name.Local, attrs: map[string]string{}, up: at}
			for _, a := range token.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
					child.attrs[a.Name.Local] = a.Value
				}
			}
			at.children = append(at.children, child)
			at = child
		case xml.EndElement:
			at.text = strings.TrimSpace(at.text)
			at = at.up
		case xml.CharData:
			at.text += string(token)
		}
	}
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// at returns the text at a path of first children.
func (n *node) at(path string) string {
	for name := range strings.SplitSeq(path, "/") {
		if n = n.child(name); n == nil {
			return ""
		}
	}
	return n.text
}

// root returns the root element of the source.
func (n *node) root() *node {
	for n.up.up != nil {
		n = n.up
	}
	return n
}

// path returns the path below the root without positions.
func (n *node) path() string {
	if n.up == nil || n.up.up == nil {
		return ""
	}
	if above := n.up.path(); above != "" {
		return above + "/" + n.name
	}
	return n.name
}

// place is one value that a source path selects: the element, the attribute when it is one, and the indices of the
// starred steps, as "0/3".
type place struct {
	node  *node
	attr  string
	index string
}

func (p place) value() string {
	if p.attr != "" {
		return p.node.attrs[p.attr]
	}
	return p.node.text
}

func (p place) pattern() string {
	switch {
	case p.attr == "":
		return p.node.path()
	case p.node.path() == "":
		return "@" + p.attr
	default:
		return p.node.path() + "/@" + p.attr
	}
}

// selectPlaces evaluates one source path of the table, without " else ".
func selectPlaces(root *node, path string) []place {
	places := []place{{node: root}}
	for step := range strings.SplitSeq(path, "/") {
		if attr, ok := strings.CutPrefix(step, "@"); ok {
			for i := range places {
				places[i].attr = attr
			}
			continue
		}
		step, starred := strings.CutSuffix(step, "*")
		names, filter, _ := strings.Cut(step, "?")
		var next []place
		for _, p := range places {
			count := 0
			for name := range strings.SplitSeq(names, "|") {
				for _, c := range p.node.children {
					if c.name != name || filter != "" && !predicates[filter](c) {
						continue
					}
					index := p.index
					if starred {
						index = strings.TrimPrefix(index+"/"+strconv.Itoa(count), "/")
						count++
					}
					next = append(next, place{node: c, index: index})
				}
			}
		}
		places = next
	}
	return places
}
