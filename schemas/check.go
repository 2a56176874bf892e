package schemas

import (
	"maps"
	"net/url"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// ownWord begins the keywords that a schema may add for its readers.
const ownWord = "x-"

// add reads one schema with all schemas inside it.
func (l *loader) add(f *file, v document.Value, parent *subschema) *subschema {
	s := &subschema{at: v, file: f, parent: parent}
	if parent == nil {
		s.resource, s.base = s, f.uri
		f.resources[f.uri] = s
	} else {
		s.resource = parent.resource
	}
	if len(l.order) == maxSubschemas {
		if !l.full {
			l.list.Errorf(f.position(v), CodeSchemaSize, "plus de %d schémas emboîtés", "more than %d nested schemas", maxSubschemas)
		}
		l.full = true
		return s
	}
	l.nodes[v] = s
	l.order = append(l.order, s)
	// In draft-07 what stands beside $ref is not read.
	hidden := f.draft == Draft07 && v.Get("$ref").Exists()
	if !hidden {
		l.identify(s)
	}
	for member := range v.Children() {
		l.keyword(s, member, hidden && member.Name() != "$ref")
	}
	return s
}

// identify reads what a schema is called: $id and its anchors.
func (l *loader) identify(s *subschema) {
	id := s.at.Get("$id")
	uri, fragment, _ := strings.Cut(id.Text(), "#")
	if uri != "" {
		absolute, err := resolveURI(s.resource.base, uri)
		switch {
		case err != nil:
			l.list.Errorf(s.file.position(id), CodeSchemaValue, "$id n'est pas une référence d'URI : %[1]s : %[2]v", "$id is no URI reference: %[1]s: %[2]v", excerpt(id), err)
		case s.file.resources[absolute] != nil && s.parent != nil:
			l.list.Errorf(s.file.position(id), CodeSchemaReference, "deux schémas portent le même $id : %[1]s", "two schemas have the same $id: %[1]s", excerpt(id))
		default:
			s.resource, s.base = s, absolute
			s.file.resources[absolute] = s
		}
	}
	if s.file.draft == Draft07 {
		l.anchor(s, id, fragment)
		return
	}
	if fragment != "" {
		l.list.Errorf(s.file.position(id), CodeSchemaValue, "$id ne peut contenir de fragment depuis 2019-09 : %[1]s", "$id has no fragment since 2019-09: %[1]s", excerpt(id))
	}
	anchor := s.at.Get("$anchor")
	l.anchor(s, anchor, anchor.Text())
	s.recursive = s.file.draft == Draft201909 && s.at.Get("$recursiveAnchor").Text() == "true"
	if dynamic := s.at.Get("$dynamicAnchor"); s.file.draft == Draft202012 && dynamic.Text() != "" {
		s.dynamic = dynamic.Text()
		l.anchor(s, dynamic, s.dynamic)
	}
}

func (l *loader) anchor(s *subschema, v document.Value, name string) {
	if name == "" {
		return
	}
	if other := s.resource.anchors[name]; other != nil && other != s {
		l.list.Errorf(s.file.position(v), CodeSchemaReference, "deux schémas portent le même nom : %[1]s", "two schemas have the same name: %[1]s", excerpt(v))
		return
	}
	if s.resource.anchors == nil {
		s.resource.anchors = map[string]*subschema{}
	}
	s.resource.anchors[name] = s
}

// misjudged are words that jsonschema/v5 acts on in drafts that do not have them.
func misjudged(name string, d Draft) bool {
	return name == "regexProperties" || name == "contentSchema" && d == Draft07 || name == "$recursiveRef" && d == Draft202012
}

// keyword reads one member of a schema. Ignored tells that the draft does not apply it, though it may hold definitions.
func (l *loader) keyword(s *subschema, member document.Value, ignored bool) {
	name, f := member.Name(), s.file
	k, known := keywords[name]
	if !known || !k.in(f.draft) {
		if !strings.HasPrefix(name, ownWord) && (!l.Annotate || misjudged(name, f.draft)) {
			l.unknown(f, member, known)
		}
		return
	}
	if !l.form(f, member, k.formIn(f.draft), name) {
		return
	}
	if name == "contentSchema" && l.AssertFormat {
		l.list.Add(diag.Errorf(f.nameOf(member), CodeSchemaUnsupported, "contentSchema : le contenu d'un texte n'est pas jugé par un schéma", "contentSchema: the content of a string is not judged by a schema").
			WithHint("envoyez ce contenu comme un document", "send that content as a document"))
		return
	}
	if n := member.Len(); n > maxBranches && (k.form == schemaList || k.form != aSchema && k.reach == inPlace) {
		l.list.Errorf(f.nameOf(member), CodeSchemaSize, "%[1]s : %[2]d schémas, au plus %[3]d", "%[1]s: %[2]d schemas, at most %[3]d", name, n, maxBranches)
		return
	}
	reach := k.reach
	if ignored {
		reach = nowhere
	}
	link := func(v document.Value) {
		to := l.add(f, v, s)
		if reach != nowhere {
			s.edges = append(s.edges, edge{to, member, reach})
		}
	}
	switch k.formIn(f.draft) {
	case aSchema:
		link(member)
	case schemaOrList:
		if member.Type() != document.Array {
			link(member)
			return
		}
		fallthrough
	case schemaList, schemaByName, schemaByPattern:
		for v := range member.Children() {
			link(v)
		}
	case schemaOrNamesByName:
		for v := range member.Children() {
			if v.Type() != document.Array {
				link(v)
			}
		}
	default:
		l.value(s, member, ignored)
	}
}

// value checks the keywords whose values are more than a form.
func (l *loader) value(s *subschema, member document.Value, ignored bool) {
	f, name := s.file, member.Name()
	asserted := f.draft == Draft07 || l.AssertFormat
	switch name {
	case "$ref", "$dynamicRef", "$recursiveRef":
		if !ignored {
			l.pending = append(l.pending, reference{s, member})
			l.dynamic = l.dynamic || name != "$ref"
		}
	case "$schema":
		if d, _ := draftOf(member.Text()); s.parent != nil && d != f.draft {
			l.list.Errorf(f.position(member), CodeSchemaUnsupported, "un schéma emboîté garde la version de son fichier, %[1]s ; trouvé : %[2]s",
				"a nested schema keeps the draft of its file, %[1]s; found: %[2]s", f.draft, excerpt(member))
		}
	case "format":
		if _, known := l.all[member.Text()]; !known && !l.Annotate {
			l.list.Add(suggest(diag.Errorf(f.position(member), CodeSchemaFormat, "format inconnu : %[1]s", "unknown format: %[1]s", excerpt(member)),
				member.Text(), slices.Sorted(maps.Keys(l.all))))
		}
	case "contentEncoding":
		l.content(f, member, "base64", asserted)
	case "contentMediaType":
		l.content(f, member, "application/json", asserted)
	case "enum":
		switch n := member.Len(); {
		case n == 0:
			l.list.Add(diag.Errorf(f.position(member), CodeSchemaUnsupported, "enum vide : le validateur accepterait tout, la norme n'accepte rien", "empty enum: the validator would accept everything, the standard accepts nothing").
				WithHint("écrivez les valeurs, ou false à la place du schéma pour tout refuser", "write the values, or false instead of the schema to refuse everything"))
		case n > maxEnum:
			l.list.Errorf(f.nameOf(member), CodeSchemaSize, "enum : %[1]d valeurs, au plus %[2]d", "enum: %[1]d values, at most %[2]d", n, maxEnum)
		}
	}
}

// content refuses encodings and media types that nobody here can read: they would pass unchecked.
func (l *loader) content(f *file, member document.Value, known string, asserted bool) {
	if asserted && !l.Annotate && member.Text() != known {
		l.list.Add(diag.Errorf(f.position(member), CodeSchemaFormat, "%[1]s inconnu : %[2]s", "unknown %[1]s: %[2]s", member.Name(), excerpt(member)).
			WithHint("connu : %s ; ou décrivez-le par un mot-clé « x-... »", "known: %s; or describe it by a keyword \"x-...\"", known))
	}
}

func (l *loader) unknown(f *file, member document.Value, elsewhere bool) {
	name := member.Name()
	d := diag.Errorf(f.nameOf(member), CodeSchemaKeyword, "mot-clé inconnu en %[1]s : %[2]s", "unknown keyword in %[1]s: %[2]s", f.draft, strconv.Quote(violation.Excerpt(name)))
	if hint, ok := replaced[name]; ok && (elsewhere || name == "id") {
		l.list.Add(d.WithHint("%[1]s", "%[2]s", hint[0], hint[1]))
		return
	}
	var known []string
	for word, k := range keywords {
		if k.in(f.draft) {
			known = append(known, word)
		}
	}
	if diag.Nearest(name, known) == "" {
		l.list.Add(d.WithHint("s'il s'agit d'une annotation, faites-le commencer par « %s »", "if it is an annotation, begin it with %q", ownWord))
		return
	}
	l.list.Add(suggest(d, name, known))
}

func suggest(d diag.Diagnostic, word string, known []string) diag.Diagnostic {
	if nearest := diag.Nearest(word, known); nearest != "" {
		return d.WithHint("vouliez-vous dire « %s » ?", "did you mean %q?", nearest)
	}
	if len(known) == 0 {
		return d
	}
	return d.WithHint("connus : %s", "known: %s", strings.Join(known, ", "))
}

// form checks the form of a keyword's value and reports it.
func (l *loader) form(f *file, v document.Value, want form, name string) bool {
	switch want {
	case aPattern:
		if v.Type() != document.String {
			return l.wrong(f, v, want, name)
		}
		return l.pattern(f.position(v), v.Text())
	case schemaByPattern:
		if !hasForm(v, want) {
			return l.wrong(f, v, want, name)
		}
		ok := true
		for member := range v.Children() {
			ok = l.pattern(f.nameOf(member), member.Name()) && ok
		}
		return ok
	default:
		return hasForm(v, want) || l.wrong(f, v, want, name)
	}
}

// wrong reports a value of the wrong form; it returns false so that the caller can return it.
func (l *loader) wrong(f *file, v document.Value, want form, name string) bool {
	words := expected[want]
	subject := name
	if subject != "" {
		subject += ": "
	}
	l.list.Errorf(f.position(v), CodeSchemaValue, "%[1]sattendu : %[2]s ; trouvé : %[4]s", "%[1]sexpected %[3]s; found: %[4]s", subject, words[0], words[1], excerpt(v))
	return false
}

// pattern refuses a regular expression that Go's regexp cannot compile (back references, look around), or whose
// program is too large: (x{1000}y{1000})... costs a thousand steps for each character.
func (l *loader) pattern(at diag.Position, pattern string) bool {
	size, err := patternSize(pattern)
	l.size += size
	switch {
	case err != nil:
		l.list.Add(diag.Errorf(at, CodeSchemaPattern, "expression régulière refusée : %v", "the regular expression is refused: %v", err).
			WithHint("la syntaxe est celle de RE2 : ni référence arrière, ni assertion (?=...)", "the syntax is that of RE2: no back reference, no look-around (?=...)"))
	case size > maxPattern:
		l.list.Add(diag.Errorf(at, CodeSchemaSize, "expression régulière de %d instructions, au plus %d", "regular expression of %d instructions, at most %d", size, maxPattern).
			WithHint("réduisez les répétitions {n,m}, ou bornez la longueur par maxLength", "reduce the repetitions {n,m}, or bound the length by maxLength"))
	}
	return err == nil && size <= maxPattern
}

// patternSize returns the number of instructions of a regular expression.
func patternSize(pattern string) (int, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return 0, err
	}
	return len(prog.Inst), nil
}

// typeNames are the values of type.
var typeNames = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

func hasForm(v document.Value, want form) bool {
	switch want {
	case aText, aFormat:
		return v.Type() == document.String
	case aBoolean:
		return v.Type() == document.Bool
	case aNumber:
		return v.Type() == document.Number
	case aPositiveNumber:
		d, ok := parseDecimal(v.Text())
		return v.Type() == document.Number && (!ok || !d.negative && d.digits != 0)
	case aCount:
		return isCount(v)
	case aList:
		return v.Type() == document.Array
	case uniqueNames:
		return distinctTexts(v)
	case someTypes:
		if v.Type() == document.String {
			return slices.Contains(typeNames, v.Text())
		}
		return v.Len() > 0 && distinctTexts(v) && everyChild(v, func(c document.Value) bool { return slices.Contains(typeNames, c.Text()) })
	case anURI:
		_, err := url.Parse(v.Text())
		return v.Type() == document.String && err == nil
	case anAnchor:
		return v.Type() == document.String && isAnchor(v.Text())
	case aVocabulary:
		return v.Type() == document.Object && everyChild(v, func(c document.Value) bool { return c.Type() == document.Bool })
	case aSchema:
		return isSchema(v)
	case schemaList:
		return v.Type() == document.Array && v.Len() > 0 && everyChild(v, isSchema)
	case schemaOrList:
		return isSchema(v) || hasForm(v, schemaList)
	case schemaByName, schemaByPattern:
		return v.Type() == document.Object && everyChild(v, isSchema)
	case schemaOrNamesByName:
		return v.Type() == document.Object && everyChild(v, func(c document.Value) bool { return isSchema(c) || distinctTexts(c) })
	case namesByName:
		return v.Type() == document.Object && everyChild(v, distinctTexts)
	default:
		return true
	}
}

func isSchema(v document.Value) bool { return v.Type() == document.Object || v.Type() == document.Bool }

// isCount reports whether v is a whole number that an int32 holds, 3 and 3.0 alike: jsonschema/v5 turns larger ones
// into negative ones.
func isCount(v document.Value) bool {
	d, ok := parseDecimal(v.Text())
	return v.Type() == document.Number && ok && !d.negative && d.exponent >= 0 && d.compare(decimal{digits: 1<<31 - 1}) <= 0
}

func isAnchor(s string) bool {
	for i, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '-' && c != '.' && c != ':') {
			return false
		}
	}
	return s != ""
}

func distinctTexts(v document.Value) bool {
	if v.Type() != document.Array {
		return false
	}
	seen := make(map[string]bool, v.Len())
	return everyChild(v, func(c document.Value) bool {
		again := seen[c.Text()]
		seen[c.Text()] = true
		return c.Type() == document.String && !again
	})
}

func everyChild(v document.Value, holds func(document.Value) bool) bool {
	for c := range v.Children() {
		if !holds(c) {
			return false
		}
	}
	return true
}
