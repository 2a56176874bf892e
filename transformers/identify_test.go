package transformers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
)

func TestIdentify(t *testing.T) {
	tests := []struct {
		name, in string
		want     transformers.Identity
	}{
		{"UBL invoice", ublInvoice, transformers.Identity{Format: transformers.UBL, Kind: transformers.Invoice}},
		{"UBL credit note", ublCredit, transformers.Identity{Format: transformers.UBL, Kind: transformers.CreditNote}},
		{"CII invoice", ciiInvoice, transformers.Identity{Format: transformers.CII, Kind: transformers.Invoice}},
		{"pivot", pivotFile, transformers.Identity{Format: transformers.Pivot, Kind: transformers.CreditNote}},
		{"ESPD request", espdRequest, transformers.Identity{Format: transformers.ESPD, Kind: transformers.ESPDRequest, Version: "4.1.0"}},
		{"DECP contract", decpContract, transformers.Identity{Format: transformers.DECP, Kind: transformers.Contract}},
		{"canonical invoice", `{"kind":"invoice"}`, transformers.Identity{Format: transformers.JSON, Kind: transformers.Invoice}},
		{"canonical concession", ` {"id":"1","kind":"concession"}`, transformers.Identity{Format: transformers.JSON, Kind: transformers.Concession}},
		{"byte-order mark", "\ufeff" + ublInvoice, transformers.Identity{Format: transformers.UBL, Kind: transformers.Invoice}},
		{"blanks before the root", "\n " + ublInvoice, transformers.Identity{Format: transformers.UBL, Kind: transformers.Invoice}},
		{"honest ISO-8859-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + strings.Replace(ublInvoice, "F1", "F\xe9", 1),
			transformers.Identity{Format: transformers.UBL, Kind: transformers.Invoice}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			content, identity, violations := registry().Identify([]byte(tt.in), transformers.Hints{})
			require.Empty(t, violations)
			assert.Equal(t, tt.want, identity)
			assert.NotEqual(t, content.XML == nil, content.JSON == nil)
		})
	}
}

func TestHintsThatContradict(t *testing.T) {
	tests := []struct {
		name, in, contentType, eventType string
		want                             []string
	}{
		{"nothing said", ublInvoice, "", "", nil},
		{"application/xml", ublInvoice, "application/xml", "", nil},
		{"text/xml with a charset", ublInvoice, "Text/XML; charset=UTF-8", "", nil},
		{"+xml", ublInvoice, "application/vnd.oasis.ubl+xml", "", nil},
		{"text/plain says nothing", ublInvoice, "text/plain", "", nil},
		{"application/octet-stream says nothing", ublInvoice, "application/octet-stream", "", nil},
		{"an unknown type says nothing", ublInvoice, "application/x-facture", "", nil},
		{"JSON on XML", ublInvoice, "application/json", "", []string{"content_type_mismatch"}},
		{"+json on XML", ublInvoice, "application/ld+json; charset=utf-8", "", []string{"content_type_mismatch"}},
		{"PDF on XML", ublInvoice, "application/pdf", "", []string{"content_type_mismatch"}},
		{"PDF on a PDF that is malformed", "%PDF-1.7", "application/pdf", "", []string{"pdf_malformed"}},
		{"XML on a PDF that is malformed", "%PDF-1.7", "application/xml", "", []string{"content_type_mismatch", "pdf_malformed"}},
		{"HTML on XML", ublInvoice, "text/html", "", []string{"content_type_mismatch"}},
		{"an archive on XML", ublInvoice, "application/zip", "", []string{"content_type_mismatch"}},
		{"XML on JSON", decpContract, "application/xml", "", []string{"content_type_mismatch"}},
		{"JSON on JSON", decpContract, "application/json", "", nil},
		{"XML on JSON that is malformed too", `{"a":`, "text/xml", "", []string{"content_type_mismatch", "json_truncated"}},

		{"facture.deposee", ublInvoice, "", "fr.commandepublique.facture.deposee.v1", nil},
		{"facture.deposee on a credit note", ublCredit, "", "fr.commandepublique.facture.deposee.v1", nil},
		{"without prefix and version", ublInvoice, "", "facture.deposee", nil},
		{"another prefix and version", espdRequest, "", "org.example.dume.acheteur.publie.v12", nil},
		{"facture.deposee on a DUME", espdRequest, "", "fr.commandepublique.facture.deposee.v1", []string{"event_type_mismatch"}},
		{"facture.statut on an invoice", ublInvoice, "", "fr.commandepublique.facture.statut.v1", []string{"event_type_mismatch"}},
		{"facture.statut", cdarStatus, "", "fr.commandepublique.facture.statut.v1", nil},
		{"facture.deposee on a status", cdarStatus, "", "fr.commandepublique.facture.deposee.v1", []string{"event_type_mismatch"}},
		{"dume.acheteur.publie on an invoice", ublInvoice, "", "x.dume.acheteur.publie.v1", []string{"event_type_mismatch"}},
		{"dume.oe.depose on a request", espdRequest, "", "x.dume.oe.depose", []string{"event_type_mismatch"}},
		{"marche.notifie", decpContract, "", "x.marche.notifie.v1", nil},
		{"marche.modifie on an invoice", ciiInvoice, "", "x.marche.modifie.v1", []string{"event_type_mismatch"}},
		{"concession.notifiee on a contract", decpContract, "", "x.concession.notifiee.v1", []string{"event_type_mismatch"}},
		{"donneesessentielles.publiees", decpContract, "", "x.donneesessentielles.publiees.v1", nil},
		{"an event of another word that ends alike", espdRequest, "", "x.prefacture.deposee.v1", nil},
		{"an event that is not in the catalogue", ublInvoice, "", "x.commande.emise.v1", nil},
		{"both", ublInvoice, "application/json", "x.marche.notifie", []string{"content_type_mismatch", "event_type_mismatch"}},
		{"an event type on what is no document", "hello", "application/json", "x.marche.notifie", []string{"unknown_format"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, violations := registry().Identify([]byte(tt.in), transformers.Hints{ContentType: tt.contentType, EventType: tt.eventType})
			assert.Equal(t, tt.want, codes(violations))
			for _, v := range violations {
				assert.True(t, v.IsFatal())
				assert.NotContains(t, v.FR+v.EN, "%!")
			}
		})
	}
}

func TestUnknownXMLNamesRootAndNamespace(t *testing.T) {
	_, _, violations := registry().Identify([]byte("\n<o:Order xmlns:o='urn:example:order'/>"), transformers.Hints{})
	require.Len(t, violations, 1)
	v := violations[0]
	assert.Contains(t, v.EN, `root "Order", namespace "urn:example:order"`)
	assert.Contains(t, v.FR, "« urn:example:order »")
	assert.Contains(t, v.RemedyEN, "CrossIndustryInvoice")
	assert.Equal(t, "/o:Order", v.Source)
	assert.Equal(t, [2]int{2, 1}, [2]int{v.Line, v.Column})
}

// A root that is known, in a namespace that is not: what is expected is told, and of what was found the end, where they differ.
func TestKnownRootInAnotherNamespace(t *testing.T) {
	const space = "urn:oasis:names:specification:ubl:schema:xsd:QualificationApplicationRequest-"
	_, _, violations := registry().Identify([]byte(`<QualificationApplicationRequest xmlns="`+space+`3"/>`), transformers.Hints{})
	require.Equal(t, []string{"unknown_format"}, codes(violations))
	assert.Contains(t, violations[0].EN, `QualificationApplicationRequest-3"; expected: "`+space+`2"`)
	assert.Contains(t, violations[0].FR, `QualificationApplicationRequest-3 » ; attendu : « `+space+`2 »`)
	_, _, violations = registry().Identify([]byte(`<CrossIndustryInvoice/>`), transformers.Hints{})
	require.Equal(t, []string{"unknown_format"}, codes(violations))
	assert.Contains(t, violations[0].EN, `in namespace ""; expected: "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"`)
}

func TestLimit(t *testing.T) {
	r := transformers.NewRegistry(transformers.Limits{DocumentBytes: 10})
	_, _, violations := r.Identify([]byte(`"12345678"`), transformers.Hints{})
	assert.Equal(t, []string{"unknown_format"}, codes(violations))
	_, _, violations = r.Identify([]byte(`"123456789"`), transformers.Hints{})
	assert.Equal(t, []string{"document_too_large"}, codes(violations))
}

// fake is a transformer that does as it is told.
type fake struct {
	recognise func()
	transform func() (transformers.Result, []violation.Violation)
}

func (f fake) Recognise(transformers.Content) (transformers.Identity, *violation.Violation, bool) {
	if f.recognise != nil {
		f.recognise()
	}
	return transformers.Identity{Format: "fake", Kind: "fake"}, nil, true
}

func (f fake) Transform(transformers.Content, transformers.Identity) (transformers.Result, []violation.Violation) {
	return f.transform()
}

func TestTransformFailsClosed(t *testing.T) {
	warning := violation.Violation{Code: "w", Severity: violation.Warning}
	tests := []struct {
		name string
		fake fake
		want []string
	}{
		{"a panic", fake{transform: func() (transformers.Result, []violation.Violation) {
			var m map[string]int
			m["x"] = 1 //nolint:staticcheck // the panic is what is tested
			return transformers.Result{}, nil
		}}, []string{"internal_error"}},
		{"nothing at all", fake{transform: func() (transformers.Result, []violation.Violation) {
			return transformers.Result{}, nil
		}}, []string{"internal_error"}},
		{"nothing but a warning", fake{transform: func() (transformers.Result, []violation.Violation) {
			return transformers.Result{}, []violation.Violation{warning}
		}}, []string{"w", "internal_error"}},
		{"a part", fake{transform: func() (transformers.Result, []violation.Violation) {
			return transformers.Result{Parts: make([]transformers.Part, 1)}, nil
		}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := transformers.NewRegistry(transformers.Limits{}, tt.fake)
			content, identity, violations := r.Identify([]byte("{}"), transformers.Hints{})
			require.Empty(t, violations)
			result, violations := r.Transform(content, identity)
			assert.Equal(t, tt.want, codes(violations))
			assert.Equal(t, tt.want != nil, violation.AnyFatal(violations))
			if tt.want != nil {
				assert.Empty(t, result.Parts)
			}
		})
	}
	t.Run("a panic in recognition", func(t *testing.T) {
		r := transformers.NewRegistry(transformers.Limits{}, fake{recognise: func() { panic("boom") }})
		content, _, violations := r.Identify([]byte("{}"), transformers.Hints{})
		assert.Equal(t, []string{"internal_error"}, codes(violations))
		assert.Equal(t, transformers.Content{}, content)
		_, violations = r.Transform(content, transformers.Identity{})
		assert.Equal(t, []string{"internal_error"}, codes(violations))
	})
	t.Run("a content that nobody identified", func(t *testing.T) {
		_, violations := registry().Transform(transformers.Content{}, transformers.Identity{})
		assert.Equal(t, []string{"internal_error"}, codes(violations))
	})
}

func TestCanonicalDocumentsPass(t *testing.T) {
	tests := []struct{ name, in, key string }{
		{"invoice", `{"kind":"invoice","number":"F1","buyer":{"identifiers":[{"id":"12345678901234","scheme":"0009"}]},"contractReference":"M7"}`, "12345678901234/M7"},
		{"credit note", `{"kind":"credit-note","number":"A1","buyer":{"name":"Ville"}}`, "Ville/A1"},
		{"request", `{"kind":"espd-request","contractFolderId":"C1","buyer":{"name":"Ville","identifiers":[{"id":"X"},{"id":"12345678901234"}]}}`, "12345678901234/C1"},
		{"request of a foreign buyer", `{"kind":"espd-request","contractFolderId":"C1","buyer":{"name":"Stad","identifiers":[{"id":"X"}]}}`, "X/C1"},
		{"response", `{"kind":"espd-response","contractFolderId":"C1","buyer":{"name":"Ville"}}`, "Ville/C1"},
		{"contract", `{"kind":"contract","id":"2026-1","acheteur":{"id":"12345678901234"}}`, "12345678901234/2026-1"},
		{"concession", `{"kind":"concession","id":"2026-1","autoriteConcedante":{"id":"12345678901234"}}`, "12345678901234/2026-1"},
		{"a wrong one is left to its schema", `{"kind":"contract","id":12,"acheteur":[]}`, "/12"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := registry()
			content, identity, violations := r.Identify([]byte(tt.in), transformers.Hints{})
			require.Empty(t, violations)
			result, violations := r.Transform(content, identity)
			require.Empty(t, violations)
			require.Len(t, result.Parts, 1)
			assert.Equal(t, transformers.JSON, identity.Format)
			assert.Equal(t, identity.Kind, result.Parts[0].Kind)
			assert.Same(t, content.JSON, result.Parts[0].Doc)
			assert.Equal(t, tt.key, result.Key)
			assert.Equal(t, tt.key, result.Parts[0].Key)
			assert.Empty(t, result.Ignored)
		})
	}
}

// What a source becomes passes again as a canonical document, with the same key and the same bytes.
func TestCorpusRoundTrip(t *testing.T) {
	dir := os.Getenv("CORPUS")
	if dir == "" {
		t.Skip("CORPUS is not set")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("..", dir)
	}
	r := registry()
	documents, parts := 0, 0
	for _, pattern := range []string{"en16931/ubl/*.xml", "en16931/cii/*.xml", "facturx/*.pdf", "espd/*.xml", "decp/*con*.json", "decp/marches*.json"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths, pattern)
		for _, path := range paths {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			content, identity, violations := r.Identify(data, transformers.Hints{})
			require.Empty(t, violations, path)
			result, violations := r.Transform(content, identity)
			require.False(t, violation.AnyFatal(violations), "%s: %v", path, violations)
			documents++
			for _, part := range result.Parts {
				parts++
				encoded := part.Doc.AppendJSON(nil)
				doc, fault := jsondoc.Parse(encoded)
				require.Nil(t, fault, path)
				content, identity, violations := r.Identify(encoded, transformers.Hints{ContentType: "application/json"})
				require.Empty(t, violations, path)
				again, violations := r.Transform(content, identity)
				require.Empty(t, violations, path)
				assert.Equal(t, part.Kind, again.Parts[0].Kind, path)
				assert.Equal(t, part.Key, again.Parts[0].Key, path)
				assert.Equal(t, string(encoded), string(doc.AppendJSON(nil)), path)
			}
		}
	}
	t.Logf("%d documents, %d parts", documents, parts)
}

func FuzzIdentify(f *testing.F) {
	for _, seed := range []string{ublInvoice, ciiInvoice, espdRequest, decpContract, pivotFile, `{"kind":"invoice"}`, "%PDF-", "PK\x03\x04", "<html>", "<?xml?>", "\ufeff", "12", "hello"} {
		f.Add([]byte(seed), "application/json", "x.facture.deposee.v1")
	}
	r := registry()
	f.Fuzz(func(t *testing.T, data []byte, contentType, eventType string) {
		content, identity, violations := r.Identify(data, transformers.Hints{ContentType: contentType, EventType: eventType})
		for _, v := range violations {
			if v.Code == "" || v.Code == "internal_error" {
				t.Fatalf("%+v", v)
			}
		}
		if violation.AnyFatal(violations) {
			return
		}
		if (content.XML == nil) == (content.JSON == nil) || identity.Format == "" || identity.Kind == "" {
			t.Fatalf("accepted as %+v", identity)
		}
		result, violations := r.Transform(content, identity)
		if len(result.Parts) == 0 && !violation.AnyFatal(violations) {
			t.Fatal("neither part nor violation")
		}
		for _, v := range violations {
			if v.Code == "internal_error" {
				t.Fatalf("%+v", v)
			}
		}
	})
}
