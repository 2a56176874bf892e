package schemas

import (
	"hash/maphash"
	"math/big"
	"slices"

	"github.com/commande-publique/passerelle/internal/document"
)

// fewItems and fewNames are compared by pairs; more are compared by what they hash to.
const (
	fewItems = 32
	fewNames = 64
)

// equalItems finds the first item of an array that equals an earlier one, and the first of those: the verdict on
// uniqueItems is invalid then.
func equalItems(v document.Value) (first, second int, differ verdict) {
	if v.Len() > fewItems {
		return equalHashes(v)
	}
	for b := v.First(); b.Exists(); b = b.Next() {
		first = 0
		for a := v.First(); a != b; a = a.Next() {
			if same(a, b) {
				return first, second, invalid
			}
			first++
		}
		second++
	}
	return 0, 0, valid
}

// equalHashes does the same in the time of sorting, and in eight bytes an item.
func equalHashes(v document.Value) (first, second int, differ verdict) {
	hashes := make([]uint64, 0, v.Len())
	for c := v.First(); c.Exists(); c = c.Next() {
		hashes = append(hashes, hash(c))
	}
	slices.Sort(hashes)
	twice := hashes[:0] // those that occur more than once
	for i := 1; i < len(hashes); i++ {
		if h := hashes[i]; h == hashes[i-1] && (len(twice) == 0 || twice[len(twice)-1] != h) {
			twice = append(twice, h)
		}
	}
	if len(twice) == 0 {
		return 0, 0, valid
	}
	earlier := make([]int32, len(twice)) // the rank of the first item of each, from 1
	for c := v.First(); c.Exists(); c = c.Next() {
		if i, ok := slices.BinarySearch(twice, hash(c)); ok {
			if first = int(earlier[i]) - 1; first >= 0 {
				break
			}
			earlier[i] = int32(second + 1)
		}
		second++
	}
	if !same(v.At(first), v.At(second)) {
		return 0, 0, unsure // two values with one hash
	}
	return first, second, invalid
}

// same reports whether two values are equal: numbers by value, objects whatever the order of their members.
func same(a, b document.Value) bool {
	if a.Type() != b.Type() || a.Len() != b.Len() {
		return false
	}
	switch a.Type() {
	case document.Number:
		return sameNumber(a.Text(), b.Text())
	case document.Array:
		for x, y := a.First(), b.First(); x.Exists(); x, y = x.Next(), y.Next() {
			if !same(x, y) {
				return false
			}
		}
		return true
	case document.Object:
		if a.Len() > fewNames { // nobody knows the seed, so that one chance in 2^64 is none
			return hash(a) == hash(b)
		}
		for x := a.First(); x.Exists(); x = x.Next() {
			if y := b.Get(x.Name()); !y.Exists() || !same(x, y) {
				return false
			}
		}
		return true
	default:
		return a.Text() == b.Text()
	}
}

func sameNumber(a, b string) bool {
	x, ok := parseDecimal(a)
	y, also := parseDecimal(b)
	if ok && also {
		return x == y
	}
	return ok == also && exact(a).Cmp(exact(b)) == 0
}

// exact is a number that no decimal holds. The parser bounds what a literal may say, so it is small.
func exact(literal string) *big.Rat {
	r, ok := new(big.Rat).SetString(literal)
	if !ok {
		return new(big.Rat)
	}
	return r
}

var seed = maphash.MakeSeed()

// hash is the same for equal values.
func hash(v document.Value) uint64 {
	switch t := v.Type(); t {
	case document.Number:
		if d, ok := parseDecimal(v.Text()); ok {
			return maphash.Comparable(seed, d)
		}
		return maphash.String(seed, exact(v.Text()).String())
	case document.Array:
		list := [2]uint64{uint64(t), uint64(v.Len())}
		for c := v.First(); c.Exists(); c = c.Next() {
			list[1] = maphash.Comparable(seed, [2]uint64{list[1], hash(c)})
		}
		return maphash.Comparable(seed, list)
	case document.Object:
		sum := uint64(0) // whatever the order
		for c := v.First(); c.Exists(); c = c.Next() {
			sum += maphash.Comparable(seed, [2]uint64{maphash.String(seed, c.Name()), hash(c)})
		}
		return maphash.Comparable(seed, [2]uint64{uint64(t), sum})
	default:
		return maphash.Comparable(seed, [2]uint64{uint64(t), maphash.String(seed, v.Text())})
	}
}
