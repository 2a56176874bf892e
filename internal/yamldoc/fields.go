package yamldoc

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
)

// field is what the tag of a Go struct field says.
type field struct {
	index    int
	name     string
	required bool
	oneOf    []string
}

// fieldsOf reads the tags of a struct type. position is the index of the field with the tag ",pos",
// which gets the place of the struct, or -1.
func fieldsOf(t reflect.Type) (fields []field, position int, err error) {
	position = -1
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("yaml")
		if !tagged || tag == "-" {
			continue
		}
		if !f.IsExported() {
			return nil, -1, fmt.Errorf("the field %s of %s has a yaml tag and is not exported", f.Name, t)
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" && options == "pos" && f.Type == reflect.TypeFor[diag.Position]() {
			position = i
			continue
		}
		got := field{index: i, name: name}
		for option := range strings.SplitSeq(options, ",") {
			words, isOneOf := strings.CutPrefix(option, "oneof=")
			switch {
			case isOneOf && takesWords(f.Type):
				got.oneOf = strings.Split(words, "|")
			case option == "required":
				got.required = true
			case option != "":
				return nil, -1, fmt.Errorf("the field %s of %s has the unusable yaml tag option %q", f.Name, t, option)
			}
		}
		if name == "" {
			return nil, -1, fmt.Errorf("the field %s of %s has a yaml tag without a name", f.Name, t)
		}
		fields = append(fields, got)
	}
	return fields, position, nil
}

// takesWords tells whether the values of a type, or of its items, are text, so that "oneof" can apply.
func takesWords(t reflect.Type) bool {
	if t.Kind() == reflect.Struct {
		if items, isList := t.FieldByName("Items"); isList { // a List
			t = items.Type
		}
	}
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t.Kind() == reflect.String || t == reflect.TypeFor[String]()
}

func names(fields []field) []string {
	all := make([]string, 0, len(fields))
	for _, f := range fields {
		all = append(all, f.name)
	}
	return all
}

// maxListedNames keeps the hint that lists the known names within two lines of a terminal.
const maxListedNames = 30

// suggest gives the hint for an unknown name: the nearest known one, then the known ones.
func suggest(d diag.Diagnostic, word string, known []string) diag.Diagnostic {
	list := strings.Join(known[:min(len(known), maxListedNames)], ", ")
	if len(known) > maxListedNames {
		list += ", ..."
	}
	if nearest := diag.Nearest(word, known); nearest != "" {
		return d.WithHint("vouliez-vous dire %[1]s ? Connus : %[2]s", "did you mean %[1]s? Known: %[2]s", show(nearest), list)
	}
	return d.WithHint("connus : %[1]s", "known: %[1]s", list)
}
