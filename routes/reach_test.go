package routes

import "testing"

// TestAcceptsVersion: what a route accepts is what accept names and when does not exclude.
func TestAcceptsVersion(t *testing.T) {
	for _, c := range []struct {
		when, kind, format, version string
		want                        bool
	}{
		{``, "invoice", "json", "1", true},
		{``, "contract", "json", "1", false},
		{`when: version == "1"`, "invoice", "json", "1", true},
		{`when: version == "1"`, "invoice", "json", "2", false},
		{`when: version in ["1", "2"] && format == "json"`, "invoice", "json", "2", true},
		{`when: version in ["1", "2"] && format == "json"`, "invoice", "ubl", "2", false},
		{`when: version != "1" && doc.number == "x"`, "invoice", "json", "1", false},
		{`when: version != "1" && doc.number == "x"`, "invoice", "json", "2", true}, // the document decides
	} {
		table := load(t, options(t), "route: r\nfrom: [suppliers]\naccept: [invoice]\nto: [{topic: out}]\n"+c.when+"\n")
		if got := table.Routes()[0].AcceptsVersion(c.kind, c.format, c.version); got != c.want {
			t.Errorf("%q, %s %s %s: %t", c.when, c.kind, c.format, c.version, got)
		}
	}
}
