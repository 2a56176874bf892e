package reference

import (
	"errors"
	"io"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
)

// json reads rows from a list of JSON objects, one at a time.
func (f *file) json(r io.Reader) {
	stream := jsondoc.NewStream(r)
	read := stream.Array(func() bool {
		value, at, ok := stream.Value(maxRow)
		if !ok {
			return false
		}
		begin := f.at(at.Line, at.Column)
		doc, fault := jsondoc.Parse(value)
		if fault != nil {
			place := at.Move(jsondoc.Place{Line: fault.Line, Column: fault.Column})
			f.list.Errorf(f.at(place.Line, place.Column), CodeFile, "%[1]s", "%[2]s", fault.FR, fault.EN)
			return true
		}
		defer doc.Release()
		id, row, d := f.spec.row(doc.Root(), "", begin)
		if d != nil {
			f.list.Add(*d)
			return true
		}
		return !errors.Is(f.add(begin, id, row), errFull)
	})
	if read {
		stream.End()
	}
	if fault := stream.Fault(); fault != nil {
		f.list.Errorf(f.at(fault.Line, fault.Column), CodeFile, "%[1]s", "%[2]s", fault.FR, fault.EN)
	}
	if err := stream.Err(); err != nil {
		f.list.Errorf(f.at(0, 0), CodeFile, "fichier illisible : %[1]v", "the file cannot be read: %[1]v", err)
	}
}

// row reads one object: its key and its cells. A key that is known already may be left out and must not be another. The
// position is that of the object: places inside it are told by their name.
func (s *Spec) row(object document.Value, known string, at diag.Position) (id, row string, fault *diag.Diagnostic) {
	refuse := func(code, fr, en string, args ...any) (string, string, *diag.Diagnostic) {
		d := diag.Errorf(at, code, fr, en, args...)
		return "", "", &d
	}
	if object.Type() != document.Object {
		return refuse(CodeValue, "attendu un objet, trouvé %[1]s", "expected an object, found %[1]s", object.Type())
	}
	id = known
	cells := make([]string, len(s.Columns))
	for member := range object.Children() {
		number := s.Column(member.Name())
		switch {
		case member.Name() == s.Key:
			if id = member.Text(); known != "" && id != known {
				return refuse(CodeKey, "%[1]s %[2]q contredit la clé %[3]q", "%[1]s %[2]q contradicts the key %[3]q", s.Key, excerpt(id), known)
			}
		case number < 0:
			d := s.unknownColumn(at, member.Name())
			return "", "", &d
		case member.Type() == document.Null:
		case s.Columns[number].Type == Flag:
			if member.Type() != document.Bool {
				return refuse(CodeValue, "%[1]s : attendu true ou false, trouvé %[2]q", "%[1]s: expected true or false, found %[2]q", member.Name(), shown(member))
			}
			cells[number] = flagCell(member.Text() == "true")
		default:
			if member.Type() != document.Array {
				return refuse(CodeValue, "%[1]s : attendu une liste de textes, trouvé %[2]q", "%[1]s: expected a list of texts, found %[2]q", member.Name(), shown(member))
			}
			var all []string
			for item := range member.Children() {
				if item.Type() != document.String {
					return refuse(CodeValue, "%[1]s : attendu un texte, trouvé %[2]q", "%[1]s: expected a text, found %[2]q", member.Name(), shown(item))
				}
				if fr, en := badText(item.Text()); fr != "" {
					return refuse(CodeValue, "%[1]s : %[2]s", "%[1]s: %[3]s", member.Name(), fr, en)
				}
				all = append(all, item.Text())
			}
			cells[number] = textsCell(all)
		}
	}
	if id == "" {
		return refuse(CodeKey, "%[1]s manque", "%[1]s is missing", s.Key)
	}
	return id, join(cells), nil
}

// shown is a value for a message: its text, or its type.
func shown(v document.Value) string {
	if text := v.Text(); text != "" {
		return excerpt(text)
	}
	return v.Type().String()
}
