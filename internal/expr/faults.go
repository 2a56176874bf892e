package expr

import (
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/commande-publique/passerelle/internal/diag"
)

// explain puts a fault of the library into our words, in both languages.
func (c *compilation) explain(fault *cel.Error) diag.Diagnostic {
	line, column := 1, 1
	if l := fault.Location; l != nil {
		line, column = max(1, l.Line()), max(0, l.Column())+1
	}
	pos := c.at(line, column)
	message := fault.Message
	if m := undeclared.FindStringSubmatch(message); m != nil {
		return c.unknownName(pos, m[1])
	}
	if m := overload.FindStringSubmatch(message); m != nil {
		return c.wrongOperands(pos, m[1], m[2])
	}
	if m := selection.FindStringSubmatch(message); m != nil {
		return diag.Errorf(pos, CodeType, "%[1]s n'a pas de membres", "%[2]s has no members", typeName(m[1], diag.French), typeName(m[1], diag.English))
	}
	if m := mismatch.FindStringSubmatch(message); m != nil {
		return diag.Errorf(pos, CodeType, "attendu %[1]s, trouvé %[2]s", "expected %[3]s, found %[4]s",
			typeName(m[1], diag.French), typeName(m[2], diag.French), typeName(m[1], diag.English), typeName(m[2], diag.English))
	}
	if m := iteration.FindStringSubmatch(message); m != nil {
		return diag.Errorf(pos, CodeType, "attendu une liste à parcourir, trouvé %[1]s", "expected a list to iterate, found %[2]s",
			typeName(m[1], diag.French), typeName(m[1], diag.English)).
			WithHint("écrivez items(doc.lines).all(l, ...)", "write items(doc.lines).all(l, ...)")
	}
	if function, ok := strings.CutSuffix(message, ": "+notAPath); ok {
		return diag.Errorf(pos, CodeSyntax, "%[1]s : attendu un chemin comme doc.seller.name", "%[1]s: "+notAPath, function)
	}
	message = strings.TrimPrefix(message, "Syntax error: ")
	return diag.Errorf(pos, CodeSyntax, "expression incorrecte (%[1]s)", "incorrect expression (%[1]s)", message).
		WithHint("vérifiez les guillemets, les parenthèses et les opérateurs (&&, ||, !, ==, in)", "check the quotes, parentheses and operators (&&, ||, !, ==, in)")
}

// The messages of the library that operators meet.
var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	overload   = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`)
	selection  = regexp.MustCompile(`^type '([^']*)' does not support field selection`)
	mismatch   = regexp.MustCompile(`^expected type '([^']*)' but found '([^']*)'`)
	iteration  = regexp.MustCompile(`^expression of type '([^']*)' cannot be range of a comprehension`)
)

func (c *compilation) unknownName(pos diag.Position, name string) diag.Diagnostic {
	names := make([]string, 0, len(c.env.vars)+32)
	for v := range c.env.vars {
		names = append(names, v)
	}
	slices.Sort(names)
	d := diag.Errorf(pos, CodeName, "nom inconnu %[1]q", "unknown name %[1]q", name)
	all := append(slices.Clone(names), functions()...)
	if near := diag.Nearest(name, all); near != "" {
		return suggest(d, name, all)
	}
	return suggest(d, name, names)
}

// functions lists what writers may call, for suggestions.
func functions() []string {
	return []string{
		"has", "items", "money", "sum", "round", "abs", "size", "string", "int", "timestamp", "duration", "startsWith", "endsWith",
		"contains", "matches", "all", "exists", "exists_one", "filter", "map", "orValue", "hasValue",
	}
}

func (c *compilation) wrongOperands(pos diag.Position, function, signature string) diag.Diagnostic {
	name := strings.Trim(function, "_@")
	if operator := strings.TrimSuffix(strings.TrimPrefix(function, "_"), "_"); operator != "" {
		name = operator
	}
	d := diag.Errorf(pos, CodeType, "%[1]q ne s'applique pas à %[2]s", "%[1]q cannot be applied to %[3]s", name,
		signatureWords(signature, diag.French), signatureWords(signature, diag.English))
	switch {
	case strings.Contains(signature, "money") && !strings.Contains(signature, "list"):
		d = d.WithHint("un montant se combine avec un montant : money(\"12.50\")", "money combines with money: money(\"12.50\")")
	case function == "sum":
		d = d.WithHint("écrivez sum(items(doc.lines).map(l, money(l.netAmount)))", "write sum(items(doc.lines).map(l, money(l.netAmount)))")
	}
	return d
}

// signatureWords names the types of "(string, money)" or "string.(int)".
func signatureWords(signature, lang string) string {
	target, args, member := strings.Cut(signature, ".(")
	parts := []string{}
	if member {
		parts = append(parts, typeName(target, lang))
		signature = args
	}
	for _, arg := range strings.Split(strings.Trim(signature, "()"), ", ") {
		if arg != "" {
			parts = append(parts, typeName(arg, lang))
		}
	}
	and := " and "
	if lang == diag.French {
		and = " et "
	}
	return strings.Join(parts, and)
}

// typeName names a CEL type for people.
func typeName(name, lang string) string {
	words := map[string][2]string{
		"string": {"un texte", "a text"}, "int": {"un entier", "an integer"}, "uint": {"un entier sans signe", "an unsigned integer"},
		"bool": {"vrai ou faux", "true or false"}, "double": {"un nombre à virgule", "a floating-point number"},
		"money": {"un montant", "money"}, "dyn": {"une valeur du document", "a value of the document"}, "null": {"null", "null"},
		"google.protobuf.Timestamp": {"un instant", "a time"}, "timestamp": {"un instant", "a time"},
		"google.protobuf.Duration": {"une durée", "a duration"}, "duration": {"une durée", "a duration"},
	}
	kind, _, _ := strings.Cut(name, "(")
	switch kind {
	case "list":
		words[name] = [2]string{"une liste", "a list"}
	case "map":
		words[name] = [2]string{"un objet", "an object"}
	case "optional_type":
		words[name] = [2]string{"une valeur facultative (.orValue(...))", "an optional value (.orValue(...))"}
	}
	w, known := words[name]
	switch {
	case !known:
		return name
	case lang == diag.French:
		return w[0]
	}
	return w[1]
}
