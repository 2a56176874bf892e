package yamldoc

import (
	"errors"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/commande-publique/passerelle/internal/diag"
)

// syntaxError turns an error of the YAML library into a diagnostic. The library's own words are
// English and speak of its parser; the common ones are replaced by what an operator can act on.
func syntaxError(src *source, err error) diag.Diagnostic {
	pos := diag.Position{File: src.file}
	message := err.Error()
	var load *yaml.LoadError
	if errors.As(err, &load) {
		message = load.Message
		mark := load.Mark
		if mark.Line == 0 || load.ContextMark.Line > 0 && opensWithoutEnd(load.ContextMsg) {
			mark = load.ContextMark // where the quote or bracket was opened says more than the end of the file
		}
		pos.Line, pos.Column = mark.Line, mark.Column
	}
	if errors.Is(err, errTooDeep) || strings.Contains(message, errTooDeep.Error()) {
		return diag.Errorf(pos, CodeLimit, "plus de %d niveaux d'imbrication", "more than %d levels of nesting", MaxDepth).
			WithHint("simplifiez le fichier ou répartissez-le", "simplify the file or split it")
	}
	if line := src.line(pos.Line); blanks(line, true) > blanks(line, false) {
		return diag.Errorf(pos, CodeSyntax, "une tabulation sert d'indentation", "a tab is used as indentation").
			WithHint("indentez avec des espaces", "indent with spaces")
	}
	for _, k := range knownSyntax() {
		if strings.Contains(message, k.contains) && strings.Contains(context(load), k.while) {
			return diag.Errorf(pos, CodeSyntax, "%[1]s", "%[2]s", k.fr, k.en).WithHint("%[1]s", "%[2]s", k.hintFR, k.hintEN)
		}
	}
	return diag.Errorf(pos, CodeSyntax, "syntaxe YAML incorrecte (%[1]s)", "incorrect YAML syntax (%[1]s)", message)
}

func context(load *yaml.LoadError) string {
	if load == nil {
		return ""
	}
	return load.ContextMsg
}

func opensWithoutEnd(contextMsg string) bool {
	return strings.Contains(contextMsg, "quoted scalar") || strings.Contains(contextMsg, "flow")
}

// syntaxWords says in both languages what a message of the library means.
type syntaxWords struct {
	contains, while string
	fr, en          string
	hintFR, hintEN  string
}

func knownSyntax() []syntaxWords {
	return []syntaxWords{
		{"mapping values are not allowed", "",
			"deux-points inattendus : une valeur sur cette ligne contient déjà \": \", ou l'indentation n'est pas celle de la ligne précédente",
			"unexpected colon: this value already follows a \": \", or the indentation differs from the line before",
			"mettez la valeur entre guillemets, ou alignez la clé sur ses voisines", "put the value in quotes, or align the key with its neighbours"},
		{"did not find expected key", "block mapping",
			"attendu une clé alignée sur les précédentes", "expected a key aligned with the ones before",
			"corrigez l'indentation, ou mettez la valeur précédente entre guillemets", "correct the indentation, or put the value before in quotes"},
		{"did not find expected '-' indicator", "",
			"attendu un élément de liste qui commence par \"- \"", "expected a list item that begins with \"- \"",
			"alignez cette ligne sur la liste, ou terminez la liste", "align this line with the list, or end the list"},
		{"", "flow sequence",
			"une liste ouverte par \"[\" n'est pas bien fermée", "a list opened by \"[\" is not closed properly",
			"séparez les éléments par \",\" et terminez par \"]\"", "separate the items by \",\" and end with \"]\""},
		{"", "flow mapping",
			"un objet ouvert par \"{\" n'est pas bien fermé", "a mapping opened by \"{\" is not closed properly",
			"séparez les champs par \",\" et terminez par \"}\"", "separate the fields by \",\" and end with \"}\""},
		{"", "flow node",
			"attendu une valeur dans cette liste ou cet objet", "expected a value in this list or mapping",
			"fermez \"[\" par \"]\" et \"{\" par \"}\"", "close \"[\" by \"]\" and \"{\" by \"}\""},
		{"unexpected end of stream", "quoted scalar",
			"un guillemet ouvert ici n'est jamais fermé", "a quote opened here is never closed",
			"ajoutez le guillemet fermant", "add the closing quote"},
		{"unknown escape", "",
			"séquence d'échappement inconnue entre guillemets doubles", "unknown escape in double quotes",
			"doublez la barre oblique (\"\\\\\") ou utilisez des guillemets simples", "double the backslash (\"\\\\\") or use single quotes"},
		{"cannot start any token", "",
			"ce caractère ne peut pas commencer une valeur", "this character cannot begin a value",
			"mettez la valeur entre guillemets", "put the value in quotes"},
		{"unknown anchor", "",
			"les alias (\"*nom\") ne sont pas admis", "aliases (\"*name\") are not allowed",
			"répétez la valeur ; si l'astérisque est du texte, mettez-le entre guillemets", "repeat the value; if the asterisk is text, put it in quotes"},
		{"could not find expected ':'", "",
			"attendu \":\" après la clé", "expected \":\" after the key",
			"écrivez \"clé: valeur\"", "write \"key: value\""},
	}
}
