package yamldoc

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/internal/diag"
)

// maxReferenceBytes bounds a referenced file: the largest are bundles of certificates.
const maxReferenceBytes = 1 << 20

// maxExpandedBytes bounds what all references of a document give together: a small document that
// names one large file many times must not fill the memory.
const maxExpandedBytes = 8 << 20

// Resolver gives what references name.
type Resolver struct {
	// Env gives an environment variable, and whether it is defined.
	Env func(name string) (string, bool)
	// File gives the content of a file; a relative path was resolved against the folder of the
	// configuration file.
	File func(path string) ([]byte, error)
}

// SystemResolver reads the environment of the process and its files, at most 1 MiB of each file.
func SystemResolver() Resolver {
	return Resolver{Env: os.LookupEnv, File: readBounded}
}

func readBounded(path string) (data []byte, err error) {
	f, err := os.Open(path) //nolint:gosec // the operator who writes the configuration chooses the file
	if err != nil {
		return nil, err
	}
	defer func() {
		if closing := f.Close(); err == nil {
			err = closing
		}
	}()
	return io.ReadAll(io.LimitReader(f, maxReferenceBytes+1))
}

// Expand replaces ${env:NAME} and ${file:PATH} in all scalar values, never in keys; "$${" stands for
// "${". What a reference gives is not looked at again for references. A trailing line end of a
// file is dropped. Each reference that cannot be followed is an error at its place.
func Expand(n *Node, r Resolver) diag.List {
	e := expander{resolver: r, dir: filepath.Dir(n.Pos.File)}
	e.node(n)
	return e.list
}

type expander struct {
	resolver Resolver
	dir      string
	given    int // bytes that references gave so far
	list     diag.List
}

func (e *expander) node(n *Node) {
	if e.given > maxExpandedBytes {
		return
	}
	for _, item := range n.Items {
		e.node(item)
	}
	for _, f := range n.Fields {
		if strings.Contains(f.Key.text, "${") {
			e.list.Add(diag.Errorf(f.Key.Pos, CodeKey, "une clé ne peut pas contenir de référence ${...}", "a key cannot hold a ${...} reference").
				WithHint("écrivez la clé en toutes lettres", "write the key in full"))
		}
		e.node(f.Value)
	}
	if n.Kind == Scalar && strings.Contains(n.text, "${") {
		e.scalar(n)
	}
}

func (e *expander) scalar(n *Node) {
	var out strings.Builder
	text, reference := n.text, false
	for at := 0; at < len(text); {
		start := strings.Index(text[at:], "${")
		if start < 0 {
			out.WriteString(text[at:])
			break
		}
		start += at
		if start > at && text[start-1] == '$' {
			out.WriteString(text[at:start-1] + "${")
			at = start + 2
			continue
		}
		out.WriteString(text[at:start])
		body, _, closed := strings.Cut(text[start+2:], "}")
		if !closed {
			e.fault(n, start, diag.Errorf(n.Pos, CodeReference, "une référence ouverte par \"${\" n'est pas fermée", "a reference opened by \"${\" is not closed").
				WithHint("ajoutez \"}\" ; pour le texte \"${\", écrivez \"$${\"", "add \"}\"; for the text \"${\", write \"$${\""))
			return
		}
		value, fault := e.resolve(body)
		if fault != nil {
			e.fault(n, start, *fault)
		}
		if e.given += len(value); e.given > maxExpandedBytes {
			e.fault(n, start, diag.Errorf(n.Pos, CodeLimit, "les références donnent ensemble plus de %d octets", "the references give more than %d bytes together", maxExpandedBytes).
				WithHint("référencez moins de fichiers, ou de plus petits", "reference fewer or smaller files"))
			return
		}
		out.WriteString(value)
		reference = true
		at = start + 2 + len(body) + 1
	}
	n.text, n.moved, n.Reference = out.String(), true, reference
}

// fault reports a reference that starts at a byte offset of a scalar's text.
func (e *expander) fault(n *Node, offset int, d diag.Diagnostic) {
	d.Position = n.Pos
	if !e.list.Full() { // finding the place takes time
		d.Position = placeOf(n, offset)
	}
	e.list.Add(d)
	n.broken = true
}

// placeOf gives the place of a byte offset of a scalar's text.
func placeOf(n *Node, offset int) diag.Position {
	before := n.text[:offset]
	line := strings.Count(before, "\n") + 1
	return n.positionAt(line, utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:])+1)
}

// resolve follows what stands between "${" and "}". The fault has no place yet.
func (e *expander) resolve(body string) (string, *diag.Diagnostic) {
	kind, name, _ := strings.Cut(body, ":")
	switch {
	case kind == "env" && isVariable(name):
		value, defined := e.resolver.Env(name)
		if !defined {
			return refuse("la variable d'environnement "+show(name)+" n'est pas définie", "the environment variable "+show(name)+" is not defined",
				"définissez-la avant de lancer la passerelle", "set it before starting the gateway")
		}
		return checked(value)
	case kind == "file" && strings.TrimSpace(name) != "":
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(e.dir, path)
		}
		data, err := e.resolver.File(path)
		if err != nil {
			whyFR, whyEN := reason(err)
			return refuse("le fichier "+show(path)+" ne peut pas être lu ("+whyFR+")", "the file "+show(path)+" cannot be read ("+whyEN+")",
				"vérifiez le chemin et les droits ; un chemin relatif part du dossier de ce fichier",
				"check the path and the permissions; a relative path starts from the folder of this file")
		}
		return checked(strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"))
	}
	found := show("${" + body + "}")
	return refuse("référence inconnue "+found, "unknown reference "+found,
		"écrivez ${env:NOM} ou ${file:CHEMIN} ; pour le texte \"${\", écrivez \"$${\"",
		"write ${env:NAME} or ${file:PATH}; for the text \"${\", write \"$${\"")
}

// refuse words a fault of a reference.
func refuse(fr, en, hintFR, hintEN string) (string, *diag.Diagnostic) {
	return "", &diag.Diagnostic{Code: CodeReference, FR: fr, EN: en, HintFR: hintFR, HintEN: hintEN}
}

// checked refuses what no value can be: too long, or not text.
func checked(value string) (string, *diag.Diagnostic) {
	limit := strconv.Itoa(maxReferenceBytes)
	switch {
	case len(value) > maxReferenceBytes:
		return refuse("la référence donne plus de "+limit+" octets", "the reference gives more than "+limit+" bytes",
			"vérifiez que c'est le bon fichier", "check that it is the right file")
	case !utf8.ValidString(value) || strings.Contains(value, "\x00"):
		return refuse("la référence ne donne pas du texte UTF-8", "the reference does not give UTF-8 text",
			"vérifiez que c'est le bon fichier", "check that it is the right file")
	}
	return value, nil
}

// reason says why a file cannot be read, without the path that the message already has.
func reason(err error) (fr, en string) {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "il n'existe pas", "it does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "accès refusé", "permission denied"
	case errors.As(err, &path):
		return path.Err.Error(), path.Err.Error()
	}
	return err.Error(), err.Error()
}

// isVariable accepts the names of environment variables that a POSIX shell can set.
func isVariable(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
