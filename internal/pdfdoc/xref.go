package pdfdoc

import "bytes"

const (
	// maxUpdates bounds the sections of the cross-reference table: every saving and every signature adds one.
	maxUpdates = 256
	// maxRanges bounds the ranges of numbers in all sections, which are searched one after the other.
	maxRanges = 4096
	// entrySize is the length of an entry of a table: "0000000017 00000 n" and a line end (section 7.5.4).
	entrySize = 20
)

// section is a range of object numbers in the cross-reference table or in a cross-reference stream.
type section struct {
	first, count int
	at           int    // of the first entry in the file, for a table
	rows         []byte // the entries of a stream
	widths       [3]int // of the three fields of a row
}

// place is where an object lies.
type place struct {
	free   bool
	at     int // offset in the file
	stream int // or the number of its object stream
	index  int // and its place in there
}

// table reads the cross-reference table at an offset and those that it updates (sections 7.5.4 to 7.5.8).
func (f *file) table(at int) bool {
	first := true
	for updates := 0; at >= 0; updates++ {
		if updates == maxUpdates {
			return f.refuse(at, tooLarge, "mises à jour de la table des références croisées", "updates of the cross-reference table", maxUpdates)
		}
		trailer, ok := f.sectionsAt(at)
		if !ok {
			return false
		}
		if first {
			if trailer.get("Encrypt").kind != nullKind {
				return f.refuse(trailer.at, encrypted)
			}
			f.root = trailer.get("Root")
			f.root.at = trailer.at
			first = false
		}
		if hybrid := trailer.get("XRefStm"); hybrid.kind == numberKind {
			if _, ok := f.sectionsAt(hybrid.number); !ok {
				return false
			}
		}
		at = -1
		if previous := trailer.get("Prev"); previous.kind == numberKind {
			at = previous.number
		}
	}
	return true
}

// sectionsAt reads one table or stream and returns its trailer dictionary.
func (f *file) sectionsAt(at int) (object, bool) {
	l := f.lexer(at)
	f.space(l)
	if bytes.HasPrefix(l.data[l.pos:], []byte("xref")) {
		l.pos += len("xref")
		return f.tableSections(l)
	}
	return f.streamSections(l)
}

// tableSections reads the ranges of a table and its trailer. The entries are read when an object is looked for.
func (f *file) tableSections(l *lexer) (object, bool) {
	for {
		first, ok := f.next(l)
		switch {
		case f.fault != nil:
			return object{}, false
		case ok && first.kind == wordKind && first.text == "trailer":
			return f.trailer(l)
		case !ok || first.kind != numberKind:
			return object{}, f.refuse(l.pos, malformed, "une section de la table des références croisées, ou « trailer »",
				`a section of the cross-reference table, or "trailer"`)
		}
		count, ok := f.next(l)
		f.space(l)
		if f.fault != nil {
			return object{}, false
		}
		if !ok || count.kind != numberKind || first.number < 0 || count.number < 0 || count.number > (len(f.data)-l.pos)/entrySize {
			return object{}, f.refuse(l.pos, malformed, "le nombre d'entrées d'une section de la table des références croisées",
				"the number of entries of a section of the cross-reference table")
		}
		if !f.add(section{first: first.number, count: count.number, at: l.pos}) {
			return object{}, false
		}
		l = f.lexer(l.pos + count.number*entrySize)
	}
}

func (f *file) trailer(l *lexer) (object, bool) {
	trailer, ok := f.next(l)
	if f.fault == nil && (!ok || trailer.kind != dictKind) {
		f.refuse(l.pos, malformed, "le dictionnaire de « trailer »", `the dictionary of "trailer"`)
	}
	return trailer, f.fault == nil
}

func (f *file) add(s section) bool {
	if len(f.sections) == maxRanges {
		return f.refuse(s.at, tooLarge, "sections dans la table des références croisées", "sections in the cross-reference table", maxRanges)
	}
	f.sections = append(f.sections, s)
	return true
}

// streamSections reads a cross-reference stream (section 7.5.8), whose dictionary is its trailer.
func (f *file) streamSections(l *lexer) (object, bool) {
	at := l.pos
	var o object
	ok := true
	for i := 0; i < 4 && ok; i++ { // "12 0 obj" and the dictionary
		o, ok = f.next(l)
	}
	if f.fault != nil {
		return object{}, false
	}
	widths := o.get("W").items
	if !ok || o.kind != dictKind || !o.stream || o.get("Type").name() != "XRef" || len(widths) < 3 {
		return object{}, f.refuse(at, malformed, "la table des références croisées (« xref » ou un objet de type XRef)",
			`the cross-reference table ("xref" or an object of type XRef)`)
	}
	s := section{at: o.data}
	size := 0
	for i := range s.widths {
		s.widths[i] = widths[i].number
		if s.widths[i] < 0 || s.widths[i] > 8 { // fields are integers; none needs more bytes
			return object{}, f.refuse(at, malformed, "des largeurs W de 0 à 8", "widths W from 0 to 8")
		}
		size += s.widths[i]
	}
	rows, ok := f.decoded(o)
	if !ok {
		return object{}, false
	}
	index := o.get("Index").items
	if len(index) == 0 {
		index = []object{{}, o.get("Size")}
	}
	for i := 0; i+1 < len(index); i += 2 {
		s.first, s.count = index[i].number, index[i+1].number
		if s.first < 0 || s.count < 0 || size == 0 || s.count > len(rows)/size {
			return object{}, f.refuse(at, malformed, "autant d'entrées que l'annonce Index", "as many entries as Index announces")
		}
		s.rows, rows = rows[:s.count*size], rows[s.count*size:]
		if !f.add(s) {
			return object{}, false
		}
	}
	return o, true
}

// find returns where an object lies: the newest section that has its number decides.
func (f *file) find(number int) (place, bool) {
	for _, s := range f.sections {
		if number < s.first || number-s.first >= s.count {
			continue
		}
		if s.rows != nil {
			return s.row(number - s.first), true
		}
		at := s.at + (number-s.first)*entrySize
		entry := f.data[at : at+entrySize]
		offset := 0
		for _, c := range entry[:10] {
			if !isDigit(c) {
				return place{}, f.refuse(at, malformed, "une entrée de la table des références croisées", "an entry of the cross-reference table")
			}
			offset = offset*10 + int(c-'0')
		}
		return place{free: entry[17] != 'n', at: min(offset, len(f.data))}, true
	}
	return place{free: true}, true
}

// row reads the row of a cross-reference stream (section 7.5.8.3, table 18).
func (s section) row(i int) place {
	row := s.rows[i*(s.widths[0]+s.widths[1]+s.widths[2]):]
	var fields [3]int
	fields[0] = 1 // the type where its width is 0
	for k, width := range s.widths {
		if width == 0 {
			continue
		}
		fields[k] = 0
		for _, c := range row[:width] {
			fields[k] = fields[k]<<8 | int(c)
		}
		row = row[width:]
	}
	switch {
	case fields[0] == 1:
		return place{at: fields[1]}
	case fields[0] == 2 && fields[1] > 0:
		return place{stream: fields[1], index: fields[2]}
	default: // free, or of a type that readers take for null
		return place{free: true}
	}
}
