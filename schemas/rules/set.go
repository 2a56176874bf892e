package rules

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/commande-publique/passerelle/internal/diag"
)

//go:embed packs/*.yaml
var packs embed.FS

// Set holds packs by name. It is immutable.
type Set struct{ byName map[string]*Pack }

// NewSet makes a set. Two packs with one name are an error.
func NewSet(all ...*Pack) (*Set, error) {
	s := &Set{byName: make(map[string]*Pack, len(all))}
	for _, p := range all {
		if s.byName[p.Name] != nil {
			return nil, fmt.Errorf("two rule packs are called %q", p.Name)
		}
		s.byName[p.Name] = p
	}
	return s, nil
}

// Shipped compiles the packs in the binary. An error is a fault of the build; diag.Errors in it says where.
func Shipped(shapes Shapes) (*Set, error) {
	files, err := fs.Glob(packs, "packs/*.yaml")
	if err != nil {
		return nil, err
	}
	var list diag.List
	var all []*Pack
	for _, file := range files {
		data, err := packs.ReadFile(file)
		if err != nil {
			return nil, err
		}
		pack, faults := Load(file, data, shapes)
		list.Append(faults)
		if pack != nil {
			all = append(all, pack)
		}
	}
	if err := list.Err(); err != nil {
		return nil, err
	}
	return NewSet(all...)
}

// Get returns the pack with that name, nil when there is none.
func (s *Set) Get(name string) *Pack { return s.byName[name] }

// Names lists the names of the packs, sorted, to suggest the nearest.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.byName)) }
