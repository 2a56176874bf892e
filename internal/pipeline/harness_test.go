package pipeline

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/commande-publique/passerelle/examples"
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/routes"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cdar"
	"github.com/commande-publique/passerelle/transformers/chorus"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/decp"
	"github.com/commande-publique/passerelle/transformers/espd"
	"github.com/commande-publique/passerelle/transformers/facturx"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newPipeline builds the pipeline of the shipped catalogue, or of the given routes.
func newPipeline(t testing.TB, files ...string) *Pipeline {
	t.Helper()
	set, err := schemas.Load()
	require.NoError(t, err)
	shapes := map[string]*expr.Shape{}
	for _, kind := range set.Kinds() {
		shapes[kind] = expr.ShapeOfSchema(set.Document(kind))
	}
	packs, faults := rules.Load(nil, shapes)
	require.NoError(t, faults.Err())
	list := routes.Catalog()
	if len(files) > 0 {
		list = nil
	}
	for _, file := range files {
		list = append(list, routes.File{Name: "test.yaml", Data: []byte(file)})
	}
	registry := transformers.NewRegistry(transformers.Limits{}, facturx.New(cii.Transformer{}), ubl.Transformer{}, cii.Transformer{}, cdar.Transformer{},
		chorus.New(func(state, day string) string { return packs.Lookup("chorus-statuses", state, "status", day) }), espd.New(), decp.New())
	table, faults := routes.Load(list, routes.Options{
		Topics: []string{"suppliers", "buyers"}, Kinds: set.Kinds(), Numbered: []string{"invoice", "credit-note"}, Statuses: []string{"invoice-status"}, Rules: packs.Names(), Shapes: shapes, Formats: transformers.Formats(),
		Syntaxes: registry.Syntaxes(),
	})
	require.False(t, faults.HasErrors(), "%v", faults)
	return New(registry, set, packs, table)
}

// publisher is a Publisher that remembers what it was given and answers as the test says.
type publisher struct {
	mu     sync.Mutex
	calls  [][]kafka.Record
	answer func(call int, records []kafka.Record) error
}

func (p *publisher) Produce(_ context.Context, records []kafka.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, records)
	if p.answer == nil {
		return nil
	}
	return p.answer(len(p.calls)-1, records)
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func newFlow(p *Pipeline, to Publisher) *Flow {
	return NewFlow(p, to, FlowConfig{
		Receipts: "receipts", DeadLetters: "dead-letter", Claims: NewClaims(),
		Now: func() time.Time { return noon }, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
}

func example(t testing.TB, file string) []byte {
	t.Helper()
	all, err := examples.All()
	require.NoError(t, err)
	for _, e := range all {
		if e.File == file {
			return e.Data
		}
	}
	require.FailNow(t, "no such example", file)
	return nil
}

// twoContracts is a DECP file that holds two contracts.
func twoContracts(t testing.TB) []byte {
	t.Helper()
	one := string(example(t, "decp-contract.json"))
	first, last := strings.Index(one, "[")+1, strings.LastIndex(one, "]")
	contract := one[first:last]
	second := strings.Replace(contract, "2026ECOLE07L1", "2026ECOLE07L2", 1)
	require.NotEqual(t, contract, second)
	return []byte(one[:first] + contract + "," + second + one[last:])
}

// received is a message without key from suppliers or buyers.
func received(topic string, value []byte) Message {
	return Message{Topic: topic, Partition: 2, Offset: 40, Time: noon.Add(-time.Hour), Value: value}
}

func header(r kafka.Record, name string) string {
	value, _ := event.Find(r.Headers, name)
	return string(value)
}

func key(r kafka.Record) string {
	if r.Key == nil {
		return "null"
	}
	return string(r.Key)
}
