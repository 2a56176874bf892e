package xmldoc

// name is the name of an element. Those that are written alike in one scope share it, so that a name is read, and its prefix
// looked for, once in most documents. The same name may be there more than once: as different declarations are in force for
// it, or as too many others share its hash.
type name struct {
	qname string // as written, prefix included
	space int32  // index in spaces
	local int32  // where the local part starts in qname
	older int32  // the next name with the same hash
	epoch int32  // the scope in which the prefix was last looked for, 0 when it was not yet
}

// maxTries bounds how many names with the same hash, and how many namespaces, are looked at before another one is added: a
// hostile document gains nothing by them.
const maxTries = 8

// hash needs to tell apart some 150 names that share prefixes and endings.
func hash(qname string) uint {
	n := len(qname)
	return (uint(n) + uint(qname[n/2])<<1 + uint(qname[n/4])<<2 + uint(qname[n-1])<<3 + uint(qname[n-1-n/3])<<4) & 127
}

// elementName reads the name of an element, prefix included, and returns its number, which [parser.resolveElement] may
// change.
func (p *parser) elementName() (int32, bool) {
	start, end := p.pos, p.pos
	for end < len(p.text) && isNameByte[p.text[end]] {
		end++
	}
	if end > start && end < len(p.text) && p.text[end] < 0x80 {
		qname := p.text[start:end]
		at := p.heads[hash(qname)]
		for range maxTries {
			if at == 0 {
				break
			}
			n := &p.doc.names[at]
			if n.qname == qname {
				p.pos = end
				return at, true
			}
			at = n.older
		}
	}
	qname, ok := p.name()
	if !ok {
		return 0, false
	}
	return p.addName(name{qname: qname}), true
}

func (p *parser) addName(n name) int32 {
	if len(p.doc.names) == cap(p.doc.names) { // few documents have so many; an element has one at most
		p.doc.names = append(make([]name, 0, cap(p.doc.elements)), p.doc.names...)
	}
	at := int32(len(p.doc.names))
	head := &p.heads[hash(n.qname)]
	n.older, *head = *head, at
	p.doc.names = append(p.doc.names, n)
	return at
}

// resolveElement finds the namespace of an element whose start tag has been read.
func (p *parser) resolveElement(start int, at int32) bool {
	e := &p.doc.elements[at]
	n := &p.doc.names[e.name]
	if n.epoch == p.epoch {
		return true
	}
	space, local, ok := p.space(start, n.qname, true)
	if !ok {
		return false
	}
	if n.epoch != 0 && n.space != space { // the same prefix stands for something else here
		e.name = p.addName(name{qname: n.qname})
		n = &p.doc.names[e.name]
	}
	n.space, n.local, n.epoch = space, local, p.epoch
	return true
}

// Number returns the number of the element's name in its document, from 1 to [Doc.Names]. Code that visits many elements
// compares their names once for each number, with [Doc.Named]. Elements with the same name may have different numbers.
func (e Element) Number() int {
	if e.doc == nil {
		return 0
	}
	return int(e.node().name)
}

// Names returns how many numbers there are for names of elements.
func (d *Doc) Names() int { return len(d.names) - 1 }

// Named returns the name that has a number.
func (d *Doc) Named(number int) Name {
	n := &d.names[number]
	return Name{d.spaces[n.space], n.qname[n.local:]}
}

// Lookup returns the value of an attribute without namespace, and whether the element has it.
func (e Element) Lookup(local string) (value string, ok bool) {
	if e.doc == nil {
		return "", false
	}
	for _, a := range e.attributes() {
		if a.local == local && a.space == 0 {
			return a.value, true
		}
	}
	return "", false
}
