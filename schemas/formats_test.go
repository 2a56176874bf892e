package schemas_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/schemas"
)

func TestFormats(t *testing.T) {
	long := strings.Repeat("a", 63)
	tests := map[string]struct{ valid, invalid []string }{
		"date": {[]string{"2024-02-29", "2000-02-29", "0000-01-01", "2026-12-31"},
			[]string{"2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-04-31", "26-01-01", "2026-1-01", "2026-01-0a", "2026-01-01Z", ""}},
		"time": {[]string{"00:00:00Z", "23:59:60Z", "12:00:00.5+01:00", "15:59:60-08:00", "01:29:60+01:30", "12:00:00z"},
			[]string{"24:00:00Z", "12:60:00Z", "12:00:61Z", "12:00:60Z", "12:00:00", "12:00:00.Z", "12:00:00+1:00", "12:00:00+24:00", "12:00:00+00:60", "+1:00:00Z", "12:00:00ZZ"}},
		"date-time":             {[]string{"2026-11-20T09:12:33Z", "2026-11-20t09:12:33.123-05:00"}, []string{"2026-11-20 09:12:33Z", "2026-11-20", "2026-11-31T09:12:33Z", "2026-11-20T"}},
		"duration":              {[]string{"P1Y2M3DT4H5M6S", "P2W", "PT1S"}, []string{"P", "PT", "P1Y1W", "1Y", "P1S", "P1DT"}},
		"email":                 {[]string{"a@b.fr", "a.b+c@d-e.fr", `"a b"@c.fr`, "a@[127.0.0.1]", "a@[IPv6:::1]"}, []string{"a", "@b", "a@", ".a@b", "a..b@c", "a b@c", `"a"b"@c`, "a@-b", "é@b.fr", "a@[127.0.0.300]", strings.Repeat("a", 65) + "@b.fr"}},
		"idn-email":             {[]string{"é@éa.fr", "a@b.fr"}, []string{"é", "é@-a"}},
		"hostname":              {[]string{"a", "a.b-c.fr", "1a", long, "xn--bcher-kva.example"}, []string{"", "-a", "a-", "a..b", "a.", "a_b", "é", long + "a", "ab--c", "a.-b", "xn--X"}},
		"idn-hostname":          {[]string{"bücher.example", "실례.테스트", "l·l"}, []string{"-é", "é-", "", "a·l", "〮a"}},
		"ipv4":                  {[]string{"0.0.0.0", "255.1.2.3"}, []string{"256.0.0.0", "1.2.3", "01.2.3.4", "1.2.3.4/8", "+1.2.3.4", "::1"}},
		"ipv6":                  {[]string{"::", "::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"}, []string{"1.2.3.4", ":", "::1%eth0", "1::2::3", "12345::"}},
		"uri":                   {[]string{"http://a.b/c?d#e", "urn:x:y", "mailto:a@b", "http://[::1]:80/", "http://a/%C3%A9", "a:"}, []string{"//a/b", "a", "http://a b", "http://é.fr", `http://a\b`, "http://a/%zz", "1a:b", "http://a:b/", "http://[1.2.3.4]/", "http://a/{b}"}},
		"uri-reference":         {[]string{"", "a/b", "#f", "?q", "//a"}, []string{`\a`, "a b", "#a#b", "1:a"}},
		"iri":                   {[]string{"http://é.fr/à?ç"}, []string{"http://a b", "é", "http://a/\ufdd0"}},
		"iri-reference":         {[]string{"é#à"}, []string{"a b"}},
		"uri-template":          {[]string{"", "/a/{b}", "{?a,b*}", "{+a:3}", "{a.b}"}, []string{"{", "}", "{}", "{a", "{a b}", "a b", "{a:0}", "{-}", "%1"}},
		"uuid":                  {[]string{"f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"}, []string{"f81d4fae7dec11d0a76500a0c91e6bf6", "g81d4fae-7dec-11d0-a765-00a0c91e6bf6", ""}},
		"regex":                 {[]string{"^a+$"}, []string{"(", `\1`}},
		"json-pointer":          {[]string{"", "/a~0b~1c/0"}, []string{"a", "/~", "/~2"}},
		"relative-json-pointer": {[]string{"0", "1/a", "2#", "0+1/a", "0-1"}, []string{"", "/a", "01", "-1", "0+0", "0+", "1a"}},

		"siren":   {[]string{"732829320", "356000000"}, []string{"732829321", "73282932", "7328293200", "73282932a"}},
		"siret":   {[]string{"73282932000074", "35600000000048", "35600000049837", "13002526500013"}, []string{"73282932000075", "35600000049838", "7328293200007", "732829320000745", "7328293200007a", "73282932100074"}},
		"iban":    {[]string{"FR7630006000011234567890189", "DE89370400440532013000", "MT84MALT011000012345MTLCAST001S"}, []string{"FR7630006000011234567890188", "FR76 3000 6000", "fr7630006000011234567890189", "FR76", "7630006000011234567890189FR"}},
		"cpv":     {[]string{"72000000", "72000000-5", "45233141-9", "03000000-1"}, []string{"72000000-6", "7200000", "72000000-", "72000000-55", "7200000a", "72000000 5", "72000000-5-5", "72999999", ""}},
		"nuts":    {[]string{"FR", "FR1", "FR10", "FR101", "FRZ", "EL30", "XK", "FI1C3", "UK", "UKI31"}, []string{"F", "FR2", "GR30", "FR1011", "fr10", "UA", "ZZ", "FR-1", "#", "(EU)", ""}},
		"iso4217": {[]string{"EUR", "XPF", "FRF", "VED", "XCG", "XAD", "BGN", "CHC", "CNH"}, []string{"EURO", "eur", "XXZ", "BRZ", "KRO", "SIX", "", "E U"}},
		"iso3166": {[]string{"FR", "GB", "RE", "SS"}, []string{"fr", "UK", "EL", "XK", "ZZ", "FRA", "", " F"}},
	}
	for name, check := range schemas.Formats() {
		tt, tested := tests[name]
		if !tested {
			t.Errorf("%s has no test", name)
		}
		for _, text := range tt.valid {
			if !check(text) {
				t.Errorf("%s refuses %q", name, text)
			}
		}
		for _, text := range tt.invalid {
			if check(text) {
				t.Errorf("%s accepts %q", name, text)
			}
		}
	}
}

func TestAcceptDoesNotAllocate(t *testing.T) {
	for _, s := range samples(t) {
		doc := parse(t, string(s.data))
		if n := testing.AllocsPerRun(10, func() { s.schema.Validate(doc) }); n != 0 {
			t.Errorf("%s: %v allocations", s.name, n)
		}
	}
}

// The page that operators read names every format and every reason for which a schema is not loaded.
func TestPageNamesFormatsAndCodes(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "docs", "schemas.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(schemas.Formats()))
	names = append(names, schemas.CodeSchemaJSON, schemas.CodeSchemaKeyword, schemas.CodeSchemaValue, schemas.CodeSchemaDraft, schemas.CodeSchemaFormat,
		schemas.CodeSchemaPattern, schemas.CodeSchemaReference, schemas.CodeSchemaLoop, schemas.CodeSchemaSize, schemas.CodeSchemaUnsupported)
	for _, name := range names {
		if !strings.Contains(string(data), "`"+name+"`") {
			t.Errorf("docs/schemas.md does not name %s", name)
		}
	}
}

// The page tells the bounds that hold.
func TestPageTellsBounds(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "docs", "schemas.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(data), "\n| quoi | borne | raison |\n|---|---|---|\n")
	table, _, ended := strings.Cut(table, "\n\n")
	if !found || !ended {
		t.Fatal("docs/schemas.md has no table of bounds")
	}
	told := map[string][]int{}
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		for _, digits := range regexp.MustCompile(`\d[\d ]*`).FindAllString(cells[2], -1) {
			n, err := strconv.Atoi(strings.ReplaceAll(digits, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			what := strings.TrimSpace(cells[1])
			told[what] = append(told[what], n)
		}
	}
	if diff := cmp.Diff(schemas.Bounds(), told); diff != "" {
		t.Errorf("docs/schemas.md tells other bounds: %s", diff)
	}
}
