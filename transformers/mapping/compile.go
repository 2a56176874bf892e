package mapping

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// compiler turns the targets of one file into a program.
type compiler struct {
	list      *diag.List
	program   *program
	described int // places in the derived schema
}

// scope is what pointers are read in.
type scope struct {
	top      place // whole documents
	hand     place // the value at hand
	repeated bool  // inside a list
}

// members compiles the targets of one object. out is what the schema of the mapped document says of that object, and
// shape the properties of the derived schema.
func (c *compiler) members(ts targets, in scope, out place, shape document.Value) []member {
	members := make([]member, 0, ts.Len())
	var names []string // that are written, or were meant
	for name, t := range ts.All() {
		names = append(names, name.Value)
		next, known := out.step(token{name: name.Value, index: -1})
		if !known {
			c.list.Add(suggest(diag.Errorf(name.Pos, CodeUnknown, "le schéma du document transposé ne connaît pas le membre %[1]q",
				"the schema of the mapped document does not know the member %[1]q", cut(name.Value)), name.Value, out.names()))
			names = append(names, diag.Nearest(name.Value, out.names()))
		}
		m := member{name: name.Value, slot: -1}
		c.member(&m, &t, in, next, shape)
		members = append(members, m)
	}
	for _, name := range out.required() {
		if !slices.Contains(names, name) {
			c.list.Add(diag.Errorf(ts.Pos, CodeRequired, "le schéma du document transposé exige le membre %[1]q, que rien n'écrit ici",
				"the schema of the mapped document requires the member %[1]q, which nothing writes here", name).
				WithHint("ajoutez « %[1]s: » et d'où il vient", `add "%[1]s:" and where it comes from`, name))
		}
	}
	// The order of members means nothing in JSON, and the encoder, which sorts them, is quickest with sorted ones.
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return members
}

// member compiles one target.
func (c *compiler) member(m *member, t *target, in scope, out place, shape document.Value) {
	if !c.coherent(t) {
		return
	}
	m.fold = folded(t)
	var got types // that the member may have
	switch {
	case t.Value.Node != nil:
		m.op = constants
		if m.value = c.constant(t.Value.Node); m.value == nil {
			return
		}
		got = m.value.types()
		c.fits(t.Value.Pos, got, out)
		describeTypes(shape, m.name, got)
		return
	case t.Each.IsSet():
		m.op, got = each, typeSet(document.Array)
		c.each(m, t, in, out, shape)
	case t.Sum.IsSet():
		m.op, got = sum, typeSet(document.Number)
		c.sum(m, t, in)
		c.fits(t.Sum.Pos, got, out)
	case t.From.IsSet() && t.To.IsSet():
		m.op = object
		c.object(m, t, in, out, shape)
		return
	case t.From.IsSet():
		got = c.from(m, t, in, out, shape)
	default:
		m.op = group
		c.fits(t.To.Pos, typeSet(document.Object), out)
		m.members = c.members(t.To, in, out, describeObject(shape, m.name))
		return
	}
	if t.Default.Node != nil {
		if m.value = c.constant(t.Default.Node); m.value != nil {
			c.fits(t.Default.Pos, m.value.types(), out)
			got |= m.value.types()
		}
	}
	if m.op == sum || m.op == fromOne && t.Default.Node != nil {
		describeTypes(shape, m.name, got)
	}
}

// from compiles the value, or the values, at a pointer.
func (c *compiler) from(m *member, t *target, in scope, out place, shape document.Value) types {
	at := c.pointer(m, t.From, in, false)
	if m.fold != 0 && !at.types().has(document.String) {
		c.list.Add(diag.Errorf(t.From.Pos, CodeType, "upper, lower et trim demandent un texte ; d'après le schéma source : %[1]s",
			"upper, lower and trim need a text; after the source schema: %[1]s", at.types().names()).
			WithHint("retirez-les", "remove them"))
	}
	if m.path.many() {
		m.op = fromMany
		c.fits(t.From.Pos, typeSet(document.Array), out)
		c.describe(describeArray(shape, m.name), "items", at, 0)
		return typeSet(document.Array)
	}
	got := at.types()
	c.fits(t.From.Pos, got, out)
	if t.Default.Node == nil {
		c.describe(shape, m.name, at, 0)
	}
	return got
}

// each compiles a list of objects.
func (c *compiler) each(m *member, t *target, in scope, out place, shape document.Value) {
	list := c.pointer(m, t.Each, in, true)
	c.fits(t.Each.Pos, typeSet(document.Array), out)
	if !list.types().has(document.Array) {
		c.list.Add(diag.Errorf(t.Each.Pos, CodeType, "each demande une liste ; d'après le schéma source : %[1]s", "each needs a list; after the source schema: %[1]s", list.types().names()))
		list = anywhere
	}
	every := token{wild: true, index: -1}
	item, known := list.step(every)
	if !known {
		item = anywhere
	}
	m.head, m.tail = m.path.split()
	m.tail = append(slices.Clone(m.tail), every)
	target, known := out.step(every)
	if !known {
		target = anywhere // said already: the target is no list
	}
	m.members = c.members(t.To, scope{in.top, item, true}, target, describeObject(describeArray(shape, m.name), "items"))
	m.bare = readsItem(m.members)
}

// readsItem reports whether a member is the item at hand itself.
func readsItem(members []member) bool {
	return slices.ContainsFunc(members, func(m member) bool {
		return m.op != constants && m.path.relative && len(m.head) == 0 || m.op == group && readsItem(m.members)
	})
}

// object compiles one object that is mapped from another.
func (c *compiler) object(m *member, t *target, in scope, out place, shape document.Value) {
	at := c.pointer(m, t.From, in, true)
	c.fits(t.To.Pos, typeSet(document.Object), out)
	if m.path.many() {
		c.list.Add(diag.Errorf(t.From.Pos, CodeTarget, "from avec to lit un seul objet, mais « * » en désigne plusieurs", `from with to reads one object, but "*" names several`).
			WithHint("écrivez each à la place de from, avec le chemin de la liste", "write each instead of from, with the pointer of the list"))
	}
	if !at.types().has(document.Object) {
		c.list.Add(diag.Errorf(t.From.Pos, CodeType, "from avec to demande un objet ; d'après le schéma source : %[1]s", "from with to needs an object; after the source schema: %[1]s", at.types().names()))
		at = anywhere
	}
	m.members = c.members(t.To, scope{in.top, at, in.repeated}, out, describeObject(shape, m.name))
}

// sum compiles a sum.
func (c *compiler) sum(m *member, t *target, in scope) {
	at := c.pointer(m, t.Sum, in, false)
	if possible := at.types(); !possible.has(document.Number) && !possible.has(document.String) {
		d := diag.Errorf(t.Sum.Pos, CodeType, "sum demande des nombres ; d'après le schéma source : %[1]s", "sum needs numbers; after the source schema: %[1]s", possible.names())
		if possible.has(document.Array) {
			d = d.WithHint("désignez le nombre de chaque élément : %[1]s/*/amount", "name the number of each item: %[1]s/*/amount", t.Sum.Value)
		}
		c.list.Add(d)
	}
}

// pointer compiles a pointer into the member and returns the place in the source that it names. whole tells that the
// value itself is walked through, so that it must not be met again for each item of a list.
func (c *compiler) pointer(m *member, text yamldoc.String, in scope, whole bool) place {
	p, at := readPointer(c.list, text, in)
	m.path = p
	m.head, m.tail = p.split()
	if !in.repeated || p.relative || p.tokens == nil {
		return at
	}
	if whole || p.many() {
		c.list.Add(diag.Errorf(text.Pos, CodeRepeated, "dans une liste, %[1]q relirait une liste ou un objet du haut du document à chaque élément",
			"inside a list, %[1]q would read a list or an object of the whole document again for each item", p.text).
			WithHint("partez de l'élément en cours (« ./ »), ou écrivez cette cible en dehors de la liste", `start from the item at hand ("./"), or write this target outside the list`))
		return at
	}
	same := func(q path) bool { return q.text == p.text }
	if m.slot = slices.IndexFunc(c.program.slots, same); m.slot < 0 {
		m.slot = len(c.program.slots)
		c.program.slots = append(c.program.slots, p)
	}
	return at
}

// fits reports a member whose types the schema of the mapped document excludes.
func (c *compiler) fits(pos diag.Position, got types, out place) {
	if want := out.types(); got != 0 && got&want == 0 {
		c.list.Errorf(pos, CodeType, "le schéma du document transposé demande %[1]s ici, et trouvera %[2]s",
			"the schema of the mapped document asks for %[1]s here, and will find %[2]s", want.names(), got.names())
	}
}

func (c *compiler) constant(n *yamldoc.Node) *constant {
	value, fault := constantOf(n)
	if fault != nil {
		c.list.Add(*fault)
	}
	return value
}

// coherent reports whether a target says one thing; what is not is reported.
func (c *compiler) coherent(t *target) bool {
	if !t.Pos.IsSet() {
		return false // the YAML is at fault, and was reported
	}
	fail := func(fr, en string) bool {
		if t.faulty {
			return false
		}
		c.list.Errorf(t.Pos, CodeTarget, "%[1]s", "%[2]s", fr, en)
		return false
	}
	origins := 0
	for _, set := range []bool{t.From.IsSet(), t.Value.Node != nil, t.Sum.IsSet(), t.Each.IsSet()} {
		if set {
			origins++
		}
	}
	isText := t.From.IsSet() && !t.To.IsSet()
	folds := t.Upper.IsSet() || t.Lower.IsSet() || t.Trim.IsSet()
	switch {
	case origins > 1:
		return fail("un membre a une seule origine : from, value, sum ou each", "a member has one origin: from, value, sum or each")
	case origins == 0 && !t.To.IsSet():
		return fail("attendu d'où vient ce membre : from, value, sum ou each, ou ses membres sous to", "expected where this member comes from: from, value, sum or each, or its members under to")
	case t.Each.IsSet() && !t.To.IsSet():
		return fail("each demande to : les membres de chaque élément ; pour une liste de valeurs, écrivez from avec « * » : /attachments/*/name", `each needs to: the members of each item; for a list of values, write from with "*": /attachments/*/name`)
	case t.To.IsSet() && t.To.Len() == 0:
		return fail("to est vide : attendu au moins un membre", "to is empty: expected at least one member")
	case t.To.IsSet() && (t.Value.Node != nil || t.Sum.IsSet()):
		return fail("to n'a pas de sens avec value ou sum", "to means nothing with value or sum")
	case folds && !isText:
		return fail("upper, lower et trim n'ont de sens qu'avec from, sans to", "upper, lower and trim mean something only with from, without to")
	case t.Upper.Value && t.Lower.Value:
		return fail("upper et lower s'excluent", "upper and lower exclude each other")
	case t.Default.Node != nil && (t.Value.Node != nil || t.To.IsSet() && !t.Each.IsSet()):
		return fail("default n'a de sens qu'avec from, sum ou each", "default means something only with from, sum or each")
	}
	return true
}

func folded(t *target) (f folding) {
	if t.Upper.Value {
		f |= upper
	}
	if t.Lower.Value {
		f |= lower
	}
	if t.Trim.Value {
		f |= trim
	}
	return f
}
