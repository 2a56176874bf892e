package mapping

import (
	"slices"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// kindFile is the YAML of a kind.
type kindFile struct {
	Pos         diag.Position               `yaml:",pos"`
	Kind        yamldoc.String              `yaml:"kind,required"`
	Description yamldoc.String              `yaml:"description"`
	Recognise   yamldoc.Map[choices]        `yaml:"recognise,required"`
	Source      sourceOfFile                `yaml:"source"`
	Mapping     targets                     `yaml:"mapping"`
	Schema      yamldoc.String              `yaml:"schema"`
	Key         choices                     `yaml:"key"`
	Versions    yamldoc.List[versionOfFile] `yaml:"versions"`
}

// versionOfFile is one of several versions of a kind. A kind without versions is one version without a name.
type versionOfFile struct {
	Pos        diag.Position        `yaml:",pos"`
	Version    yamldoc.String       `yaml:"version,required"`
	DataSchema choices              `yaml:"dataschema"`
	Recognise  yamldoc.Map[choices] `yaml:"recognise"`
	Source     sourceOfFile         `yaml:"source"`
	Mapping    targets              `yaml:"mapping"`
	Key        choices              `yaml:"key"`
}

// versions returns the versions of the kind; a kind that lists none is one itself.
func (f *kindFile) versions() []versionOfFile {
	if f.Versions.IsSet() {
		notRead := func(v versionOfFile) bool { return !v.Pos.IsSet() } // reported
		return slices.DeleteFunc(slices.Clone(f.Versions.Items), notRead)
	}
	return []versionOfFile{{Pos: f.Pos, Source: f.Source, Mapping: f.Mapping, Key: f.Key}}
}

// sourceOfFile says what the documents are as they arrive.
type sourceOfFile struct {
	Pos    diag.Position  `yaml:",pos"`
	Schema yamldoc.String `yaml:"schema,required"`
}

type targets = yamldoc.Map[target]

// choices is a text, or a list of texts.
type choices struct {
	yamldoc.List[yamldoc.String]
	listed bool
}

// UnmarshalYAMLNode implements [yamldoc.Unmarshaler].
func (c *choices) UnmarshalYAMLNode(n *yamldoc.Node) diag.List {
	if n.Kind == yamldoc.Sequence {
		c.listed = true
		return yamldoc.Decode(n, &c.List)
	}
	var one yamldoc.String
	list := yamldoc.Decode(n, &one)
	if one.IsSet() {
		c.List = yamldoc.List[yamldoc.String]{Items: []yamldoc.String{one}, Pos: n.Pos}
	}
	return list
}

// target is one member of the mapped document: where it comes from. Its short form is the pointer alone.
type target struct {
	targetFields
	faulty bool // its YAML is at fault, and was reported
}

type targetFields struct {
	Pos     diag.Position  `yaml:",pos"`
	From    yamldoc.String `yaml:"from"`
	Value   raw            `yaml:"value"`
	Sum     yamldoc.String `yaml:"sum"`
	Each    yamldoc.String `yaml:"each"`
	To      targets        `yaml:"to"`
	Default raw            `yaml:"default"`
	Upper   yamldoc.Bool   `yaml:"upper"`
	Lower   yamldoc.Bool   `yaml:"lower"`
	Trim    yamldoc.Bool   `yaml:"trim"`
}

// raw is a value of any type, null too, with its place; it is unset where the field is absent.
type raw struct{ *yamldoc.Node }

// UnmarshalYAMLNode implements [yamldoc.Unmarshaler].
func (r *raw) UnmarshalYAMLNode(n *yamldoc.Node) diag.List {
	r.Node = n
	return diag.List{}
}

// words are the fields of a target.
var words = []string{"from", "value", "sum", "each", "to", "default", "upper", "lower", "trim"}

// UnmarshalYAMLNode implements [yamldoc.Unmarshaler].
func (t *target) UnmarshalYAMLNode(n *yamldoc.Node) diag.List {
	if n.Kind == yamldoc.Scalar && !n.IsNull() {
		t.Pos = n.Pos
		return yamldoc.Decode(n, &t.From)
	}
	var list diag.List
	if n.Kind != yamldoc.Mapping {
		list.Add(n.WrongType("un chemin (« /supplier/name ») ou un objet (from, value, sum, each ou to)", `a pointer ("/supplier/name") or a mapping (from, value, sum, each or to)`))
		return list
	}
	known := func(f yamldoc.Field) bool {
		return slices.Contains(words, f.Key.Text()) || diag.Nearest(f.Key.Text(), words) != ""
	}
	if len(n.Fields) > 0 && !slices.ContainsFunc(n.Fields, known) {
		list.Add(diag.Errorf(n.Pos, CodeTarget, "attendu from, value, sum, each ou to, trouvé %[1]q", "expected from, value, sum, each or to, found %[1]q", cut(n.Fields[0].Key.Text())).
			WithHint("pour un objet, mettez ses membres sous « to: »", `for an object, put its members under "to:"`))
		return list
	}
	list = yamldoc.Decode(n, &t.targetFields)
	t.faulty = list.HasErrors()
	return list
}

// maxShown keeps a name that a file holds readable in a message.
const maxShown = 64

func cut(s string) string {
	if runes := []rune(s); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return s
}
