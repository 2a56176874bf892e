package app_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/routes"
	"github.com/commande-publique/passerelle/schemas"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// corpusFile is one real document.
type corpusFile struct {
	name string // below the corpus
	data []byte
}

// corpus returns the complete documents of the formats that are read: 34 invoices in XML, 8 in PDF, 6 ESPD, 4 DECP. The environment
// says where they lie; they are not ours to publish.
func corpus(t testing.TB) []corpusFile {
	t.Helper()
	root := os.Getenv("CORPUS")
	if root == "" {
		t.Skip("CORPUS names no folder of real documents")
	}
	if !filepath.IsAbs(root) {
		root = filepath.Join("..", "..", root)
	}
	files := documentsOf(t, root, "en16931/ubl/*", "en16931/cii/*", "facturx/*.pdf", "cdar/*.xml", "espd/*.xml", "decp/*.json")
	files = slices.DeleteFunc(files, func(f corpusFile) bool { return strings.Contains(f.name, "schema") })
	require.Len(t, files, 34+8+8+6+4)
	return files
}

// seeds returns the French invoices and statuses from which the oracle's mutants are made, 30 and 10. They lie beside the
// corpus, or in the folder ORACLE.
func seeds(t testing.TB) []corpusFile {
	t.Helper()
	root := os.Getenv("ORACLE")
	if root == "" && os.Getenv("CORPUS") != "" {
		root = filepath.Join(os.Getenv("CORPUS"), "..", "oracle")
	}
	if !filepath.IsAbs(root) {
		root = filepath.Join("..", "..", root)
	}
	files := documentsOf(t, filepath.Join(root, "fr-seeds"), "*/*.xml")
	if len(files) == 0 {
		t.Skip("there are no French seeds beside the corpus")
	}
	require.Len(t, files, 40)
	return files
}

// documentsOf reads the files below a folder with a name of some patterns.
func documentsOf(t testing.TB, root string, patterns ...string) (files []corpusFile) {
	t.Helper()
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, name := range names {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			relative, err := filepath.Rel(root, name)
			require.NoError(t, err)
			files = append(files, corpusFile{filepath.ToSlash(relative), data})
		}
	}
	return files
}

// realDocuments are the corpus and the seeds; each has a golden file of its name.
var realDocuments = map[string]func(testing.TB) []corpusFile{"corpus": corpus, "seeds": seeds}

// refusedOfCorpus are the documents that break a fatal rule, as the official artefacts say too. The electronic address of
// this buyer has a scheme (9958) that has left the code list since.
// The three statuses have a phase that 1.4.0.03 no longer allows. Six seeds keep the rules of the artefacts, which do not look at the order
// of elements, and not the schema of UBL, which does.
var refusedOfCorpus = map[string]string{
	"facturx/EN16931_ElektronischeAdresse.pdf": "BR-CL-25",
	"cdar/cdv_208_suspendue.xml":               "BR-FR-CDV-CL-05_MDT-88_23",
	"cdar/cdv_210_refusee.xml":                 "BR-FR-CDV-CL-05_MDT-88_23",
	"cdar/cdv_211_paiement_transmis.xml":       "BR-FR-CDV-CL-05_MDT-88_23",

	"repaired/facture_rectificative_ubl_384.xml": "structure_misplaced_element",
	"repaired/facture_ubl_acompte_386.xml":       "structure_misplaced_element",
	"repaired/facture_ubl_avec_pj.xml":           "structure_misplaced_element",
	"repaired/facture_ubl_marketplace_a8.xml":    "structure_misplaced_element",
	"repaired/facture_ubl_remises_multitva.xml":  "structure_misplaced_element",
	"written/etendu_ubl.xml":                     "structure_misplaced_element",
}

// judged is what the golden file says of a document: no word of its content, digests instead.
type judged struct {
	File    string       `json:"file"`
	Format  string       `json:"format"`
	Version string       `json:"version,omitempty"`
	Kind    string       `json:"kind"`
	Outcome string       `json:"outcome"`
	Source  string       `json:"source"`
	Split   bool         `json:"split,omitempty"`
	Key     string       `json:"key"` // digest
	Ignored int          `json:"ignored,omitempty"`
	Codes   []string     `json:"codes,omitempty"`
	Parts   []judgedPart `json:"parts"`
}

type judgedPart struct {
	Kind         string   `json:"kind"`
	Route        string   `json:"route"`
	Key          string   `json:"key"` // digest
	Destinations []string `json:"destinations"`
	NotTaken     []string `json:"notTaken,omitempty"`
	Canonical    string   `json:"canonical"` // digest
}

func summary(file, source string, v pipeline.Verdict) judged {
	short := func(s string) string { return digest([]byte(s))[:12] }
	j := judged{
		File: file, Format: string(v.Identity.Format), Version: v.Identity.Version, Kind: string(v.Identity.Kind),
		Outcome: string(v.Outcome()), Source: source, Split: v.Split, Key: short(v.Key), Ignored: len(v.Ignored),
	}
	for _, violation := range v.Violations {
		j.Codes = append(j.Codes, string(violation.Severity)+" "+violation.Code+" "+violation.Term)
	}
	for _, part := range v.Parts {
		p := judgedPart{Kind: string(part.Kind), Key: short(part.Key), Canonical: digest(part.Doc.AppendJSON(nil)), Destinations: []string{}}
		if part.Selection.Route != nil {
			p.Route = part.Selection.Route.Name()
		}
		for _, d := range part.Delivery.Destinations {
			name := d.Topic + " " + string(d.Form)
			if d.Taken {
				p.Destinations = append(p.Destinations, name)
			} else {
				p.NotTaken = append(p.NotTaken, name)
			}
		}
		j.Parts = append(j.Parts, p)
	}
	return j
}

// The real documents are recognised for what they are, accepted and routed, or refused for what is wrong with them. After an intended change: go test
// ./internal/app -run TestCorpusVerdicts -update, and read the difference.
func TestCorpusVerdicts(t *testing.T) {
	gateway, list := app.Load("")
	require.Zero(t, list.Len())
	for name, documents := range realDocuments {
		t.Run(name, func(t *testing.T) { verdictsAsGolden(t, gateway, name, documents(t)) })
	}
}

func verdictsAsGolden(t *testing.T, gateway *app.Gateway, name string, files []corpusFile) {
	var got []judged
	for _, file := range files {
		source, verdict := gateway.Judge("", file.data)
		for _, v := range verdict.Violations {
			if v.IsFatal() && refusedOfCorpus[file.name] != v.Code {
				t.Errorf("%s: refused: %s at %s %d:%d: %s", file.name, v.Code, v.Source, v.Line, v.Column, v.Term)
			}
		}
		got = append(got, summary(file.name, source, verdict))
	}
	golden := filepath.Join("testdata", name+".golden.json")
	if *update {
		data, err := json.MarshalIndent(got, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, append(data, '\n'), 0o644))
	}
	data, err := os.ReadFile(golden)
	require.NoError(t, err)
	var want []judged
	require.NoError(t, json.Unmarshal(data, &want))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// arrival is one record of an output topic, in a form that is compared as a whole.
type arrival struct {
	Topic   string
	Key     string // "null" without one
	Value   string
	Headers []string
}

func arrivalOf(r *kgo.Record) arrival {
	a := arrival{Topic: r.Topic, Key: keyText(r.Key), Value: string(r.Value)}
	for _, h := range r.Headers {
		a.Headers = append(a.Headers, h.Key+"="+string(h.Value))
	}
	return a
}

func keyText(key []byte) string {
	if key == nil {
		return "null"
	}
	return strconv.Quote(string(key))
}

// The words of the catalogue of events and of the schemas, by kind.
var (
	eventOf = map[string]string{
		"invoice": "facture.deposee", "credit-note": "facture.deposee", "invoice-status": "facture.statut", "espd-request": "dume.acheteur.publie",
		"espd-response": "dume.oe.depose", "contract": "marche.notifie", "concession": "concession.notifiee",
	}
	schemaOf = map[string]string{
		"invoice": "invoice", "credit-note": "invoice", "invoice-status": "invoice-status", "espd-request": "espd", "espd-response": "espd",
		"contract": "contract", "concession": "concession",
	}
)

// foretold lists the deliveries of a message that has been sent, from nothing but its verdict.
func foretold(t testing.TB, sent *kgo.Record, v pipeline.Verdict) []arrival {
	t.Helper()
	var out []arrival
	originals := map[string]bool{}
	for n, part := range v.Parts {
		for _, d := range part.Delivery.Destinations {
			if !d.Taken || d.Form == routes.Original && originals[d.Topic] {
				continue
			}
			a := arrival{Topic: d.Topic, Key: keyText(sent.Key)}
			id, kind, content, described := eventID(sent), string(part.Kind), "application/json", []string{}
			if d.Form == routes.Original {
				originals[d.Topic] = true
				a.Value, kind = string(sent.Value), string(v.Identity.Kind)
				switch v.Identity.Format {
				case "decp":
				case "facturx":
					content = "application/pdf"
				default:
					content = "application/xml"
				}
				if len(v.Parts) == 1 {
					described = []string{"ce_subject=" + part.Subject}
				}
				if v.Split && sent.Key == nil {
					a.Key = keyText([]byte(v.Key)) // that of the whole file
				}
			} else {
				a.Value = string(part.Doc.AppendJSON(nil))
				described = []string{"ce_subject=" + part.Subject, "ce_dataschema=urn:passerelle:schema:" + schemaOf[kind] + ":1"}
				if v.Split {
					id += "#" + strconv.Itoa(n+1)
					a.Key = keyText([]byte(part.Key))
				}
				if d.Form != routes.Canonical { // a summary
					a.Value, described = string(part.Written[d.Form].Data), described[:1]
				}
				if d.Key != "" {
					a.Key = keyText([]byte(d.Key))
				}
			}
			route := part.Selection.Route
			a.Headers = slices.Concat([]string{
				"file=" + header(t, sent, "file"), "traceparent=" + header(t, sent, "traceparent"),
				"ce_specversion=1.0", "ce_id=" + id, "ce_source=urn:passerelle:topic:" + sent.Topic,
				"ce_type=fr.commandepublique." + eventOf[kind] + ".v1",
			}, described, []string{
				"content-type=" + content, "ce_time=" + sent.Timestamp.UTC().Format(time.RFC3339Nano),
				"passerelle-route=" + route.Name(), "passerelle-route-version=" + route.Version(), "passerelle-sha256=" + digest(sent.Value),
			})
			out = append(out, a)
		}
	}
	return out
}

// eventID is the id that the gateway gives to a message without one.
func eventID(r *kgo.Record) string { return fmt.Sprintf("%s-%d-%d", r.Topic, r.Partition, r.Offset) }

// The documents, sent by an ordinary producer, arrive where the offline verdict says, byte for byte, the refused among the
// dead letters, and nothing else arrives anywhere. Half of them come with a key, half without.
func TestCorpusArrivesAsForetold(t *testing.T) {
	for name, documents := range realDocuments {
		t.Run(name, func(t *testing.T) { arriveAsForetold(t, documents(t)) })
	}
}

func arriveAsForetold(t *testing.T, files []corpusFile) {
	s := start(t, load(t, writeConfig(t, "127.0.0.1:0", "", nil)))
	var want []arrival
	receipts := map[string]pipeline.Verdict{} // by event id
	letters := map[string]string{}            // code by the digest of the refused
	for i, file := range files {
		topic, verdict := s.gateway.Judge("", file.data)
		record := &kgo.Record{Topic: topic, Value: file.data, Headers: headers("file", file.name, "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")}
		if i%2 == 0 {
			record.Key = []byte(verdict.Key)
		}
		s.publish(t, record)
		if code, refused := refusedOfCorpus[file.name]; refused {
			letters[digest(file.data)] = code
		}
		want = append(want, foretold(t, record, verdict)...)
		receipts[eventID(record)] = verdict
	}
	s.settle(t)

	var got []arrival
	schema, err := schemas.Receipt()
	require.NoError(t, err)
	for _, r := range s.outputs(t) {
		if r.Topic == "dead-letter" {
			assert.Equal(t, letters[digest(r.Value)], header(t, r, "passerelle-code"))
			delete(letters, digest(r.Value))
			continue
		}
		if r.Topic != "receipts" {
			got = append(got, arrivalOf(r))
			continue
		}
		id := header(t, r, "ce_subject")
		verdict, ok := receipts[id]
		require.True(t, ok, "a second receipt for %s, or one for nothing", id)
		delete(receipts, id)
		doc, fault := jsondoc.Parse(r.Value)
		require.Nil(t, fault)
		assert.Empty(t, schema.Validate(doc))
		status := map[pipeline.Outcome]string{pipeline.Delivered: "accepted", pipeline.DeadLetter: "rejected"}[verdict.Outcome()]
		assert.Equal(t, status, doc.Root().Get("status").Text())
		assert.Equal(t, id, doc.Root().Get("event").Get("id").Text())
		assert.Equal(t, string(verdict.Identity.Kind), doc.Root().Get("kind").Text())
		assert.Equal(t, hex.EncodeToString(verdict.SHA256[:]), doc.Root().Get("sha256").Text())
		assert.Equal(t, id+"#receipt", header(t, r, "ce_id"))
	}
	assert.Empty(t, receipts, "messages without receipt")
	assert.Empty(t, letters, "refused without dead letter")
	order := func(a, b arrival) int {
		return strings.Compare(a.Topic+strings.Join(a.Headers, "\n"), b.Topic+strings.Join(b.Headers, "\n"))
	}
	slices.SortFunc(want, order)
	slices.SortFunc(got, order)
	require.Equal(t, len(want), len(got)) // and not their texts in the report
	for i := range want {
		// Corpus text stays out of the report: values are compared by their digests.
		want[i].Value, got[i].Value = digest([]byte(want[i].Value)), digest([]byte(got[i].Value))
		if diff := cmp.Diff(want[i], got[i]); diff != "" {
			t.Error(diff)
		}
	}
	t.Logf("%d documents, %d deliveries", len(files), len(got))
}
