package rules

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// listFile is the YAML of one edition of a code list.
type listFile struct {
	List   yamldoc.String `yaml:"list,required"`
	Valid  validity       `yaml:"valid,required"`
	Title  bilingual      `yaml:"title,required"`
	Source yamldoc.String `yaml:"source,required"`
	Codes  yamldoc.String `yaml:"codes,required"`
}

// codeList is a code list in its editions, the first first.
type codeList struct{ editions []edition }

// edition is the codes that are in force from a day on.
type edition struct {
	from  string // as an ISO 8601 date
	codes map[string]struct{}
}

// loadList adds an edition to the lists. An edition of the same first day replaces that of an earlier file.
func loadList(f *listFile, lists map[string]*codeList) (list diag.List) {
	checkDays(&list, f.Valid)
	e := edition{from: f.Valid.From.Value, codes: map[string]struct{}{}}
	for _, code := range strings.Fields(f.Codes.Value) {
		if _, twice := e.codes[code]; twice {
			list.Errorf(f.Codes.Pos, CodeList, "le code %[1]q est écrit deux fois", "code %[1]q is written twice", code)
		}
		e.codes[code] = struct{}{}
	}
	if list.HasErrors() || f.List.Value == "" {
		return list
	}
	l := lists[f.List.Value]
	if l == nil {
		l = &codeList{}
		lists[f.List.Value] = l
	}
	at, same := slices.BinarySearchFunc(l.editions, e.from, func(e edition, from string) int { return strings.Compare(e.from, from) })
	if same {
		l.editions[at] = e
	} else {
		l.editions = slices.Insert(l.editions, at, e)
	}
	return list
}

// has reports whether a code is in the edition of a day: the last that has begun, or the first there is.
func (l *codeList) has(code, day string) bool {
	i := len(l.editions) - 1
	for i > 0 && day != "" && l.editions[i].from > day {
		i--
	}
	_, ok := l.editions[i].codes[code]
	return ok
}
