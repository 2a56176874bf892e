package pipeline

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/internal/kafka"
)

// Claim is the number that a document uses, which no other may use: the number is the key of a record in a topic whose last
// record of each key says who has it.
type Claim struct {
	Topic string
	// Number is the subject of the document: of an invoice the seller, the year and its own number.
	Number string
}

const (
	// maxClaims bounds the numbers that are known: a million take some 180 MiB.
	maxClaims = 1_000_000
	// keptTaken is how long a number that was taken stays so when nothing more is heard of its message. A publication that fails
	// is tried again within two minutes and takes it anew; after that the message came to another gateway.
	keptTaken = 10 * time.Minute
	// maxConflicts bounds the numbers with two owners that are reported: nobody reads further.
	maxConflicts = 100
	// maxOwnerName bounds the source and the id of an event in a claim, each; longer ones are cut.
	maxOwnerName = 120
	// maxNumber bounds a number, in bytes: a longer one, which no seller writes, is cut, so that its topic takes every claim.
	maxNumber = 500
	// maxOwnerRead bounds both as they are read: those of claims are shorter, with the number of a part.
	maxOwnerRead = 3 * maxOwnerName
)

// numberHash stands for a topic and a number: short, and nobody finds two numbers with the same.
type numberHash [16]byte

// Owner is the document that has a number, as its claim says.
type Owner struct {
	Message string // the source and the id of its event
	digest  uint64 // the beginning of the SHA-256 of its message
	time    int64  // of its event, in Unix seconds
}

// Time is that of the event.
func (o Owner) Time() time.Time { return time.Unix(o.time, 0).UTC() }

// is reports whether both are the same document: an event that comes again is no other.
func (o Owner) is(other Owner) bool { return o.Message == other.Message && o.digest == other.digest }

// Claims know who has which number (EIP: idempotent receiver). They are what topics of claims say, which all gateways write and
// read, and what this process has taken and not read there yet. So no two documents of one process get the same number; between
// processes the topic decides, and a second owner is found out when its claim is read: see [Claims.Status]. It is safe for
// concurrent use.
type Claims struct {
	mu      sync.Mutex
	known   map[numberHash]Owner // what the topics say
	reading map[numberHash]Owner // what they say so far, while they are read from their start; nil otherwise
	taken   map[numberHash]taking
	// conflicts are the last ones.
	conflicts []Conflict
	full      bool // a number was not kept
	most      int
}

// taking is a number of a message that this process is about.
type taking struct {
	Owner
	at        time.Time // when it was judged last
	claimed   bool      // the claim is acknowledged, and nothing takes it back
	published bool      // all of the message is acknowledged
	read      bool      // the claim was read in its topic
}

// Conflict is a number with two owners: both were delivered, by two gateways at the same moment.
type Conflict struct {
	Number        string
	Place         string // of the second claim: topic/partition/offset
	First, Second Owner
	At            time.Time // when the second was written
}

// NewClaims returns claims that know of none.
func NewClaims() *Claims {
	return &Claims{known: map[numberHash]Owner{}, taken: map[numberHash]taking{}, most: maxClaims}
}

// Begin says that the topics are going to be read from their start. What is known stays until [Claims.Whole].
func (c *Claims) Begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = map[numberHash]Owner{}
	c.conflicts = nil
}

// Whole says that the topics were read to their end; from then on each record changes what is known.
func (c *Claims) Whole() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known, c.reading, c.full = c.reading, nil, len(c.reading) >= c.most
}

// Read takes a record of a topic of claims. One that cannot be read is somebody's claim all the same.
func (c *Claims) Read(r kafka.Record) {
	hash := hashOf(r.Topic, string(r.Key))
	c.mu.Lock()
	defer c.mu.Unlock()
	table := c.known
	if c.reading != nil {
		table = c.reading
	}
	if r.Value == nil { // given back
		delete(table, hash)
		c.full = c.full && len(table) >= c.most
		return
	}
	owner := OwnerOf(r)
	if t, mine := c.taken[hash]; mine && t.is(owner) {
		if t.read = true; t.published {
			delete(c.taken, hash)
		} else {
			c.taken[hash] = t
		}
	}
	first, held := table[hash]
	if held && !first.is(owner) {
		if len(c.conflicts) == maxConflicts {
			c.conflicts = slices.Delete(c.conflicts, 0, 1)
		}
		c.conflicts = append(c.conflicts, Conflict{Number: string(r.Key), Place: placeOf(r), First: first, Second: owner, At: r.Time})
	}
	if !held && len(table) >= c.most {
		c.full = true
		return
	}
	table[hash] = owner
}

// wanted is the claim of a document that is about to be delivered.
type wanted struct {
	Claim
	part  int // of the message
	hash  numberHash
	owner Owner
}

// take takes the numbers of a message: all of them, or none when somebody else has one. It returns the other owner of each
// number, the zero Owner where there is none, and whether there is room to know them: without, they are not taken, and nobody
// can say whether they are free.
func (c *Claims) take(all []wanted, now time.Time) (others []Owner, free, room bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	others, free = make([]Owner, len(all)), true
	within := make(map[numberHash]Owner, len(all))
	more := 0
	for i, w := range all {
		owner, held := c.holder(w.hash)
		if !held {
			owner, held = within[w.hash]
			more++
		}
		if held && !owner.is(w.owner) {
			others[i], free = owner, false
		}
		within[w.hash] = w.owner
	}
	if !free {
		return others, false, true
	}
	if more > 0 && len(c.known)+len(c.taken)+more > c.most {
		c.full = true
		return others, true, false
	}
	for _, w := range all {
		t := c.taken[w.hash]
		if !t.is(w.owner) { // its message went elsewhere
			t = taking{Owner: w.owner}
		}
		t.at, t.published = now, false
		c.taken[w.hash] = t
	}
	return others, true, true
}

// owner returns who has the number of a claim.
func (c *Claims) owner(of Claim) (Owner, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.holder(hashOf(of.Topic, of.Number))
}

// holder returns who has a number: a message of this process that is not done with, or else whom the topic names. One that has
// claimed nothing yet has to give way.
func (c *Claims) holder(hash numberHash) (Owner, bool) {
	owner, told := c.known[hash]
	if t, ok := c.taken[hash]; ok && (t.claimed || !told) {
		return t.Owner, true
	}
	return owner, told
}

// claimed says that the claims of numbers are in the topic for good.
func (c *Claims) claimed(all []wanted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range all {
		if t, ok := c.taken[w.hash]; ok && t.is(w.owner) {
			t.claimed = true
			c.taken[w.hash] = t
		}
	}
}

// published says that the messages of numbers are published, claims and all. What the topic says of them will do, once it is
// read.
func (c *Claims) published(all []wanted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range all {
		t, ok := c.taken[w.hash]
		switch {
		case !ok || !t.is(w.owner):
		case t.read:
			delete(c.taken, w.hash)
		default:
			t.published = true
			c.taken[w.hash] = t
		}
	}
}

// held returns those of the numbers that their document has, and nobody else beside it.
func (c *Claims) held(all []wanted) []wanted {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(all), func(w wanted) bool {
		known, told := c.known[w.hash]
		if told {
			return !known.is(w.owner)
		}
		t, ok := c.taken[w.hash]
		return !ok || !t.is(w.owner)
	})
}

// giveBack forgets numbers whose claims were withdrawn in their topics.
func (c *Claims) giveBack(all []wanted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range all {
		if t, ok := c.taken[w.hash]; ok && t.is(w.owner) {
			delete(c.taken, w.hash)
		}
		if known, ok := c.known[w.hash]; ok && known.is(w.owner) {
			delete(c.known, w.hash)
		}
	}
}

// ClaimsStatus is what is known of the claims as a whole.
type ClaimsStatus struct {
	Numbers   int
	Full      bool // there are more than can be known: of new ones nobody can say whether they are free
	Conflicts []Conflict
}

// Status returns the state, with the conflicts that were written after a time, and lets go of numbers whose messages went
// elsewhere.
func (c *Claims) Status(since, now time.Time) ClaimsStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	for hash, t := range c.taken {
		if now.Sub(t.at) <= keptTaken {
			continue
		}
		if _, told := c.known[hash]; t.published && !told { // the topic has it, and is not being read
			c.known[hash] = t.Owner
		}
		delete(c.taken, hash)
	}
	s := ClaimsStatus{Numbers: len(c.known), Full: c.full}
	for _, conflict := range c.conflicts {
		if conflict.At.After(since) {
			s.Conflicts = append(s.Conflicts, conflict)
		}
	}
	return s
}

func hashOf(topic, number string) (h numberHash) {
	sum := sha256.Sum256([]byte(topic + "\x00" + number)) // no topic has a zero in its name
	copy(h[:], sum[:])
	return h
}

// claimValue is the value of a claim in its topic.
type claimValue struct {
	Source string `json:"source"`
	ID     string `json:"id"`
	SHA256 string `json:"sha256"` // of the message
	Time   string `json:"time"`
}

// OwnerOf returns who has a number, by a record of a topic of claims that gives none back. What cannot be read is the claim of a
// message that has the name of its place.
func OwnerOf(r kafka.Record) Owner {
	if owner, ok := parseOwner(r.Value); ok {
		return owner
	}
	return Owner{Message: placeOf(r), time: r.Time.Unix()}
}

func placeOf(r kafka.Record) string { return fmt.Sprintf("%s/%d/%d", r.Topic, r.Partition, r.Offset) }

// parseOwner reads the value of a claim.
func parseOwner(value []byte) (Owner, bool) {
	var v claimValue
	if json.Unmarshal(value, &v) != nil {
		return Owner{}, false
	}
	digest, err := hex.DecodeString(v.SHA256)
	if err != nil || len(digest) != sha256.Size || len(v.Source)+len(v.ID) > maxOwnerRead {
		return Owner{}, false
	}
	return v.owner(digest), true
}

func (v claimValue) owner(digest []byte) Owner {
	at, _ := time.Parse(time.RFC3339, v.Time) // a record may have a time that no calendar has
	return Owner{Message: v.Source + " " + v.ID, digest: binary.BigEndian.Uint64(digest), time: at.Unix()}
}

// claimsOf returns the claims of the documents of a message, and their records.
func claimsOf(v Verdict) (all []wanted, records []kafka.Record) {
	for i, part := range v.Parts {
		if part.Claim.Topic == "" {
			continue
		}
		value := claimValue{Source: ownerName(v.Event.Source), ID: ownerName(v.Event.ID), SHA256: hex.EncodeToString(v.SHA256[:]), Time: v.Event.Time.UTC().Format(time.RFC3339)}
		if v.Split {
			value.ID += "#" + strconv.Itoa(i+1)
		}
		data, _ := json.Marshal(value) // texts always have a form
		all = append(all, wanted{part.Claim, i, hashOf(part.Claim.Topic, part.Claim.Number), value.owner(v.SHA256[:])})
		records = append(records, kafka.Record{Topic: part.Claim.Topic, Key: []byte(part.Claim.Number), Value: data})
	}
	return all, records
}

// ownerName makes of a source or an id, which its sender chooses, a short text that is the same when it was written and read.
func ownerName(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) { // it is shown
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	return cut(text, maxOwnerName)
}

// cut returns a text that has some bytes at most. Of a longer one it keeps the beginning, and a digest that tells it from others.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return strings.ToValidUTF8(text[:most/2], "") + "…" + hex.EncodeToString(sum[:16])
}
