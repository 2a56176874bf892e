package canonical_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

func TestDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1", "-1": "-1", "+1.50": "1.50", ".5": "0.5", "-.5": "-0.5", "5.": "5", "007.10": "007.10",
		// Anything else stays as it is: the schema refuses it with its place.
		"": "", "+": "+", "-": "-", ".": ".", "1,5": "1,5", "1e3": "1e3", "NaN": "NaN", "1.2.3": "1.2.3", "--1": "--1", "１": "１", "1 000": "1 000",
	} {
		if got := canonical.Decimal(text); got != want {
			t.Errorf("Decimal(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestWriter(t *testing.T) {
	source, fault := xmldoc.Parse([]byte(`<a><n> x </n><id s="0009">1</id><id s="7"/><m>+1.</m><yes>1</yes><no> false </no><none>non</none><empty/><group><left>y</left></group></a>`))
	if fault != nil {
		t.Fatal(fault.EN)
	}
	w := canonical.NewWriter(source)
	root, a := w.Root(), source.Root()
	w.Text(root, "name", a.Child("", "n"))
	w.Text(root, "absent", a.Child("", "absent"))
	w.Text(root, "empty", a.Child("", "empty"))
	w.Decimal(root, "amount", a.Child("", "m"))
	for _, name := range []string{"yes", "no", "none", "absent"} {
		w.Bool(root, name, a.Child("", name))
	}
	list := root.Array("ids", 0)
	for id := range a.All("", "id") {
		w.IdentifierItem(list, id, "s")
	}
	w.Identifier(root, "none", a.Child("", "absent"), "s")
	root.Object("group", a.Child("", "group").Ref())
	root.Object("nowhere", 0)
	doc := w.Doc()
	want := `{"amount":"1","group":{},"ids":[{"id":"1","scheme":"0009"}],"name":"x","no":false,"none":"non","yes":true}`
	if got := string(doc.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if diff := cmp.Diff([]string{"/a/group/left"}, w.Ignored()); diff != "" {
		t.Error(diff)
	}
	if place := doc.Lookup("/ids/0/scheme").Source(); place.Path != "/a/id[1]" || place.Line != 1 || place.Column != 14 {
		t.Errorf("%+v", place)
	}
}

// An invoice and its statuses have one subject.
func TestSubject(t *testing.T) {
	for name, c := range map[string][2]string{
		"the legal registration":             {`{"seller":{"legalRegistration":{"id":"902100452","scheme":"0002"},"identifiers":[{"id":"11111111100011","scheme":"0009"}]},"issueDate":"2026-10-02","number":"N/1"}`, "902100452/2026/N/1"},
		"the SIRET of the historic channel":  {`{"seller":{"legalRegistration":{"id":"90210045200017","scheme":"1"}},"issueDate":"2026-10-02","number":"N"}`, "902100452/2026/N"},
		"a SIRET among identifiers":          {`{"seller":{"legalRegistration":{"id":"DE1","scheme":"0088"},"identifiers":[{"id":"x","scheme":"0088"},{"id":"90210045200017","scheme":"0009"}]},"issueDate":"2026-10-02","number":"N"}`, "902100452/2026/N"},
		"a moment":                           {`{"seller":{"identifiers":[{"id":"902100452","scheme":"0002"}]},"issueDate":"2026-10-02T10:00:00","number":"N"}`, "902100452/2026/N"},
		"9 digits of another country":        {`{"seller":{"identifiers":[{"id":"123456789","scheme":"0088"}]},"issueDate":"2026-10-02","number":"N"}`, "123456789/2026/N"},
		"a VAT identifier, then the name":    {`{"seller":{"vatIdentifier":"DE1","name":"S"},"issueDate":"2026-10-02","number":"N"}`, "DE1/2026/N"},
		"nothing at all keeps its own order": {`{}`, "//"},
	} {
		for text, subject := range map[string]func(*document.Doc) string{c[0]: canonical.InvoiceSubject, `{"invoice":` + c[0] + `}`: canonical.StatusSubject} {
			doc, fault := jsondoc.Parse([]byte(text))
			if fault != nil {
				t.Fatal(fault.EN)
			}
			if got := subject(doc); got != c[1] {
				t.Errorf("%s: %q, want %q", name, got, c[1])
			}
		}
	}
}

func TestInvoiceKey(t *testing.T) {
	for name, c := range map[string][2]string{
		"a SIRET by its scheme":              {`{"buyer":{"identifiers":[{"id":"x","scheme":"0088"},{"id":"21350238800019","scheme":"0009"}]},"contractReference":"C","number":"N"}`, "21350238800019/C"},
		"the historic channel":               {`{"buyer":{"legalRegistration":{"id":"21350238800019","scheme":"1"}},"purchaseOrderReference":"E","number":"N"}`, "21350238800019/E"},
		"a SIREN is no SIRET":                {`{"buyer":{"legalRegistration":{"id":"213502388","scheme":"0002"},"name":"B"},"number":"N"}`, "213502388/N"},
		"an identifier of another kind":      {`{"buyer":{"identifiers":[{"id":"x","scheme":"0088"}],"name":"B"},"number":"N"}`, "x/N"},
		"14 digits of another scheme":        {`{"buyer":{"legalRegistration":{"id":"12345678901234","scheme":"0088"},"vatIdentifier":"FR1"},"number":"N"}`, "12345678901234/N"},
		"a VAT identifier, then the name":    {`{"buyer":{"vatIdentifier":"FR1","name":"B"},"number":"N"}`, "FR1/N"},
		"nothing but a name and a number":    {`{"buyer":{"name":"B"},"number":"N"}`, "B/N"},
		"nothing at all keeps its own order": {`{}`, "/"},
	} {
		doc, fault := jsondoc.Parse([]byte(c[0]))
		if fault != nil {
			t.Fatal(fault.EN)
		}
		if got := canonical.InvoiceKey(doc); got != c[1] {
			t.Errorf("%s: %q, want %q", name, got, c[1])
		}
	}
}
