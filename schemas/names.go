package schemas

// nameTable finds the rules of a member by its name: a hash table that is never more than a quarter full, so most
// lookups compare one name. It is built once and costs no memory to ask.
type nameTable struct {
	slots []nameRule
	mask  uint32
}

// nameRule is what a schema says of one member.
type nameRule struct {
	name     string
	used     bool
	property *node  // nil when the name is only required
	required uint64 // the bit of the name among those required; 0 when it is not
}

// newNameTable makes a table for so many names.
func newNameTable(names int) nameTable {
	size := 4
	for size < 4*names {
		size *= 2
	}
	return nameTable{make([]nameRule, size), uint32(size - 1)}
}

// find returns the rule of a name, nil when the schema does not know it.
func (t *nameTable) find(name string) *nameRule {
	for i := hashName(name) & t.mask; ; i = (i + 1) & t.mask {
		slot := &t.slots[i]
		if !slot.used {
			return nil
		}
		if slot.name == name {
			return slot
		}
	}
}

// add returns the rule of a name, adding an empty one.
func (t *nameTable) add(name string) *nameRule {
	for i := hashName(name) & t.mask; ; i = (i + 1) & t.mask {
		slot := &t.slots[i]
		if !slot.used {
			slot.used, slot.name = true, name
		}
		if slot.name == name {
			return slot
		}
	}
}

// hashName mixes the length and three characters, which tell most names of a schema apart. Names of a document that
// collide cost no more than the names of the schema that share their place.
func hashName(name string) uint32 {
	n := len(name)
	if n == 0 {
		return 0
	}
	h := uint32(n)*0x9E3779B1 ^ uint32(name[0])*0x85EBCA6B ^ uint32(name[n-1])*0xC2B2AE35 ^ uint32(name[n/2])*0x27D4EB2F
	return h ^ h>>15
}
