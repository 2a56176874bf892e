package mapping

import (
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// loader is the state of a Load.
type loader struct {
	opts  Options
	list  diag.List
	names map[string]diag.Position
	kinds []*Kind // of the files without faults and, for what is said about all of them, of those with
	order []diag.Position
}

// file compiles one file.
func (l *loader) file(f File) {
	var file kindFile
	faults := yamldoc.Unmarshal(f.Name, f.Data, &file)
	l.list.Append(faults)
	if !file.Pos.IsSet() {
		return // no YAML to speak of
	}
	k := &Kind{name: file.Kind.Value, description: strings.TrimSpace(file.Description.Value)}
	l.name(file.Kind)
	canonical := l.schema(f, file.Schema)
	l.kind(f, &file, k, canonical)
	l.kinds = append(l.kinds, k)
	l.order = append(l.order, file.Recognise.Pos)
}

// kind compiles the versions of a kind and what they share.
func (l *loader) kind(f File, file *kindFile, k *Kind, canonical schema) {
	derived := newDerived(k.name)
	several := file.Versions.IsSet()
	if several {
		l.versionsAlone(file)
	}
	var sources []schema
	mapped := false
	versions := file.versions()
	for _, one := range versions {
		source := l.schema(f, one.Source.Schema)
		sources = append(sources, source)
		shape := derived.Root()
		if several {
			shape = derived.Root().Array("anyOf", 0).Item(0)
		}
		k.versions = append(k.versions, l.version(&one, source, canonical, shape))
		mapped = mapped || one.Mapping.IsSet()
		l.whole(file, &one)
	}
	if several {
		l.distinct(versions, k.versions)
	}
	if file.Schema.IsSet() && !mapped {
		l.list.Add(diag.Errorf(file.Schema.Pos, CodeSchema, "sans mapping, le document n'a qu'un schéma : celui de source", "without mapping, the document has one schema: that of source").
			WithHint("écrivez-le sous source", "write it under source"))
	}
	k.recognise = l.recognition(file.Recognise, sources)
	switch {
	case file.Schema.IsSet():
		k.schema = Schema{Name: canonical.name, Data: canonical.data}
	case several || mapped:
		k.schema = Schema{Name: k.name, Data: derived.AppendJSON(nil), Derived: true}
	default:
		k.schema = Schema{Name: sources[0].name, Data: sources[0].data}
		k.versions[0].source = nil // it judges later, as the schema of the kind
	}
}

// version compiles one version; shape is the derived schema of its canonical documents, to be filled in.
func (l *loader) version(one *versionOfFile, source, canonical schema, shape document.Value) version {
	v := version{name: one.Version.Value, source: source.judge}
	for _, d := range one.DataSchema.Items {
		v.dataschemas = append(v.dataschemas, d.Value)
	}
	in := scope{top: source.place, hand: source.place}
	v.recognise = l.recognition(one.Recognise, []schema{source})
	v.key = l.orderKey(one.Key, in)
	c := compiler{list: &l.list, program: &program{}}
	if one.Mapping.Len() == 0 {
		c.describeValue(shape, source.place, 0)
		return v
	}
	v.mapping = c.program
	v.mapping.members = c.members(one.Mapping, in, canonical.place, closed(shape))
	return v
}

// kindName is what can be a header, a label of a metric and part of a file name; the length is that of route names.
var kindName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

const maxName = 64

func (l *loader) name(name yamldoc.String) {
	switch first, twice := l.names[name.Value]; {
	case name.Value == "": // reported as missing
	case !kindName.MatchString(name.Value) || len(name.Value) > maxName:
		l.list.Add(diag.Errorf(name.Pos, CodeName, "nom %[1]q : attendu des minuscules, des chiffres et des tirets, %[2]d au plus",
			"name %[1]q: expected lower-case letters, digits and hyphens, at most %[2]d", cut(name.Value), maxName).
			WithHint("par exemple : gw-invoice", "for example: gw-invoice"))
	case slices.Contains(l.opts.Reserved, name.Value):
		l.list.Add(diag.Errorf(name.Pos, CodeName, "%[1]q est un type de document de la passerelle elle-même", "%[1]q is a kind of document of the gateway itself", name.Value).
			WithHint("donnez un autre nom, par exemple gw-%[1]s", "give another name, for example gw-%[1]s", name.Value))
	case twice:
		l.list.Errorf(name.Pos, CodeName, "un autre type de document s'appelle déjà %[1]q : %[2]s", "another kind of document is called %[1]q already: %[2]s", name.Value, first)
	default:
		l.names[name.Value] = name.Pos
	}
}

// whole checks that the parts of a file make sense together: nothing may pass that no schema judged.
func (l *loader) whole(file *kindFile, one *versionOfFile) {
	switch {
	case one.Mapping.IsSet() && one.Mapping.Len() == 0:
		l.list.Add(diag.Errorf(one.Mapping.Pos, CodeTarget, "mapping est vide : attendu au moins un membre", "mapping is empty: expected at least one member").
			WithHint("ajoutez des membres, ou retirez mapping : le document est alors transmis tel quel", "add members, or remove mapping: the document is then passed on as it is"))
	case !one.Source.Pos.IsSet() && !file.Schema.IsSet():
		l.list.Add(diag.Errorf(one.Pos, CodeSchema, "aucun schéma : rien n'est transmis sans contrôle", "no schema: nothing is passed on unchecked").
			WithHint("ajoutez « source: {schema: FICHIER} »", `add "source: {schema: FILE}"`))
	}
}

// schema is a JSON Schema that was read.
type schema struct {
	name  string
	data  []byte
	judge Judge
	place place
}

// schema reads and compiles the schema that a file names; of one that is not given, or at fault, nothing is known.
func (l *loader) schema(f File, path yamldoc.String) schema {
	s := schema{place: anywhere}
	if path.Value == "" {
		return s
	}
	s.name = path.Value
	if !filepath.IsAbs(s.name) {
		s.name = filepath.Join(filepath.Dir(f.Name), s.name)
	}
	data, err := l.opts.ReadFile(s.name)
	if err != nil {
		var wrapped *fs.PathError
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		l.list.Add(diag.Errorf(path.Pos, CodeSchema, "schéma illisible : %[1]s : %[2]v", "the schema cannot be read: %[1]s: %[2]v", s.name, err).
			WithHint("vérifiez le chemin, relatif à ce fichier", "check the path, which is relative to this file"))
		return s
	}
	doc, fault := jsondoc.Parse(data)
	if fault != nil {
		l.list.Errorf(diag.Position{File: s.name, Line: fault.Line, Column: fault.Column}, CodeSchema, "schéma refusé : %[1]s", "schema refused: %[2]s", fault.FR, fault.EN)
		return s
	}
	s.data = data
	if s.judge, err = l.opts.Compile(s.name, data); err != nil {
		var several *diag.Errors
		if errors.As(err, &several) {
			l.list.Append(several.List)
		} else {
			l.list.Errorf(path.Pos, CodeSchema, "schéma refusé : %[1]s : %[2]v", "schema refused: %[1]s: %[2]v", s.name, err)
		}
		return s
	}
	s.place = topOf(doc)
	return s
}

// recognition compiles the conditions by which a document is recognised: a valid document of each of the sources may meet
// them, and each value may be in one of these.
func (l *loader) recognition(conditions yamldoc.Map[choices], sources []schema) (compiled []condition) {
	for pointer, values := range conditions.All() {
		c, places := l.everywhere(pointer, sources)
		if values.listed || values.Len() != 1 || values.Items[0].Value != present {
			if values.Len() == 0 && values.IsSet() {
				l.list.Add(diag.Errorf(values.Pos, CodeRecognise, "liste vide : aucun document ne serait reconnu", "empty list: no document would be recognised").
					WithHint("écrivez les valeurs possibles, ou present", "write the possible values, or present"))
			}
			c.texts = []string{}
			for _, v := range values.Items {
				if !v.IsSet() {
					continue // no text, and reported
				}
				c.texts = append(c.texts, v.Value)
				if known, never := excluded(places, v.Value); never {
					l.list.Add(suggest(diag.Errorf(v.Pos, CodeRecognise, "d'après le schéma source, %[1]s ne vaut jamais %[2]q",
						"after the source schema, %[1]s is never %[2]q", c.path.text, cut(v.Value)), v.Value, known))
				}
			}
		}
		compiled = append(compiled, c)
	}
	return compiled
}

// everywhere reads a pointer that names one value in the documents of every source. Faults are told once.
func (l *loader) everywhere(pointer yamldoc.String, sources []schema) (c condition, places []place) {
	for _, source := range sources {
		before := l.list.Len()
		p, at := l.single(pointer, scope{top: source.place, hand: source.place})
		c.path, places = p, append(places, at)
		if l.list.Len() > before {
			break
		}
	}
	return c, places
}

// excluded reports whether a text stands at none of the places, with the texts that do where they are known.
func excluded(places []place, text string) (known []string, never bool) {
	for _, at := range places {
		allowed, others := at.allows(text)
		if allowed {
			return nil, false
		}
		known = append(known, others...)
	}
	return known, len(places) > 0
}

// orderKey compiles the order key.
func (l *loader) orderKey(key choices, in scope) (paths []path) {
	if key.IsSet() && key.Len() == 0 {
		l.list.Add(diag.Errorf(key.Pos, CodePointer, "liste vide : attendu au moins un chemin", "empty list: expected at least one pointer").
			WithHint("retirez key pour garder la clé d'arrivée", "remove key to keep the incoming key"))
	}
	for _, pointer := range key.Items {
		if !pointer.IsSet() {
			continue // no text, and reported
		}
		p, at := l.single(pointer, in)
		if scalars := at.types() &^ (typeSet(document.Array) | typeSet(document.Object)); scalars == 0 {
			l.list.Errorf(pointer.Pos, CodeType, "une clé demande un texte ou un nombre ; d'après le schéma source : %[1]s", "a key needs a text or a number; after the source schema: %[1]s", at.types().names())
		}
		paths = append(paths, p)
	}
	return paths
}

// single reads a pointer that names one value of the whole document.
func (l *loader) single(pointer yamldoc.String, in scope) (path, place) {
	if !strings.HasPrefix(pointer.Value, "/") || strings.HasSuffix(pointer.Value, "/*") || strings.Contains(pointer.Value, "/*/") {
		l.list.Add(diag.Errorf(pointer.Pos, CodePointer, "attendu un chemin depuis le haut du document, vers une seule valeur ; trouvé %[1]q",
			"expected a pointer from the top of the document to a single value; found %[1]q", cut(pointer.Value)).
			WithHint("par exemple : /supplier/siret, ou /lines/0/no", "for example: /supplier/siret, or /lines/0/no"))
		return path{text: pointer.Value}, anywhere
	}
	return readPointer(&l.list, pointer, in)
}

// shadowed reports the kinds that no document reaches, as an earlier one takes all of theirs.
func (l *loader) shadowed() {
	for i, later := range l.kinds {
		for _, earlier := range l.kinds[:i] {
			if len(earlier.recognise) > 0 && earlier.shadows(later) {
				l.list.Add(diag.Errorf(l.order[i], CodeRecognise, "le type %[1]q n'est jamais reconnu : %[2]q, qui le précède, prend tous ses documents",
					"the kind %[1]q is never recognised: %[2]q, which comes before it, takes all of its documents", later.name, earlier.name).
					WithHint("nommez d'abord le fichier le plus précis, ou ajoutez une condition", "name the more precise file first, or add a condition"))
				break
			}
		}
	}
}
