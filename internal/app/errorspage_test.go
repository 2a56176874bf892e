package app_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// errorsPage is the reference of all codes. It is written from the source text, as every package keeps its codes to
// itself: the literals of violation.Spec, and in package schemas the calls of expecting.
const errorsPage = "../../docs/errors.md"

const errorsIntro = `# Les codes de refus

*Page écrite d'après le code par ` + "`go test ./internal/app -run TestErrorsPage -update`" + ` : ne la modifiez pas à la main. This page is
generated.*

Un document refusé l'est par une ou plusieurs violations ; ` + "`passerelle explain`" + ` et ` + "`passerelle validate`" + ` les donnent avec leur endroit
([Comprendre un refus](guide.md#comprendre-un-refus)). Un code ne change jamais de sens. Les points de suspension sont une valeur du
document ou du schéma ; un secret, comme un IBAN, n'y est jamais en entier. Chaque code est donné en français puis en anglais,
*remède en italique*.

Les défauts d'une passerelle en marche (broker, disque) sont dans [l'exploitation](operations.md#les-défauts) ; ceux d'un schéma
qui ne se charge pas, dans [les schémas](schemas.md#ce-qui-est-refusé-au-chargement).
`

// areas are the parts of the page, in the order in which a document meets them.
var areas = []struct{ dir, title string }{
	{"internal/event", "Attributs CloudEvents"},
	{"transformers", "Reconnaissance du document"},
	{"internal/jsondoc", "Syntaxe JSON"},
	{"internal/xmldoc", "Syntaxe XML"},
	{"internal/pdfdoc", "Syntaxe PDF"},
	{"transformers/canonical", "Éléments d'un document XML (CII, CDAR, ESPD)"},
	{"transformers/ubl", "UBL"},
	{"transformers/cii", "CII"},
	{"transformers/facturx", "Factur-X"},
	{"transformers/pivot", "Pivot de Chorus Pro"},
	{"transformers/cdar", "Statuts (CDAR)"},
	{"transformers/chorus", "Statuts dans Chorus Pro"},
	{"transformers/espd", "ESPD (DUME)"},
	{"transformers/decp", "DECP"},
	{"transformers/mapping", "Types de l'opérateur"},
	{"schemas", "Forme : le schéma du type"},
	{"schemas/structure", "Structure : le schéma XML"},
	{"schemas/rules", "Règles métier : le contrôle lui-même"},
	{"routes", "Routes et destinations"},
	{"internal/pipeline", "La passerelle elle-même"},
}

func TestErrorsPage(t *testing.T) {
	var page strings.Builder
	page.WriteString(errorsIntro)
	found := specs(t, "../..")
	for _, area := range areas {
		require.NotEmpty(t, found[area.dir], "no code found in %s", area.dir)
		fmt.Fprintf(&page, "\n## %s\n", area.title)
		for _, code := range slices.Sorted(maps.Keys(found[area.dir])) {
			fmt.Fprintf(&page, "\n### %s\n", code)
			texts := found[area.dir][code]
			slices.SortFunc(texts, func(a, b spec) int { return cmp.Compare(a.text["FR"], b.text["FR"]) })
			for _, s := range slices.CompactFunc(texts, func(a, b spec) bool { return maps.Equal(a.text, b.text) }) {
				fmt.Fprintf(&page, "\n- %s — *%s*\n- %s — *%s*\n", s.text["FR"], s.text["RemedyFR"], s.text["EN"], s.text["RemedyEN"])
			}
		}
		delete(found, area.dir)
	}
	require.Empty(t, found, "packages with codes that have no part in the page: add them to areas")
	page.WriteString("\n## Règles métier\n\nLes règles gardent leur identifiant officiel : [les règles, paquet par paquet](rules.md).\n")
	if *update {
		require.NoError(t, os.WriteFile(errorsPage, []byte(page.String()), 0o644))
	}
	have, err := os.ReadFile(errorsPage)
	require.NoError(t, err)
	require.Equal(t, page.String(), string(have), "docs/errors.md is stale: go test ./internal/app -run TestErrorsPage -update")
}

// spec is the definition of a code, as far as the page tells it.
type spec struct{ text map[string]string }

// specs reads the definitions of all codes: by directory, then code.
func specs(t *testing.T, root string) map[string]map[string][]spec {
	found := map[string]map[string][]spec{}
	require.NoError(t, filepath.WalkDir(root, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name := entry.Name(); dir != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "tools") {
			return fs.SkipDir
		}
		var files []*ast.File
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			return err
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			files = append(files, file)
		}
		p := source{constants(files)}
		area, err := filepath.Rel(root, dir)
		if err != nil {
			return err
		}
		for _, file := range files {
			for _, texts := range p.specs(file) {
				code := texts["Code"]
				for _, member := range []string{"Code", "FR", "EN", "RemedyFR", "RemedyEN"} {
					require.NotEmpty(t, texts[member], "%s of %v in %s is not a constant text", member, texts, area)
					texts[member] = shownText(texts[member])
				}
				if found[area] == nil {
					found[area] = map[string][]spec{}
				}
				found[area][code] = append(found[area][code], spec{texts})
			}
		}
		return nil
	}))
	return found
}

var verb = regexp.MustCompile(`%(\[\d+\])?[0-9.#+]*[A-Za-z]`)

// shownText is a format for people: its verbs become dots, and nothing in it is Markdown.
func shownText(format string) string {
	text := strings.ReplaceAll(verb.ReplaceAllString(format, "…"), "%%", "%")
	return strings.TrimSuffix(strings.NewReplacer("*", `\*`, "<", "&lt;", "|", `\|`, "_", `\_`, "\n", " ").Replace(text), ".")
}

// source is what is known of a package.
type source struct{ constants map[string]ast.Expr }

func constants(files []*ast.File) map[string]ast.Expr {
	found := map[string]ast.Expr{}
	for _, file := range files {
		for _, decl := range file.Decls {
			if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.CONST {
				for _, s := range group.Specs {
					value := s.(*ast.ValueSpec)
					for i, name := range value.Names {
						if i < len(value.Values) {
							found[name.Name] = value.Values[i]
						}
					}
				}
			}
		}
	}
	return found
}

// specs returns the members of each definition in a file that has a constant code.
func (p source) specs(file *ast.File) (all []map[string]string) {
	ast.Inspect(file, func(n ast.Node) bool {
		texts := map[string]string{}
		switch n := n.(type) {
		case *ast.CompositeLit:
			if kind, ok := n.Type.(*ast.SelectorExpr); !ok || kind.Sel.Name != "Spec" {
				return true
			}
			for _, element := range n.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					texts[pair.Key.(*ast.Ident).Name] = p.text(pair.Value)
				}
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); !ok || name.Name != "expecting" || len(n.Args) != 5 {
				return true
			}
			for i, member := range []string{"Code", "FR", "EN", "RemedyFR", "RemedyEN"} {
				texts[member] = p.text(n.Args[i])
			}
			texts["FR"], texts["EN"] = "attendu : "+texts["FR"]+" ; trouvé : %s", "expected: "+texts["EN"]+"; found: %s"
		}
		if texts["Code"] != "" {
			all = append(all, texts)
		}
		return true
	})
	return all
}

// text is the value of a constant expression of strings; empty when it is none.
func (p source) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value) // a number has none
		return text
	case *ast.Ident:
		if value, ok := p.constants[e.Name]; ok {
			return p.text(value)
		}
	case *ast.BinaryExpr:
		if left, right := p.text(e.X), p.text(e.Y); left != "" && right != "" {
			return left + right
		}
	}
	return ""
}
