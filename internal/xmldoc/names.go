package xmldoc

// Local returns the local part of the name.
func (e Element) Local() string {
	if e.doc == nil {
		return ""
	}
	n := e.node()
	return n.qname[n.local:]
}

// Space returns the index in [Doc.Spaces] of the namespace of the name, so that code that visits many elements compares
// URIs once for each declaration.
func (e Element) Space() int {
	if e.doc == nil {
		return 0
	}
	return int(e.node().space)
}

// Spaces lists the namespace URIs of the document, one for each declaration; the first is that of no namespace. It is
// read-only.
func (d *Doc) Spaces() []string { return d.spaces }

// Lookup returns the value of an attribute without namespace, and whether the element has it.
func (e Element) Lookup(local string) (value string, ok bool) {
	if e.doc == nil {
		return "", false
	}
	n := e.node()
	for _, a := range e.doc.attrs[n.attrs[0]:n.attrs[1]] {
		if a.local == local && a.space == 0 {
			return a.value, true
		}
	}
	return "", false
}
