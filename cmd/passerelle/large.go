package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers/decp"
)

// A DECP file that is larger than any document may be is read contract by contract: each is judged, told and sent as a
// file of its own, so that memory does not grow with the file, but for some 100 bytes a contract: its uid and, where it is to be
// sent, its key.

const (
	// maxTold bounds what is told of one large file: nobody corrects more at one go.
	maxTold = 200
	// largeMemory is the memory that the collector keeps to while contracts pass by: a few at a time are small.
	largeMemory = 32 << 20
	// sendBytes and sendRecords bound what of a large file waits for the broker at once.
	sendBytes   = 256 << 10
	sendRecords = 200
)

// largeFile is a DECP file that is larger than any document may be.
type largeFile struct {
	name  string
	limit int // bytes of a contract
}

// large returns the file where it is larger than a document may be and a DECP file, nil where it is to be read whole,
// which also says what is wrong with a file that cannot be read.
func (c *cli) large(g *app.Gateway, file string) *largeFile {
	limit := int64(g.Config.Limits.Document.Value)
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() <= limit {
		return nil
	}
	l := &largeFile{file, int(limit)}
	begins := errors.New("contracts begin here")
	refused, err := l.walk(func(decp.Single) error { return begins })
	if !errors.Is(err, begins) && refused == nil {
		return nil
	}
	debug.SetMemoryLimit(largeMemory)
	return l
}

func (l *largeFile) walk(each func(decp.Single) error) (*violation.Violation, error) {
	f, err := os.Open(l.name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return decp.Walk(f, l.limit, each)
}

// part names a contract of the file.
func (l *largeFile) part(s decp.Single) string { return l.name + "#" + strconv.Itoa(s.Number) }

// placed gives violations the places that they have in the file, and adds that of the uid.
func placed(s decp.Single, vs []violation.Violation) []violation.Violation {
	out := make([]violation.Violation, 0, len(vs)+1)
	for _, v := range vs {
		out = append(out, s.Place(v))
	}
	if s.Twice != nil {
		out = append(out, *s.Twice)
	}
	return out
}

// judge judges every contract until enough is wrong, and reads the rest.
func (l *largeFile) judge(by func([]byte) []violation.Violation) ([]violation.Violation, error) {
	var found []violation.Violation
	left := 0
	refused, err := l.walk(func(s decp.Single) error {
		if len(found) >= maxTold && violation.AnyFatal(found) {
			left++
			return nil
		}
		for _, v := range placed(s, by(s.Data)) {
			found = told(found, v)
		}
		return nil
	})
	if left > 0 {
		found = append(found, pipeline.NotExamined(left))
	}
	if refused != nil {
		found = append(found, *refused)
	}
	violation.Sort(found)
	return found, err
}

// told adds a violation. Beyond the bound a warning is counted in the last of its code.
func told(found []violation.Violation, v violation.Violation) []violation.Violation {
	if len(found) >= maxTold && !v.IsFatal() {
		for i := len(found) - 1; i >= 0; i-- {
			if same := &found[i]; same.Code == v.Code {
				same.Count = max(1, same.Count) + max(1, v.Count)
				return found
			}
		}
	}
	return append(found, v)
}

// judgeFile judges a document by the function, a large file contract by contract. The gateway is nil where a file is always
// judged whole.
func (c *cli) judgeFile(g *app.Gateway, file string, by func([]byte) []violation.Violation) ([]violation.Violation, error) {
	if g != nil {
		if l := c.large(g, file); l != nil {
			return l.judge(by)
		}
	}
	value, err := c.readDocument(file)
	if err != nil {
		return nil, err
	}
	return by(value), nil
}

// explainLarge tells of every contract what the gateway would do with it: in JSON of all, as text of those about which
// there is something to say, with a summary.
func (c *cli) explainLarge(g *app.Gateway, l *largeFile, from string, headers []event.Header, asJSON bool) (delivered bool, err error) {
	contracts, refusals, shown, hidden := 0, 0, 0, 0
	refused, err := l.walk(func(s decp.Single) error {
		topic, verdict := g.Judge(from, s.Data, headers...)
		defer verdict.Release()
		verdict.Violations = placed(s, verdict.Violations)
		contracts++
		if verdict.Outcome() == pipeline.DeadLetter {
			refusals++
		}
		if asJSON {
			return json.NewEncoder(c.out).Encode(explanationOf(l.part(s), verdict))
		}
		switch {
		case len(verdict.Violations) == 0:
		case shown < maxTold:
			c.explainText(g, l.part(s), topic, s.Data, verdict)
			shown++
		default:
			hidden++
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	var whole []violation.Violation
	if refused != nil {
		whole = append(whole, *refused)
	}
	if asJSON {
		if refused != nil {
			err = json.NewEncoder(c.out).Encode(explanationOf(l.name, pipeline.Verdict{Violations: whole}))
		}
		return refusals == 0 && refused == nil, err
	}
	c.printf("%s\n  %d contrat(s), chacun un message : %d transmis, %d refusé(s)\n", "%s\n  %d contract(s), a message each: %d delivered, %d refused\n", l.name, contracts, contracts-refusals, refusals)
	if hidden > 0 {
		c.printf("  %d autre(s) contrat(s) ont des remarques : --json les donne toutes\n", "  %d more contract(s) have remarks: --json gives them all\n", hidden)
	}
	c.violations(whole)
	if refused != nil {
		c.printf("  → rien n'est envoyé de ce fichier\n", "  → nothing of this file is sent\n")
	}
	return refusals == 0 && refused == nil, nil
}

// contract is what was decided about a contract of a large file when the file was looked at, before anything of it is sent.
type contract struct {
	sum [16]byte // of its bytes: half a SHA-256, as there is one for each contract
	address
}

// look decides where each contract of a large file goes, and returns that with the digest of them all. The function is told
// of each; whatever is wrong with the file ends it.
func (s *sender) look(l *largeFile, note func(topic, name string, bytes int)) (contracts []contract, digest string, err error) {
	all := sha256.New()
	refused, err := l.walk(func(one decp.Single) error {
		if one.Twice != nil {
			return s.nothingSent(l.name, *one.Twice)
		}
		to, err := s.address(l.part(one), one.Data)
		if err != nil {
			return err
		}
		sum := sumOf(one)
		_, _ = all.Write(sum[:]) // never fails
		contracts = append(contracts, contract{sum, to})
		note(to.topic, l.part(one), len(one.Data))
		return nil
	})
	if err == nil && refused != nil {
		err = s.nothingSent(l.name, *refused)
	}
	return contracts, fmt.Sprintf("%x", all.Sum(nil)), err
}

func sumOf(s decp.Single) [16]byte {
	sum := sha256.Sum256(s.Data)
	return [16]byte(sum[:])
}

// The event of a contract of a large file. Its id is the digest of the contracts with the number of this one, so that a
// file sent twice is recognisable.
const sentType = "fr.commandepublique.donneesessentielles.publiees.v1"

func (c *cli) nothingSent(file string, why violation.Violation) error {
	return fmt.Errorf(c.say("%s : %s (%s) ; rien n'a été envoyé", "%s: %s (%s); nothing was sent"), file, c.say(why.FR, why.EN), placeOf(why))
}

// sendLarge publishes every contract of a file that [sender.look] has looked at, as a message of its own. A contract that is
// no longer what it was is not sent, nor is what follows.
func (s *sender) sendLarge(l *largeFile, contracts []contract, digest string, publish func([]kafka.Record) error) error {
	var waiting []kafka.Record
	size, sent := 0, 0
	flush := func() error {
		if err := publish(waiting); err != nil {
			return err
		}
		sent += len(waiting)
		waiting, size = waiting[:0], 0
		return nil
	}
	seen := 0
	refused, err := l.walk(func(one decp.Single) error {
		if seen == len(contracts) || sumOf(one) != contracts[seen].sum {
			return s.changed()
		}
		to := contracts[seen].address
		seen++
		e := event.Event{ID: digest + "#" + strconv.Itoa(one.Number), Source: sentBy, Type: sentType, DataContentType: "application/json", DataSchema: s.dataschema}
		record := to.record(l.part(one), slices.Clone(one.Data))
		record.Headers = e.AppendHeaders(record.Headers)
		waiting = append(waiting, record)
		if size += len(record.Value); size < sendBytes && len(waiting) < sendRecords {
			return nil
		}
		return flush()
	})
	if err == nil && (refused != nil || seen < len(contracts)) {
		err = s.changed()
	}
	if err == nil {
		err = flush()
	}
	if err != nil {
		return fmt.Errorf(s.say("%s : %d contrats envoyés, puis : %w ; renvoyez tout le fichier : un contrat garde son identifiant (ce_id)",
			"%s: %d contracts sent, then: %w; send the whole file again: a contract keeps its id (ce_id)"), l.name, sent, err)
	}
	s.printf("%s : %d contrats envoyés\n", "%s: %d contracts sent\n", l.name, sent)
	return nil
}

func (c *cli) changed() error {
	return errors.New(c.say("le fichier a changé entre-temps", "the file has changed meanwhile"))
}
