package schemas

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxStates bounds the automaton of a pattern: ^.{1,200}$ has 200 states, and larger ones no longer fit in the caches.
const maxStates = 512

// pattern is a regular expression compiled to a deterministic automaton over ASCII, several times faster than the
// regexp that it stands for. Text with other characters, and expressions that no small automaton holds, go to the
// regexp.
type pattern struct {
	regexp *regexp.Regexp
	class  [utf8.RuneSelf]uint8 // of each ASCII character: those that no state tells apart share one
	width  int                  // number of classes
	next   []uint16             // state × width + class -> state; nil when there is no automaton
	kind   []stateKind
}

// stateKind is what a state says about the text read so far.
type stateKind uint8

const (
	going   stateKind = iota // no match yet
	atEnd                    // a match if the text ends here
	matched                  // a match, whatever follows
	dead                     // no match, whatever follows
)

const firstState = 0

// matches reports whether the expression matches in the text, as [regexp.Regexp.MatchString] does.
func (p *pattern) matches(text string) bool {
	if p.next == nil {
		return p.regexp.MatchString(text)
	}
	state := uint16(firstState)
	for i := range len(text) {
		switch p.kind[state] {
		case matched:
			return true
		case dead:
			return false
		}
		if text[i] >= utf8.RuneSelf {
			return p.regexp.MatchString(text)
		}
		state = p.next[int(state)*p.width+int(p.class[text[i]])]
	}
	return p.kind[state] == matched || p.kind[state] == atEnd
}

// newPattern compiles the automaton of a regular expression by the subset construction.
func newPattern(re *regexp.Regexp) *pattern {
	p := &pattern{regexp: re}
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return p
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return p
	}
	for _, inst := range prog.Inst {
		if inst.Op == syntax.InstEmptyWidth && syntax.EmptyOp(inst.Arg)&^(syntax.EmptyBeginText|syntax.EmptyEndText) != 0 {
			return p // word and line boundaries
		}
	}
	b := builder{prog: prog, states: map[string]uint16{}, seen: make([]int, len(prog.Inst))}
	samples := p.classify(prog)
	b.state(b.follow([]uint32{uint32(prog.Start)}, true), true)
	var next []uint16
	for at := 0; at < len(b.sets); at++ {
		for _, c := range samples {
			next = append(next, b.step(b.sets[at], c))
			if len(b.sets) > maxStates {
				return p
			}
		}
	}
	p.width, p.next, p.kind = len(samples), next, b.kinds
	return p
}

// classify gives one class to the characters that no instruction tells apart, and returns one character of each.
func (p *pattern) classify(prog *syntax.Prog) (samples []rune) {
	classes := map[string]uint8{}
	for c := range rune(utf8.RuneSelf) {
		var signature strings.Builder
		for i := range prog.Inst {
			if inst := &prog.Inst[i]; reads(inst) && inst.MatchRune(c) {
				signature.WriteRune(rune(i))
			}
		}
		class, ok := classes[signature.String()]
		if !ok {
			class = uint8(len(samples))
			classes[signature.String()] = class
			samples = append(samples, c)
		}
		p.class[c] = class
	}
	return samples
}

// reads reports whether an instruction reads a character.
func reads(inst *syntax.Inst) bool {
	switch inst.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	default:
		return false
	}
}

// builder makes the states of an automaton: sets of instructions that wait for a character or for the end.
type builder struct {
	prog   *syntax.Prog
	states map[string]uint16
	sets   [][]uint32
	kinds  []stateKind
	seen   []int // by instruction, the closure that has met it last
	round  int
}

// state returns the number of a set of instructions. Only the first state stands at the beginning of the text.
func (b *builder) state(set []uint32, begin bool) uint16 {
	var key strings.Builder
	if begin {
		key.WriteByte('^')
	}
	for _, pc := range set {
		key.WriteRune(rune(pc))
	}
	if n, ok := b.states[key.String()]; ok {
		return n
	}
	n := uint16(len(b.sets))
	b.states[key.String()] = n
	b.sets = append(b.sets, set)
	b.kinds = append(b.kinds, b.kind(set, begin))
	return n
}

func (b *builder) kind(set []uint32, begin bool) stateKind {
	isMatch := func(pc uint32) bool { return b.prog.Inst[pc].Op == syntax.InstMatch }
	switch {
	case slices.ContainsFunc(set, isMatch):
		return matched
	case slices.ContainsFunc(b.closure(set, begin, true), isMatch):
		return atEnd
	case len(set) == 0: // not even a start: the expression is anchored
		return dead
	default:
		return going
	}
}

// step returns the state after a character. A match may begin at every character.
func (b *builder) step(set []uint32, c rune) uint16 {
	var after []uint32
	for _, pc := range set {
		if inst := &b.prog.Inst[pc]; reads(inst) && inst.MatchRune(c) {
			after = append(after, inst.Out)
		}
	}
	return b.state(b.follow(after, false), false)
}

// follow returns the set that a state is made of: where the instructions lead without reading, and the start again.
func (b *builder) follow(pcs []uint32, begin bool) []uint32 {
	return b.closure(append(pcs, uint32(b.prog.Start)), begin, false)
}

// closure follows the instructions that read nothing.
func (b *builder) closure(pcs []uint32, begin, end bool) []uint32 {
	b.round++
	todo := slices.Clone(pcs)
	var set []uint32
	for len(todo) > 0 {
		pc := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if b.seen[pc] == b.round {
			continue
		}
		b.seen[pc] = b.round
		switch inst := b.prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			todo = append(todo, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			todo = append(todo, inst.Out)
		case syntax.InstEmptyWidth:
			op := syntax.EmptyOp(inst.Arg)
			switch {
			case op&syntax.EmptyBeginText != 0 && !begin:
			case op&syntax.EmptyEndText != 0 && !end:
				set = append(set, pc) // it waits for the end
			default:
				todo = append(todo, inst.Out)
			}
		case syntax.InstFail:
		default:
			set = append(set, pc)
		}
	}
	slices.Sort(set)
	return set
}
