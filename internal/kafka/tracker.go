package kafka

// tracker knows which records of one partition are done, and from that the offset that may be committed: the first
// one that is not done. Records finish in any order (lanes), the offset only grows contiguously.
type tracker struct {
	entries  []tracked // records given out, in offset order
	first    int64     // number of entries[0]; records are numbered in the order of add
	position int64     // offset after everything fetched, including what consumers never see
}

type tracked struct {
	offset int64
	done   bool
}

// add notes a record and returns its number.
func (t *tracker) add(offset int64) int64 {
	t.entries = append(t.entries, tracked{offset: offset})
	return t.first + int64(len(t.entries)) - 1
}

// done marks a record by its number.
func (t *tracker) done(number int64) {
	t.entries[number-t.first].done = true
	n := 0
	for n < len(t.entries) && t.entries[n].done {
		n++
	}
	t.entries = t.entries[n:]
	t.first += int64(n)
}

// watermark returns the offset to commit.
func (t *tracker) watermark() int64 {
	if len(t.entries) > 0 {
		return t.entries[0].offset
	}
	return t.position
}

// span returns how many records lie between the watermark and the position.
func (t *tracker) span() int { return len(t.entries) }
