package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/yamldoc"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/schemas/rules"
)

// The pages on the rules: one that lists the packs, and one for each pack. They are written from the packs in the binary and
// from the cases that their tests run.
const (
	rulesIndex = "../../docs/rules.md"
	rulesPages = "../../docs/rules"
	rulesCases = "../../schemas/rules/testdata/*.yaml"
)

const rulesNote = "*Page écrite d'après les paquets par `go test ./internal/app -run TestRulesPages -update` : ne la modifiez pas à la main. This page is\ngenerated.*\n"

const rulesIntro = "# Les règles métier\n\n" + rulesNote + `
Ce que chaque paquet livré avec la passerelle contrôle, règle par règle, sous son identifiant officiel : ce qui est dit de l'erreur, en
français puis en anglais, et *le remède en italique*. Les points de suspension sont une valeur du document. Un **refus** envoie le document
aux lettres mortes ; un **avertissement** le laisse passer. Les termes (BT, BG) sont ceux de la norme EN 16931,
ceux des statuts (MDT, MDG) ceux des messages de cycle de vie.

Les **essais** sont ceux du dépôt : des documents qui violent la règle, et d'autres à sa limite, qui la respectent de justesse ; ou le
nom du test qui fait les deux. Une règle sans essais ne peut être violée par aucun document que la passerelle lit (les tests en
exigent la raison), ou contrôle une liste de codes : ces règles-là sont essayées ensemble.
` + "`passerelle rules show RÈGLE`" + ` donne en plus l'expression de la règle ; [écrire ses règles](rule-packs.md) dit comment en ajouter.

| Paquet | Version | En vigueur | Règles | dont refus | Ce qu'il contrôle |
|---|---|---|---|---|---|
`

const rulesTables = `
### Règles sur l'écriture en %s

Elles disent quels éléments la norme n'emploie pas, ou emploie autrement, dans cette syntaxe. Remède commun : retirer l'élément, ou
l'écrire comme la règle le demande ; c'est un réglage du logiciel de facturation. Leurs essais sont tirés de la règle elle-même : le
document avec et sans l'élément, à sa place et dans ses exceptions.

`

const rulesTaken = `
Ce paquet reprend les règles de [%[1]s](%[1]s.md) %[2]s ; cette page ne dit que les siennes. Il juge autrement, dans une syntaxe : %[3]s. Il
laisse : %[4]s.
`

func TestRulesPages(t *testing.T) {
	packs := shippedRules(t)
	cases := ruleCases(t)
	pages := map[string]string{}
	index := &strings.Builder{}
	index.WriteString(rulesIntro)
	for _, name := range packs.Names() {
		page := &strings.Builder{}
		fmt.Fprintf(page, "# Les règles du paquet %s\n\n%s", name, rulesNote)
		for _, pack := range packs.Versions(name) {
			fatal := 0
			for _, r := range pack.All() {
				if r.Severity != violation.Warning {
					fatal++
				}
			}
			fmt.Fprintf(index, "| [%s](rules/%s.md) | %s | %s | %d | %d | %s |\n",
				name, name, pack.Version, inForce(pack), len(pack.All()), fatal, pack.Description.FR)
			writePack(page, pack, casesOf(cases, name))
		}
		pages[filepath.Join(rulesPages, name+".md")] = page.String()
	}
	pages[rulesIndex] = index.String()
	if *update {
		require.NoError(t, os.RemoveAll(rulesPages))
		require.NoError(t, os.MkdirAll(rulesPages, 0o755))
		for name, text := range pages {
			require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		}
	}
	there, err := filepath.Glob(filepath.Join(rulesPages, "*"))
	require.NoError(t, err)
	require.Len(t, there, len(pages)-1, "docs/rules holds a page that is no pack's")
	for name, text := range pages {
		have, err := os.ReadFile(name)
		require.NoError(t, err)
		if string(have) != text { // not as an assertion: the pages are long
			t.Errorf("%s is stale: go test ./internal/app -run TestRulesPages -update", filepath.Base(name))
		}
	}
}

func inForce(p *rules.Pack) string {
	if p.To == "" {
		return "depuis le " + p.From
	}
	return "du " + p.From + " au " + p.To
}

func writePack(page *strings.Builder, pack *rules.Pack, cases map[string]counts) {
	fmt.Fprintf(page, "\n## Version %s\n\n%s. *%s.* En vigueur %s, pour : %s.\n",
		pack.Version, pack.Description.FR, pack.Description.EN, inForce(pack), strings.Join(pack.Kinds, ", "))
	if e := pack.Extends; e != nil {
		fmt.Fprintf(page, rulesTaken, e.Pack, e.Version, strings.Join(e.Changes, ", "), strings.Join(e.Without, ", "))
	}
	for _, r := range pack.Rules {
		if r.Pack != "" {
			continue
		}
		fmt.Fprintf(page, "\n### %s\n\n%s\n\n- %s — *%s*\n- %s — *%s*\n", r.ID, strings.Join(facts(r, cases[r.ID]), " · "),
			ruleText(r.Message.FR), ruleText(r.Remedy.FR), ruleText(r.Message.EN), ruleText(r.Remedy.EN))
	}
	for _, table := range pack.Tables {
		if table.Pack != pack.Name {
			continue
		}
		fmt.Fprintf(page, rulesTables, strings.ToUpper(table.Syntax))
		for i := range table.Rules {
			r := &table.Rules[i]
			meaning := r.Meaning()
			fmt.Fprintf(page, "- **%s** %s — %s — *%s*\n", r.ID, strings.Join(facts(&rules.Rule{Severity: r.Severity, Terms: r.Terms}, counts{}), " · "),
				ruleText(meaning.FR), ruleText(meaning.EN))
		}
	}
}

// facts are what is said of a rule in a few words.
func facts(r *rules.Rule, c counts) []string {
	words := []string{"refus"}
	if r.Severity == violation.Warning {
		words[0] = "avertissement"
	}
	if len(r.Terms) > 0 {
		words = append(words, strings.Join(r.Terms, ", "))
	}
	var not []string
	for _, f := range r.Forms {
		if f.Test == "" {
			not = append(not, f.Syntax)
		} else if f.Official != "" {
			words = append(words, "en "+f.Syntax+" "+f.Official)
		}
	}
	if len(not) > 0 {
		words = append(words, "pas en "+strings.Join(not, ", "))
	}
	if c.fire+c.border > 0 {
		words = append(words, fmt.Sprintf("essais : %d la violent, %d à sa limite", c.fire, c.border))
	}
	if c.elsewhere != "" {
		words = append(words, "essais : `"+c.elsewhere+"`")
	}
	return words
}

// counts are how many cases of a rule break it, and how many lie at its border; or the Go test that has them.
type counts struct {
	fire, border int
	elsewhere    string
}

// ruleCases counts, by file, the cases of the tests of package rules: files of rules with lists of cases, of which those that
// say what fires break the rule.
func ruleCases(t *testing.T) map[string]map[string]counts {
	names, err := filepath.Glob(rulesCases)
	require.NoError(t, err)
	require.NotEmpty(t, names)
	found := map[string]map[string]counts{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		node, list := yamldoc.Parse(name, data)
		require.NoError(t, list.Err())
		of := map[string]counts{}
		for _, rule := range node.Fields {
			c := counts{}
			for _, item := range rule.Value.Items {
				switch {
				case item.Field("elsewhere") != nil:
					c.elsewhere = item.Field("elsewhere").Text()
				case item.Field("fires") != nil:
					c.fire++
				default:
					c.border++
				}
			}
			of[rule.Key.Text()] = c
		}
		found[strings.TrimSuffix(filepath.Base(name), ".yaml")] = of
	}
	return found
}

// casesOf returns the cases of a pack: those of the file with its name, or with the name that it shares with its other
// versions (espd of espd-4.1.0).
func casesOf(cases map[string]map[string]counts, pack string) map[string]counts {
	if of := cases[pack]; of != nil {
		return of
	}
	shared, _, _ := strings.Cut(pack, "-")
	return cases[shared]
}

var shown = regexp.MustCompile(`\{[^}]*\}`)

// ruleText is what a rule says, for the page.
func ruleText(text string) string {
	return shownText(strings.NewReplacer("{{", "{", "}}", "}").Replace(shown.ReplaceAllString(text, "…")))
}

// shippedRules compiles the packs in the binary.
func shippedRules(t *testing.T) *rules.Set {
	set, err := schemas.Load()
	require.NoError(t, err)
	shapes := rules.Shapes{}
	for _, kind := range set.Kinds() {
		shapes[kind] = expr.ShapeOfSchema(set.Document(kind))
	}
	packs, list := rules.Load(nil, shapes)
	require.NoError(t, list.Err())
	return packs
}
