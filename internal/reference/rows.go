package reference

import (
	"fmt"
	"hash/maphash"
	"maps"
	"strings"
)

// A row is kept as one text, because a table may have a million of them: its cells with cellEnd after each. An empty cell says
// nothing; a flag is "1" or "0"; texts are textMark and then each text with textEnd after it. No text holds these characters.
const (
	cellEnd  = "\x1f"
	textEnd  = "\x1e"
	textMark = "="
	yes, no  = "1", "0"
)

// shardCount is how many parts the rows of a table are in: a change copies one part, which of a million rows are four
// thousand.
const shardCount = 256

var shardSeed = maphash.MakeSeed()

func shardOf(key string) int { return int(maphash.String(shardSeed, key) % shardCount) }

// rows are the rows of a table by their key. Copies share the parts, which are never changed.
type rows struct {
	shards [shardCount]map[string]string
	size   int
}

// draft is rows that are being changed.
type draft struct {
	rows
	own   [shardCount]bool // parts that no copy shares
	bytes int              // of all keys and rows
}

// set writes a row, or removes it when there is none any more.
func (d *draft) set(key string, row string, there bool) {
	i := shardOf(key)
	if !d.own[i] {
		if d.shards[i] = maps.Clone(d.shards[i]); d.shards[i] == nil {
			d.shards[i] = map[string]string{}
		}
		d.own[i] = true
	}
	shard := d.shards[i]
	d.size -= len(shard)
	if old, was := shard[key]; was {
		d.bytes -= len(key) + len(old)
	}
	if there {
		shard[key] = row
		d.bytes += len(key) + len(row)
	} else {
		delete(shard, key)
	}
	d.size += len(shard)
}

// full says, in French and English, why one more row has no room in a table of so many; empty where it has.
func (d *draft) full(most int, key, row string) (fr, en string) {
	switch {
	case d.size >= most && !d.has(key):
		return fmt.Sprintf("plus de %d lignes", most), fmt.Sprintf("more than %d rows", most)
	case d.bytes+len(key)+len(row) > maxBytes:
		return fmt.Sprintf("plus de %d Mio de lignes", maxBytes>>20), fmt.Sprintf("more than %d MiB of rows", maxBytes>>20)
	}
	return "", ""
}

// has reports whether there is a row with the key.
func (d *draft) has(key string) bool {
	_, has := d.shards[shardOf(key)][key]
	return has
}

// share returns the rows as they are now; later changes are made to copies.
func (d *draft) share() rows {
	d.own = [shardCount]bool{}
	return d.rows
}

// cell returns a cell of the row with a key.
func (r *rows) cell(key string, column int) (cell string, known bool) {
	row, known := r.shards[shardOf(key)][key]
	for range column {
		_, row, _ = strings.Cut(row, cellEnd)
	}
	cell, _, _ = strings.Cut(row, cellEnd)
	return cell, known
}

// texts appends the texts of a cell.
func texts(dst []string, cell string) []string {
	rest := strings.TrimPrefix(cell, textMark)
	for rest != "" {
		var text string
		text, rest, _ = strings.Cut(rest, textEnd)
		dst = append(dst, text)
	}
	return dst
}

// flagCell writes a flag.
func flagCell(set bool) string {
	if set {
		return yes
	}
	return no
}

// textsCell writes texts.
func textsCell(all []string) string {
	var b strings.Builder
	b.WriteString(textMark)
	for _, text := range all {
		b.WriteString(text + textEnd)
	}
	return b.String()
}

// join makes a row of its cells.
func join(cells []string) string { return strings.Join(cells, cellEnd) + cellEnd }
