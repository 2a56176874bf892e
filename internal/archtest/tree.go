package archtest

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Package is what the rules look at in a package: its files, read from source text.
type Package struct {
	Path  string // below the module, "" for its root
	Files []File
}

// Uses reports whether a file of the package that is no test imports a library.
func (p Package) Uses(library string) bool {
	for _, f := range p.Files {
		for _, i := range f.Imports {
			if !f.Test && within(i.Path, library) {
				return true
			}
		}
	}
	return false
}

// within reports whether an import path is a library or one of its packages.
func within(target, library string) bool {
	return target == library || strings.HasPrefix(target, library+"/")
}

// File is one Go file.
type File struct {
	Name      string // below the root of the tree
	Package   string // the name in its package clause
	Test      bool
	Generated bool
	Lines     int
	Imports   []Import
}

// Import is one import declaration.
type Import struct {
	Path string
	Line int
}

// ReadTree reads the Go files of a module. Like the go command it leaves out testdata, folders whose name begins with
// "." or "_", and modules within the module.
func ReadTree(root fs.FS) ([]Package, error) {
	var packages []Package
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name != "." {
			base := path.Base(name)
			if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
				return fs.SkipDir
			}
			if _, err := fs.Stat(root, path.Join(name, "go.mod")); err == nil {
				return fs.SkipDir
			} else if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		p, err := readPackage(root, name)
		if err == nil && len(p.Files) > 0 {
			packages = append(packages, p)
		}
		return err
	})
	return packages, err
}

func readPackage(root fs.FS, dir string) (Package, error) {
	p := Package{Path: dir}
	if dir == "." {
		p.Path = ""
	}
	names, err := fs.Glob(root, path.Join(dir, "*.go"))
	if err != nil {
		return p, err
	}
	for _, name := range names {
		f, err := readFile(root, name)
		if err != nil {
			return p, err
		}
		p.Files = append(p.Files, f)
	}
	return p, nil
}

func readFile(root fs.FS, name string) (File, error) {
	src, err := fs.ReadFile(root, name)
	if err != nil {
		return File{}, err
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, src, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return File{}, err
	}
	f := File{
		Name: name, Package: parsed.Name.Name, Test: strings.HasSuffix(name, "_test.go"),
		Generated: ast.IsGenerated(parsed), Lines: bytes.Count(src, []byte("\n")),
	}
	for _, spec := range parsed.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return File{}, err
		}
		f.Imports = append(f.Imports, Import{target, set.Position(spec.Pos()).Line})
	}
	return f, nil
}
