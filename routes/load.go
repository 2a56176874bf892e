package routes

import (
	"regexp"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// Options is everything that routes may name.
type Options struct {
	// Topics are the source topics of the configuration, in its order.
	Topics []string
	// Reserved are the topics that the gateway itself writes, receipts and dead letters: no destination may be one.
	Reserved []string
	// Kinds are the known kinds of document.
	Kinds []string
	// Shapes gives the shape of the canonical documents of a kind; of a kind without one, conditions may read anything.
	Shapes map[string]*expr.Shape
	// Formats are the formats of documents; with none, nothing is proven about conditions on the format.
	Formats []string
	// Numbered are the kinds whose documents have a number that no other may have.
	Numbered []string
	// Statuses are the kinds whose documents are about an invoice, and can free its number.
	Statuses []string
	// Rules are the names of the known rule packs.
	Rules []string
	// Syntaxes are the forms beside canonical and original in which documents can be written, each with its kinds.
	Syntaxes map[string][]string
}

// The codes of the diagnostics of this package.
const (
	CodeName        = "route_name"         // a name or version of a route that is not possible, or a name twice
	CodeTopic       = "route_topic"        // an unknown source topic, or a destination that is no topic name
	CodeLoop        = "route_loop"         // a destination that is a source, or that the gateway itself writes
	CodeKind        = "route_kind"         // an unknown kind of document
	CodeRules       = "route_rules"        // an unknown rule pack
	CodeTwice       = "route_twice"        // the same thing twice in one list
	CodeDestination = "route_destination"  // a destination twice, or a field that means nothing there
	CodeForm        = "route_form"         // an unknown form, or one that a kind of the route cannot have
	CodeUnique      = "route_unique"       // a topic of claims that is something else too or is none, or kinds without a number
	CodeCondition   = "route_condition"    // an empty condition
	CodeLimit       = "route_limit"        // too many routes or destinations
	CodeUnreachable = "route_unreachable"  // a route that no message can reach
	CodeShadowed    = "route_shadowed"     // a warning: a kind that earlier routes take whole
	CodeKeyOrder    = "route_key_order"    // a warning: a key that may merge or divide orders
	CodeUnread      = "route_topic_unread" // a warning: a source topic that no route reads
	CodeInternal    = "route_internal"     // a fault of the program
)

const (
	// maxRoutes bounds the table, as every message may pass every condition; large administrations have some dozens.
	maxRoutes = 500
	// maxDestinations bounds the outputs of one message, which are in memory and in one request at once.
	maxDestinations = 32
	// maxName bounds the name and version of a route: they travel in headers and label metrics.
	maxName = 64
)

// Load compiles routes into a table. The order of the files is the order in which routes are tried; the caller decides
// it. The list has all faults of all files; the table is nil when it has errors.
func Load(files []File, opts Options) (*Table, diag.List) {
	l := &loader{opts: opts, envs: map[string]*expr.Env{}, names: map[string]diag.Position{}}
	if len(files) > maxRoutes {
		l.list.Errorf(diag.Position{File: files[maxRoutes].Name}, CodeLimit, "trop de routes : au plus %[1]d, trouvé %[2]d", "too many routes: at most %[1]d, found %[2]d", maxRoutes, len(files))
		return nil, l.list
	}
	for _, f := range files {
		l.file(f)
	}
	l.claims()
	l.reach()
	l.unread()
	if l.list.HasErrors() {
		return nil, l.list
	}
	t := &Table{notes: l.notes}
	for _, e := range l.entries {
		if !e.leftOut {
			t.routes = append(t.routes, e.route)
		}
	}
	return t, l.list
}

// loader is the state of a Load.
type loader struct {
	opts    Options
	list    diag.List
	notes   []Note
	envs    map[string]*expr.Env // by the kinds whose documents they are for
	names   map[string]diag.Position
	entries []*entry
	said    map[diag.Position]bool // where the YAML of the current file has faults
}

// entry is a route with what is only needed while it is loaded.
type entry struct {
	route  *Route
	file   *routeFile
	usable bool // from, accept and when are without fault, so that what the route takes is known

	shipped, leftOut bool

	// says holds the combinations of finite facts at which messages may reach the route and be taken.
	says     map[point]answer
	shadowed []shadow
}

func (l *loader) file(f File) {
	var file routeFile
	list := yamldoc.Unmarshal(f.Name, f.Data, &file)
	l.list.Append(list)
	l.said = map[diag.Position]bool{}
	for _, d := range list.All() {
		l.said[d.Position] = true
	}
	if f.Shipped && !list.HasErrors() {
		if missing := l.unconfigured(&file); missing != "" {
			l.note(file.Route.Value, "route livrée mise de côté : le sujet source « "+missing+" » n'est pas configuré",
				"shipped route left out: the source topic \""+missing+"\" is not configured")
			return
		}
		if own, replaced := l.names[file.Route.Value]; replaced {
			l.note(file.Route.Value, "route livrée remplacée par la vôtre, "+own.String(), "shipped route replaced by yours, "+own.String())
			return
		}
	}
	e := &entry{file: &file, usable: true, shipped: f.Shipped}
	e.route = l.route(&file, &e.usable)
	e.usable = e.usable && !list.HasErrors()
	l.entries = append(l.entries, e)
}

func (l *loader) note(route, fr, en string) { l.notes = append(l.notes, Note{route, fr, en}) }

// unconfigured returns the first source topic of a route that the configuration does not have.
func (l *loader) unconfigured(f *routeFile) string {
	for _, topic := range f.From.Items {
		if !slices.Contains(l.opts.Topics, topic.Value) {
			return topic.Value
		}
	}
	return ""
}

func (l *loader) route(f *routeFile, usable *bool) *Route {
	r := &Route{name: f.Route.Value, description: strings.TrimSpace(f.Description.Value)}
	if !l.name(f.Route) {
		*usable = false // it would be told a second time, as a route that the first of its name stands before
	}
	r.from = l.listed(f.From, CodeTopic, "sujet source inconnu %[1]q", "unknown source topic %[1]q", l.opts.Topics, usable)
	accepted := true
	r.accept = l.listed(f.Accept, CodeKind, "type de document inconnu %[1]q", "unknown kind of document %[1]q", l.opts.Kinds, &accepted)
	*usable = *usable && accepted
	if r.byProfile = len(f.Validate.Rules.Items) == 1 && f.Validate.Rules.Items[0].Value == ByProfile; r.byProfile {
		f.Validate.Rules.Items = nil
	}
	var sound bool // whether the packs are known changes nothing in what the route takes
	r.rules = l.listed(f.Validate.Rules, CodeRules, "paquet de règles inconnu %[1]q", "unknown rule pack %[1]q", l.opts.Rules, &sound)
	l.unique(r, f.Validate.Unique)
	var kinds []string // none while one is unknown: conditions may be on the documents of that one
	if accepted {
		kinds = r.accept
	}
	env := l.env(kinds)
	if env == nil {
		*usable = false
		return r
	}
	r.when = l.compile(env, expr.Condition, f.When)
	*usable = *usable && (r.when != nil || !f.When.IsSet())
	r.key = l.compile(env, expr.Printable, f.Key)
	if r.key != nil {
		l.list.Add(diag.Warnf(f.Key.Pos, CodeKeyOrder,
			"la route %[1]s remplace la clé des messages : ceux de plusieurs clés d'entrée peuvent se mêler, ceux d'une seule se séparer",
			"the route %[1]s replaces the key of messages: those of several incoming keys may merge, those of one may part", r.name).
			WithHint("retirez key pour garder l'ordre d'arrivée de chaque clé", "remove key to keep the order in which each key arrived"))
	}
	l.frees(r, f.Frees, env)
	l.destinations(r, f, env)
	r.version = r.digest()
	if f.Version.IsSet() {
		l.short(f.Version, "une version", "a version")
		r.version = f.Version.Value
	}
	return r
}

var (
	// routeName is what can be a header, a label of a metric and part of a file name.
	routeName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	// topicName is what Kafka takes.
	topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)
)

// name checks the name of a route and reports whether it is the first of that name.
func (l *loader) name(name yamldoc.String) bool {
	if name.Value == "" {
		return true // reported as missing
	}
	if !routeName.MatchString(name.Value) {
		l.list.Add(diag.Errorf(name.Pos, CodeName, "nom de route %[1]q : attendu des minuscules, des chiffres et des tirets",
			"route name %[1]q: expected lower-case letters, digits and hyphens", excerpt(name.Value)).
			WithHint("par exemple : supplier-invoices", "for example: supplier-invoices"))
		return true
	}
	l.short(name, "un nom de route", "a route name")
	if first, twice := l.names[name.Value]; twice {
		l.list.Add(diag.Errorf(name.Pos, CodeName, "une autre route s'appelle déjà %[1]q : %[2]s", "another route is called %[1]q already: %[2]s", name.Value, first).
			WithHint("donnez un autre nom à l'une des deux", "give one of them another name"))
		return false
	}
	l.names[name.Value] = name.Pos
	return true
}

func (l *loader) short(s yamldoc.String, fr, en string) {
	if n := len(s.Value); n > maxName || n == 0 || strings.TrimFunc(s.Value, printable) != "" {
		l.list.Errorf(s.Pos, CodeName, "attendu %[1]s de 1 à %[3]d caractères ASCII sans blanc, trouvé %[4]q",
			"expected %[2]s of 1 to %[3]d ASCII characters without blanks, found %[4]q", fr, en, maxName, excerpt(s.Value))
	}
}

func printable(r rune) bool { return r > ' ' && r <= '~' }

// excerpt keeps a value that is no name readable in a message.
func excerpt(s string) string {
	if runes := []rune(s); len(runes) > maxName {
		return string(runes[:maxName]) + "…"
	}
	return s
}

// listed reads a list of names, each known and there once. sound becomes false when one is unknown.
func (l *loader) listed(items texts, code, fr, en string, known []string, sound *bool) []string {
	var names []string
	for _, item := range items.Items {
		switch {
		case slices.Contains(names, item.Value):
			l.list.Add(diag.Errorf(item.Pos, CodeTwice, "%[1]q est deux fois dans la liste", "%[1]q is in the list twice", excerpt(item.Value)).
				WithHint("gardez-le une fois", "keep it once"))
		case !slices.Contains(known, item.Value):
			*sound = false
			l.list.Add(suggest(diag.Errorf(item.Pos, code, fr, en, excerpt(item.Value)), item.Value, known))
		default:
			names = append(names, item.Value)
		}
	}
	return names
}

// suggest adds the nearest of the names, or all of them when they are few.
func suggest(d diag.Diagnostic, word string, names []string) diag.Diagnostic {
	const few = 15 // two lines of a terminal
	if near := diag.Nearest(word, names); near != "" {
		return d.WithHint("voulez-vous dire %[1]q ?", "did you mean %[1]q?", near)
	}
	if len(names) > 0 && len(names) <= few {
		return d.WithHint("possible : %[1]s", "possible: %[1]s", strings.Join(names, ", "))
	}
	return d
}

// env returns the names that conditions on documents of the kinds may use. Without kinds any path is taken, so that the
// other faults of a condition are found all the same.
func (l *loader) env(kinds []string) *expr.Env {
	kinds = slices.Sorted(slices.Values(kinds))
	id := strings.Join(kinds, " ")
	if env := l.envs[id]; env != nil {
		return env
	}
	var shapes []*expr.Shape
	for _, kind := range kinds {
		if shape := l.opts.Shapes[kind]; shape != nil {
			shapes = append(shapes, shape)
		}
	}
	var shape *expr.Shape // any path
	if len(kinds) > 0 && len(shapes) == len(kinds) {
		shape = expr.Union(shapes...)
	}
	env, err := newEnv(shape)
	if err != nil {
		l.list.Errorf(diag.Position{}, CodeInternal, "défaut du programme : %[1]v", "fault of the program: %[1]v", err)
		return nil
	}
	l.envs[id] = env
	return env
}

// compile compiles an expression of a route; it returns nil when there is none or it has faults. What YAML has refused,
// such as an unquoted text that starts with "!", is not read as an expression too.
func (l *loader) compile(env *expr.Env, want expr.Result, text yamldoc.String) *condition {
	if !text.IsSet() || l.said[text.Pos] {
		return nil
	}
	if strings.TrimSpace(text.Value) == "" {
		l.list.Add(diag.Errorf(text.Pos, CodeCondition, "expression vide", "empty expression").
			WithHint("écrivez-la, ou retirez le champ", "write it, or remove the field"))
		return nil
	}
	program, list := env.Compile(want, text.Value, text.PositionAt)
	l.list.Append(list)
	if program == nil {
		return nil
	}
	return &condition{text: strings.TrimSpace(text.Value), program: program}
}
