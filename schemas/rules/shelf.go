package rules

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// shelved is a file of the program that nothing has asked for yet. Of a file of rules or terms only the head was read: what
// stands before them.
type shelved struct {
	File
	key   string   // see keyOf
	head  packFile // of a part of a pack with rules
	rules bool     // the file is such a part
	kinds []string // of a binding: of the documents that it reads
	read  bool     // it was taken off; a pack that extends this one may want it again
}

// keyOf names what a file holds: "list countries". Several files may hold parts or editions of the same.
func keyOf(what, name string) string { return what + " " + name }

// key names the pack that a file is a part of.
func (f *packFile) key() string { return keyOf("pack", f.Pack.Value+" "+f.Version.Value) }

// shelve puts a file of the program on the shelf. A file whose head cannot be read is read whole, which tells its faults.
func (l *loader) shelve(f File) {
	s := shelved{File: f}
	node, list := yamldoc.Parse(f.Name, headOf(f.Data))
	switch {
	case node == nil || list.HasErrors():
		l.read([]File{f}, true)
		return
	case node.Field("binding") != nil:
		s.key = keyOf("binding", node.Field("binding").Text())
		if roots := node.Field("roots"); roots != nil {
			for _, root := range roots.Fields {
				s.kinds = append(s.kinds, root.Key.Text())
			}
		}
	case node.Field("list") != nil:
		s.key = keyOf("list", node.Field("list").Text())
	case node.Field("map") != nil:
		s.key = keyOf("map", node.Field("map").Text())
	case node.Field("pack") == nil && node.Field("common") != nil:
		s.key = keyOf("common", node.Field("common").Text())
	default:
		s.head = packFile{name: f.Name, shipped: true}
		yamldoc.Decode(node, &s.head) // its faults are told when the whole is read
		s.rules = node.Field("syntax") == nil
		s.key = s.head.key()
	}
	l.shelf = append(l.shelf, s)
}

// headOf returns what stands in a file before its rules, terms, codes or rows, which are nearly all of it.
func headOf(data []byte) []byte {
	for _, bulk := range []string{"\nrules:", "\nterms:", "\ncodes:", "\nrows:"} {
		if at := bytes.Index(data, []byte(bulk)); at >= 0 {
			return data[:at+1]
		}
	}
	return data
}

// need reads the files on the shelf that hold what a key names.
func (l *loader) need(key string) {
	l.takeOff(func(s shelved) bool { return s.key == key })
}

// needBindings reads the bindings of some kinds of documents.
func (l *loader) needBindings(kinds []string) {
	l.takeOff(func(s shelved) bool {
		return slices.ContainsFunc(s.kinds, func(kind string) bool { return slices.Contains(kinds, kind) })
	})
}

// takeOff reads the files on the shelf that are wanted, once.
func (l *loader) takeOff(wanted func(shelved) bool) {
	var files []File
	for i := range l.shelf {
		if s := &l.shelf[i]; !s.read && wanted(*s) {
			s.read = true
			files = append(files, s.File)
		}
	}
	if len(files) > 0 {
		l.read(files, true)
	}
}

// codeListNamed returns a code list, nil when there is none.
func (l *loader) codeListNamed(name string) *codeList {
	l.need(keyOf("list", name))
	return l.lists[name]
}

// codeMap returns a map, nil when there is none.
func (l *loader) codeMap(name string) *codeMap {
	l.need(keyOf("map", name))
	return l.maps[name]
}

// mapOf returns a map to those who use the set, while packs may be compiled.
func (l *loader) mapOf(name string) *codeMap {
	l.compiling.Lock()
	defer l.compiling.Unlock()
	return l.codeMap(name)
}

// knownNames lists the names of what was read and of what is on the shelf, sorted.
func knownNames[T any](l *loader, what string, read map[string]T) []string {
	var names []string
	for name := range read {
		names = append(names, name)
	}
	for _, s := range l.shelf {
		if name, is := strings.CutPrefix(s.key, keyOf(what, "")); is {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// takeChanged reads the shipped packs that an operator changes: all, where they wrote what packs are made with, else those
// to which they add rules about a syntax. A pack that they replace is not offered.
func (l *loader) takeChanged() {
	replaced := map[string]bool{}
	for _, p := range l.packs {
		replaced[p.key()] = true
	}
	for i := range l.shelf {
		s := &l.shelf[i]
		s.read = s.read || replaced[s.key]
	}
	if l.changed {
		l.takeOff(func(shelved) bool { return true })
	}
	for _, t := range slices.Clone(l.tables) {
		l.need(keyOf("pack", t.Pack+" "+t.Version))
	}
}

// offer adds the packs on the shelf to the set: each is compiled when it is first asked for.
func (l *loader) offer() {
	var order []string
	parts := map[string][]*packFile{}
	for i := range l.shelf {
		if s := &l.shelf[i]; s.rules && !s.read {
			if parts[s.key] == nil {
				order = append(order, s.key)
			}
			parts[s.key] = append(parts[s.key], &s.head)
		}
	}
	for _, key := range order {
		pack := l.header(parts[key])
		pack.compile = sync.OnceFunc(func() { l.fill(pack, key) })
		l.set.add(pack)
	}
}

// fill compiles the rules and tables of a pack on the shelf. A fault in them is one of the program: it panics, so that
// nothing is accepted unchecked.
func (l *loader) fill(pack *Pack, key string) {
	l.compiling.Lock()
	defer l.compiling.Unlock()
	l.list = diag.List{}
	l.need(key)
	l.rules(pack, l.packs)
	for _, t := range l.tables {
		pack.Tables = append(pack.Tables, t.Table)
	}
	pack.separate()
	l.packs, l.tables = nil, nil
	clear(l.parsed) // the next pack has other expressions
	if err := l.list.Err(); err != nil {
		panic(fmt.Errorf("the rule pack %s %s of this program: %w", pack.Name, pack.Version, err)) //nolint:forbidigo // a fault of the build, which tests exclude: whoever asks cannot go on
	}
}
