package xmldoc

import "hash/maphash"

// Lexicon numbers names of elements from 1, for code that knows some names and visits every element of a document: it then
// compares numbers. It is read-only once it is shared. The zero Lexicon has no names.
type Lexicon struct {
	names []Name
	slots []int32 // a hash table of numbers, at most half full; its length is a power of 2
}

var lexicons = maphash.MakeSeed()

// slot returns where the number of a name is, or would be.
func (l *Lexicon) slot(name Name) *int32 {
	for at := maphash.String(lexicons, name.Local); ; at++ {
		slot := &l.slots[at&uint64(len(l.slots)-1)]
		if *slot == 0 || l.names[*slot-1] == name {
			return slot
		}
	}
}

// Number returns the number of a name, 0 when the lexicon does not have it.
func (l *Lexicon) Number(name Name) int32 {
	if len(l.names) == 0 {
		return 0
	}
	return *l.slot(name)
}

// Add returns the number of a name, giving it the next one when it has none.
func (l *Lexicon) Add(name Name) int32 {
	if 2*len(l.names) >= len(l.slots) {
		l.slots = make([]int32, max(64, 2*len(l.slots)))
		for i, known := range l.names {
			*l.slot(known) = int32(i + 1)
		}
	}
	slot := l.slot(name)
	if *slot == 0 {
		l.names = append(l.names, name)
		*slot = int32(len(l.names))
	}
	return *slot
}

// Names returns the names in the order of their numbers; the first has number 1.
func (l *Lexicon) Names() []Name { return l.names }

// Translate appends to out what Number says of each name of a document, so that out[e.Number()] is that of the name of e when
// out was empty.
func (l *Lexicon) Translate(doc *Doc, out []int32) []int32 {
	out = append(out, 0)
	for i := 1; i <= doc.Names(); i++ {
		out = append(out, l.Number(doc.Named(i)))
	}
	return out
}
