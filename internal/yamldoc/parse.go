package yamldoc

import (
	"bytes"
	"errors"
	"io"

	yaml "go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"github.com/commande-publique/passerelle/internal/diag"
)

// The bounds of a document.
const (
	// MaxBytes bounds a file: the largest that operators write, a code list with its names, stays
	// below 300 KiB, and the YAML library needs up to 150 times the bytes in memory.
	MaxBytes = 1 << 20
	// MaxDepth bounds the nesting: our deepest format uses 8 levels, and recursion must end.
	MaxDepth = 32
	// MaxNodes bounds the number of keys and values: ten times the largest code list.
	MaxNodes = 100_000
)

var errTooDeep = errors.New("too deep")

// Parse reads one YAML document. file is the name to show in positions. An empty document is a null
// Scalar. The node is nil when the list has errors that leave nothing to decode; otherwise it can be
// decoded even when the list has errors (a duplicate key, an anchor), to report further faults.
func Parse(file string, data []byte) (*Node, diag.List) {
	var list diag.List
	if len(data) > MaxBytes {
		list.Add(diag.Errorf(diag.Position{File: file}, CodeLimit,
			"le fichier a %d octets, au plus %d sont admis", "the file has %d bytes, at most %d are allowed", len(data), MaxBytes).
			WithHint("répartissez le contenu sur plusieurs fichiers", "split the content into several files"))
		return nil, list
	}
	src, list := readSource(file, data)
	if list.HasErrors() {
		return nil, list
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithPlugin(loaderlimits.New(
		loaderlimits.DepthFunc(func(depth int, _ *yaml.DepthContext) error {
			if depth > 4*MaxDepth { // the library counts several levels for one of ours; convert counts exactly
				return errTooDeep
			}
			return nil
		}))))
	if err != nil {
		list.Add(syntaxError(src, err))
		return nil, list
	}
	var document yaml.Node
	switch err := loader.Load(&document); {
	case errors.Is(err, io.EOF):
		return &Node{Kind: Scalar, Pos: diag.Position{File: file, Line: 1, Column: 1}, source: src}, list
	case err != nil:
		list.Add(syntaxError(src, err))
		return nil, list
	case len(document.Content) != 1:
		list.Add(syntaxError(src, errors.New("no content")))
		return nil, list
	}
	var next yaml.Node
	if err := loader.Load(&next); !errors.Is(err, io.EOF) {
		pos := diag.Position{File: file, Line: next.Line, Column: next.Column}
		if err != nil {
			pos = syntaxError(src, err).Position
		}
		list.Add(diag.Errorf(pos, CodeMultipleDocuments,
			"attendu un seul document YAML par fichier, trouvé un deuxième", "expected one YAML document in a file, found a second one").
			WithHint("supprimez le séparateur \"---\" ou faites-en un autre fichier", "remove the separator \"---\" or make it another file"))
	}
	c := converter{source: src, list: &list}
	root := c.node(document.Content[0], nil, 1)
	if c.stopped {
		return nil, list
	}
	return root, list
}
