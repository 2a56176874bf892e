package ubl_test

import (
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

// TestCompleteness finds every text and attribute of a source at the place where the binding puts it, and nothing else
// in the canonical document. What has no place is listed in testdata/not-carried.golden with the reason, and, where it
// is not implied by something else, in Result.Ignored.
func TestCompleteness(t *testing.T) {
	rows := readBinding(t)
	terms := readTerms(t)
	notCarried := readNotCarried(t)
	seen := map[string]bool{}    // patterns of not-carried.golden
	written := map[string]bool{} // canonical places that our own documents reach
	check := func(t *testing.T, file string, own bool) {
		data := formattest.File(t, file)
		_, result, violations := transform(t, data)
		if len(violations) > 0 {
			t.Fatalf("violations: %v", violations)
		}
		canonical := map[string]string{}
		for pointer, text := range leaves(result.Parts[0].Doc.Root(), "") {
			canonical[pointer] = text
		}
		delete(canonical, "/kind")
		found := map[string]bool{}
		var ignored []string
		for _, leaf := range sourceLeaves(t, data) {
			row, ok := leaf.find(rows)
			if !ok {
				pattern := leaf.pattern(true)
				seen[pattern] = true
				switch notCarried[pattern] {
				case "":
					t.Errorf("%s is not in testdata/not-carried.golden", pattern)
				case "ignored":
					ignored = append(ignored, leaf.plain())
				}
				continue
			}
			pointer := row.place(leaf)
			if got := canonical[pointer]; !same(got, leaf.text, terms[generic(pointer)].typ) {
				t.Errorf("%s %s: at %s there is %q, want %q", row.term, leaf.pattern(false), pointer, got, leaf.text)
			}
			found[pointer] = true
			if own {
				written[generic(pointer)] = true
			}
		}
		for pointer, text := range canonical {
			if !found[pointer] {
				t.Errorf("%s holds %q, which comes from nowhere", pointer, text)
			}
		}
		reported := make([]string, len(result.Ignored))
		for i, path := range result.Ignored {
			reported[i] = withoutPrefixes.ReplaceAllString(path, "")
		}
		slices.Sort(reported)
		slices.Sort(ignored)
		if !slices.Equal(reported, ignored) {
			t.Errorf("Ignored is\n%q, want\n%q", reported, ignored)
		}
	}
	for _, file := range append(ownDocuments(t), examples...) {
		t.Run(filepath.Base(file), func(t *testing.T) { check(t, file, true) })
	}
	for _, row := range rows {
		if !written[row.pointer] {
			t.Errorf("%s (%s) is in none of our documents", row.pointer, row.term)
		}
	}
	t.Run("corpus", func(t *testing.T) {
		for _, file := range formattest.Corpus(t, "en16931/ubl/*.[xX][mM][lL]") {
			t.Run(filepath.Base(file), func(t *testing.T) { check(t, file, false) })
		}
		for pattern := range notCarried {
			if !seen[pattern] {
				t.Errorf("testdata/not-carried.golden: %s occurs in no document any more", pattern)
			}
		}
	})
}

// TestFormatsPage: the page about formats names what the canonical invoice does not carry.
func TestFormatsPage(t *testing.T) {
	var ignored []string
	for pattern, how := range readNotCarried(t) {
		if how == "ignored" {
			ignored = append(ignored, strings.TrimPrefix(pattern, "/*/"))
		}
	}
	listed := formattest.Listed(t, "ubl-not-carried")
	slices.Sort(ignored)
	slices.Sort(listed)
	if !slices.Equal(listed, ignored) {
		t.Errorf("docs/formats.md lists\n%q, not carried are\n%q", listed, ignored)
	}
}

// TestBindingNamesTheTerms holds the binding table against the schema: the same term at the same place, and every place. The
// schema numbers the terms of EN 16931, and of the French extended profile those that rules know.
func TestBindingNamesTheTerms(t *testing.T) {
	terms := readTerms(t)
	bound := map[string]bool{}
	for _, row := range readBinding(t) {
		term, known := terms[row.pointer]
		if !known || term.name != row.term && (term.name != "" || strings.HasPrefix(row.term, "BT-")) {
			t.Errorf("%s: the schema has %q, the binding %s", row.pointer, term.name, row.term)
		}
		bound[row.pointer] = true
	}
	for place, term := range terms {
		if place == "/kind" || place == "/lines/#/statusCode" { // which UBL has no place for
			continue
		}
		if !bound[place] && !strings.Contains(place, "/other") { // objects and notes beyond the first are another test's
			t.Errorf("%s (%s) has no row in the binding", place, term.name)
		}
	}
}

var (
	withoutPrefixes = regexp.MustCompile(`[\w.-]+:|\[\d+\]`)
	digits          = regexp.MustCompile(`/\d+(/|$)`)
	zone            = regexp.MustCompile(`(Z|[+-]\d\d:\d\d)$`)
	codedNote       = regexp.MustCompile(`(?s)^#([A-Z]{3})#(.*)$`)
)

// generic writes # for the indices of a pointer.
func generic(pointer string) string { return digits.ReplaceAllString(pointer, "/#$1") }

// same compares a canonical text with that of the source: numbers by value, dates without their time zone.
func same(got, source, typ string) bool {
	switch typ {
	case "decimal":
		a, okA := new(big.Rat).SetString(got)
		b, okB := new(big.Rat).SetString(source)
		return okA && okB && a.Cmp(b) == 0
	case "date":
		return got == zone.ReplaceAllString(source, "")
	default:
		return got == source
	}
}

// leaves yields the scalar values of a document with their pointers.
func leaves(v document.Value, pointer string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		index := 0
		for child := range v.Children() {
			step := child.Name()
			if v.Type() == document.Array {
				step = strconv.Itoa(index)
			}
			index++
			if child.Type() == document.String {
				if !yield(pointer+"/"+step, child.Text()) {
					return
				}
				continue
			}
			for p, text := range leaves(child, pointer+"/"+step) {
				if !yield(p, text) {
					return
				}
			}
		}
	}
}

// bindingRow is a row of testdata/binding.txt. Counted holds the steps of the source that are an index of the pointer.
type bindingRow struct {
	term, source, pointer string
	counted               []int
}

func readBinding(t *testing.T) map[string]bindingRow {
	rows := map[string]bindingRow{}
	for _, fields := range readTable(t, "testdata/binding.txt", 3) {
		row := bindingRow{term: strings.TrimPrefix(fields[0], "-"), pointer: fields[2]}
		steps := strings.Split(fields[1][1:], "/")
		for i, step := range steps {
			if len(step) > 1 && strings.HasSuffix(step, "#") {
				row.counted = append(row.counted, i)
				steps[i] = strings.TrimSuffix(step, "#")
			}
		}
		row.source = "/" + strings.Join(steps, "/")
		if _, twice := rows[row.source]; twice {
			t.Fatalf("binding.txt: %s is there twice", row.source)
		}
		rows[row.source] = row
	}
	return rows
}

// place is the pointer at which the binding puts a leaf.
func (r bindingRow) place(l sourceLeaf) string {
	pointer := r.pointer
	for _, step := range r.counted {
		pointer = strings.Replace(pointer, "/#", "/"+strconv.Itoa(l.steps[step].ordinal), 1)
	}
	return pointer
}

// readNotCarried returns how each pattern is not carried: "implied" or "ignored".
func readNotCarried(t *testing.T) map[string]string {
	how := map[string]string{}
	for _, fields := range readTable(t, "testdata/not-carried.golden", 3) {
		if fields[0] != "implied" && fields[0] != "ignored" {
			t.Fatalf("not-carried.golden: %q is neither implied nor ignored", fields[0])
		}
		how[fields[1]] = fields[0]
	}
	return how
}

// readTable reads lines of columns separated by blanks; the last column may hold blanks.
func readTable(t *testing.T, file string, columns int) [][]string {
	t.Helper()
	var rows [][]string
	for number, line := range strings.Split(string(formattest.File(t, file)), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < columns {
			t.Fatalf("%s:%d: want %d columns: %s", file, number+1, columns, line)
		}
		rows = append(rows, append(fields[:columns-1:columns-1], strings.Join(fields[columns-1:], " ")))
	}
	return rows
}

// sourceLeaf is a text or an attribute of a source.
type sourceLeaf struct {
	steps []sourceStep
	text  string
}

type sourceStep struct {
	name      string // with the usual prefix; "@name" is an attribute
	qualifier string
	ordinal   int // among the siblings with the same name and qualifier
}

// find returns the row of the binding for a leaf: that of its own root and line, or that of either.
func (l sourceLeaf) find(rows map[string]bindingRow) (bindingRow, bool) {
	row, ok := rows[l.pattern(false)]
	if !ok {
		row, ok = rows[l.pattern(true)]
	}
	return row, ok
}

// pattern is the path of a leaf with qualifiers; either writes * for the root and cac:Line for a line.
func (l sourceLeaf) pattern(either bool) string {
	var b strings.Builder
	for i, step := range l.steps {
		name := step.name
		if either && i == 0 {
			name = "*"
		}
		if either && (name == "cac:InvoiceLine" || name == "cac:CreditNoteLine") {
			name = "cac:Line"
		}
		b.WriteString("/" + name)
		if step.qualifier != "" {
			b.WriteString("[" + step.qualifier + "]")
		}
	}
	return b.String()
}

// plain is the path of a leaf by local names.
func (l sourceLeaf) plain() string {
	var b strings.Builder
	for _, step := range l.steps {
		_, local, prefixed := strings.Cut(step.name, ":")
		if !prefixed {
			local = step.name
		}
		b.WriteString("/" + local)
	}
	return b.String()
}

// sourceNode is an element as encoding/xml, not our own parser, reads it.
type sourceNode struct {
	name     string
	text     string
	attrs    []xml.Attr
	children []*sourceNode
}

// sourceLeaves lists the texts and attributes of a document.
func sourceLeaves(t *testing.T, data []byte) []sourceLeaf {
	t.Helper()
	root := &sourceNode{}
	stack := []*sourceNode{root}
	decoder := xml.NewDecoder(strings.NewReader(string(data)))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		top := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			node := &sourceNode{name: usual(token.Name), attrs: slices.Clone(token.Attr)}
			top.children = append(top.children, node)
			stack = append(stack, node)
		case xml.EndElement:
			top.text = strings.TrimSpace(top.text)
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(token)
		}
	}
	document := root.children[0]
	extended := strings.HasSuffix(document.child("cbc:CustomizationID").text, ":extended-ctc-fr")
	currency, accounting := document.child("cbc:DocumentCurrencyCode").text, document.child("cbc:TaxCurrencyCode").text
	var result []sourceLeaf
	var walk func(node *sourceNode, above []sourceStep)
	walk = func(node *sourceNode, above []sourceStep) {
		if node.text != "" {
			ofLine := len(above) == 3 && strings.HasSuffix(above[1].name, "Line")
			if node.name == "cbc:Note" && (len(above) == 2 || ofLine) {
				code, text := "", node.text
				if m := codedNote.FindStringSubmatch(node.text); m != nil && (extended || !ofLine) {
					code, text = m[1], m[2]
				}
				for _, part := range [][2]string{{"#code", code}, {"#text", text}} {
					if part[1] != "" {
						result = append(result, sourceLeaf{append(slices.Clone(above), sourceStep{name: part[0]}), part[1]})
					}
				}
			} else {
				result = append(result, sourceLeaf{above, node.text})
			}
		}
		for _, a := range node.attrs {
			if a.Name.Space == "" && a.Name.Local != "xmlns" {
				result = append(result, sourceLeaf{append(slices.Clone(above), sourceStep{name: "@" + a.Name.Local}), a.Value})
			}
		}
		ordinals := map[string]int{}
		for _, child := range node.children {
			step := sourceStep{name: child.name, qualifier: qualifier(document, node, child, currency, accounting)}
			step.ordinal = ordinals[step.name+step.qualifier]
			ordinals[step.name+step.qualifier]++
			walk(child, append(slices.Clone(above), step))
		}
	}
	walk(document, []sourceStep{{name: document.name}})
	return result
}

// child returns the first child with a name, an empty node when there is none.
func (n *sourceNode) child(name string) *sourceNode {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return &sourceNode{}
}

func (n *sourceNode) attr(name string) string {
	for _, a := range n.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// qualifier is what tells elements of one name apart in the binding.
func qualifier(document, parent, node *sourceNode, currency, accounting string) string {
	code := node.child("cbc:DocumentTypeCode").text
	scheme := node.child("cac:TaxScheme").child("cbc:ID").text
	choose := func(yes bool, a, b string) string {
		if yes {
			return a
		}
		return b
	}
	switch node.name {
	case "cac:AdditionalDocumentReference":
		project := code == "50" && document.name == "CreditNote"
		return choose(code == "130" || project, code, "supporting")
	case "cac:DocumentReference":
		inside := strings.HasSuffix(parent.name, "LineReference") // of a line to an advice
		return choose(inside, "", choose(code == "130" || code == "", "object", "other"))
	case "cac:BillingReference":
		own := node.child("cac:InvoiceDocumentReference").child("cbc:ID").text == document.child("cbc:ID").text
		return choose(parent == document, "", choose(own, "own", "preceding"))
	case "cac:PartyIdentification":
		return choose(strings.EqualFold(node.child("cbc:ID").attr("schemeID"), "SEPA"), "SEPA", "id")
	case "cac:PartyTaxScheme":
		return choose(strings.EqualFold(scheme, "VAT"), "VAT", choose(scheme == "", "none", "other"))
	case "cac:TaxCategory", "cac:ClassifiedTaxCategory":
		return choose(strings.EqualFold(scheme, "VAT"), "VAT", "other")
	case "cac:AllowanceCharge":
		indicator := node.child("cbc:ChargeIndicator").text
		return choose(indicator == "true" || indicator == "1", "charge", "allowance")
	case "cac:TaxTotal":
		in := node.child("cbc:TaxAmount").attr("currencyID")
		return choose(in == currency, "BT-5", choose(in == accounting, "BT-6", "other"))
	default:
		return ""
	}
}

// usual writes a name with the prefix that everybody uses.
func usual(name xml.Name) string {
	switch name.Space {
	case "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2":
		return "cbc:" + name.Local
	case "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2":
		return "cac:" + name.Local
	case "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2":
		return "ext:" + name.Local
	default:
		return name.Local
	}
}

// schemaTerm is what the schema says of a place: its term and the name of its type.
type schemaTerm struct{ name, typ string }

// readTerms reads the scalar places of the schema of canonical invoices, with # for the index of a list.
func readTerms(t *testing.T) map[string]schemaTerm {
	t.Helper()
	data, err := os.ReadFile(repository + "/schemas/canonical/invoice.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema := readJSON(t, data)
	types := schema["$defs"].(map[string]any)
	terms := map[string]schemaTerm{}
	var walk func(place string, schema map[string]any)
	walk = func(place string, schema map[string]any) {
		if items, ok := schema["items"].(map[string]any); ok {
			walk(place+"/#", items)
			return
		}
		reference, _ := schema["$ref"].(string)
		reference = strings.TrimPrefix(reference, "#/$defs/")
		group, _ := types[reference].(map[string]any)
		if group["properties"] != nil {
			walk(place, group)
		}
		if properties, ok := schema["properties"].(map[string]any); ok { // numbers, beside a reference
			for name, property := range properties {
				walk(place+"/"+name, property.(map[string]any))
			}
		}
		if group["properties"] != nil || schema["properties"] != nil {
			return
		}
		name, _ := schema["x-term"].(string)
		terms[place] = schemaTerm{name, cmp.Or(reference, terms[place].typ)}
	}
	walk("", schema)
	return terms
}
