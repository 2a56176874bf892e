package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

func (j jar) file() string { return j.artifact + "-" + j.version + ".jar" }

func (j jar) coordinates() string { return j.group + ":" + j.artifact + ":" + j.version }

// fetch brings a jar into a folder, with Maven, where it is not there yet. The jar must have the content that the set
// was written for.
func fetch(j jar, dir string) error {
	file := filepath.Join(dir, j.file())
	if _, err := os.Stat(file); err != nil {
		mvn := exec.Command("mvn", "-q", "-B", "dependency:copy", "-Dartifact="+j.coordinates(), "-DoutputDirectory="+dir)
		if out, err := mvn.CombinedOutput(); err != nil {
			return fmt.Errorf("fetch %s with Maven: %w\n%s", j.coordinates(), err, out)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != j.sha256 {
		return fmt.Errorf("%s has SHA-256 %x, expected %s: another content under this version", file, sum, j.sha256)
	}
	return nil
}

// document is a schema document as it lies in a jar.
type document struct {
	path string
	data []byte
}

// documents returns the schema documents of a set in the order of its patterns.
func documents(s set, dir string) ([]document, error) {
	var found []document
	for _, j := range s.jars {
		if err := fetch(j, dir); err != nil {
			return nil, err
		}
		docs, err := unpack(filepath.Join(dir, j.file()), s.schemas)
		if err != nil {
			return nil, err
		}
		found = append(found, docs...)
	}
	var ordered []document
	for _, pattern := range s.schemas {
		before := len(ordered)
		for _, d := range found {
			if ok, _ := path.Match(pattern, d.path); ok {
				ordered = append(ordered, d)
			}
		}
		if len(ordered) == before {
			return nil, fmt.Errorf("%s: no schema in the jars is named %s", s.file, pattern)
		}
		slices.SortFunc(ordered[before:], func(a, b document) int { return strings.Compare(a.path, b.path) })
	}
	return ordered, nil
}

// unpack reads the documents of a jar whose path matches one of the patterns.
func unpack(file string, patterns []string) ([]document, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var docs []document
	for _, f := range z.File {
		if !slices.ContainsFunc(patterns, func(p string) bool { ok, _ := path.Match(p, f.Name); return ok }) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(r)
		_ = r.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, f.Name, err)
		}
		docs = append(docs, document{f.Name, data})
	}
	return docs, nil
}
