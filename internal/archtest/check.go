package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Check returns what in the packages breaks the architecture, one sentence each, with file and line; none means that
// the architecture holds.
func Check(a Architecture, packages []Package) []string {
	var faults []string
	for _, p := range packages {
		faults = append(faults, a.checkNames(p)...)
		layer := a.layer(p.Path)
		if layer == nil {
			faults = append(faults, fmt.Sprintf("package %s is in no layer: add it to the table in internal/archtest/rules.go, "+
				"in the layer whose rights it needs", p.Path))
			continue
		}
		for _, f := range p.Files {
			if f.Lines > MaxLines && !f.Test && !f.Generated {
				faults = append(faults, fmt.Sprintf("%s has %d lines, expected at most %d: give one of its concepts a file of its own",
					f.Name, f.Lines, MaxLines))
			}
			if f.Test {
				continue
			}
			for _, i := range f.Imports {
				if fault := a.checkImport(*layer, p.Path, i.Path); fault != "" {
					faults = append(faults, fmt.Sprintf("%s:%d: %s", f.Name, i.Line, fault))
				}
			}
		}
	}
	return faults
}

// checkImport returns why one package must not import another, empty when it may.
func (a Architecture) checkImport(from Layer, importer, target string) string {
	if rest, ours := strings.CutPrefix(target, Module+"/"); ours {
		if !matchesAny(from.May, rest) {
			return fmt.Sprintf("%s (%s) must not import %s: %s", importer, from.Name, rest, from.Why)
		}
		return ""
	}
	if domain, _, _ := strings.Cut(target, "/"); !strings.Contains(domain, ".") {
		return "" // the standard library
	}
	for _, owner := range a.Owners {
		if !within(target, owner.Library) {
			continue
		}
		if !matchesAny(owner.Packages, importer) {
			return fmt.Sprintf("%s must not import %s: only %s may", importer, target, strings.Join(owner.Packages, " and "))
		}
		return ""
	}
	return fmt.Sprintf("%s imports %s, a library without an owner: name its one owner in internal/archtest/rules.go and .golangci.yml",
		importer, target)
}

func (a Architecture) checkNames(p Package) []string {
	var faults []string
	names := strings.Split(p.Path, "/")
	for _, f := range p.Files {
		names = append(names, strings.TrimSuffix(f.Package, "_test"))
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if slices.Contains(a.Banned, name) {
			faults = append(faults, fmt.Sprintf("package %s: the name %q says nothing about what it is for", p.Path, name))
		}
	}
	return faults
}

// layer returns the layer with the most specific pattern for a package, nil when there is none.
func (a Architecture) layer(pkg string) *Layer {
	var found *Layer
	best := -1
	for i, l := range a.Layers {
		for _, pattern := range l.Packages {
			if specific := len(strings.TrimSuffix(pattern, "*")); matches(pattern, pkg) && specific > best {
				found, best = &a.Layers[i], specific
			}
		}
	}
	return found
}

func matchesAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, pkg) })
}

// matches reports whether a pattern names a package: itself, or with "a/*" one anywhere below a; "*" names all.
func matches(pattern, pkg string) bool {
	if pattern == "*" {
		return true
	}
	below, ok := strings.CutSuffix(pattern, "/*")
	return ok && strings.HasPrefix(pkg, below+"/") || path.Clean(pattern) == pkg
}
