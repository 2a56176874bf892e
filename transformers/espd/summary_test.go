package espd

import (
	"os"
	"path/filepath"
	"testing"
)

// What a request asks for is written without anything else that it says.
func TestSummary(t *testing.T) {
	_, res := transform(t, parse(t, read(t, "../../examples/documents/espd-request.xml")))
	got, losses := New().Write(res.Parts[0].Doc)
	const want = `{"lots":["LOT-0001"],"criteria":["005eb9ed-1347-4ca3-bb29-9bc0db64e1ab","c27b7c4e-c837-4529-b867-ed55ce639db5","297d2323-3ede-424e-94bc-a91561e6f320",` +
		`"d486fb70-86b3-4e75-97f2-0d71b5697c7d","47112079-6fec-47a3-988f-e561668c3aef","d789d01a-fe03-4ccd-9898-73f9cfa080d1","b61bbeb7-690e-4a40-bc68-d6d4ecfaa3d4",` +
		`"7d85e333-bbab-49c0-be8d-c36d71a72f5e","87b3fa26-3549-4f92-b8e0-3fd8f04bf5c7"]}`
	if string(got) != want || losses != nil {
		t.Errorf("%s, losses %v", got, losses)
	}
	if form, kinds := New().Format(), New().Writes(); form != "summary" || len(kinds) != 1 || kinds[0] != "espd-request" {
		t.Errorf("%s %s", form, kinds)
	}
}

// A lot that only criteria name is one of the request, and each is named once.
func TestSummaryOfOfficialRequest(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		t.Skip("CORPUS is not set")
	}
	if !filepath.IsAbs(corpus) {
		corpus = filepath.Join("../..", corpus)
	}
	_, res := transform(t, parse(t, read(t, filepath.Join(corpus, "espd", "ESPD-Request-3.3.0.xml"))))
	got, _ := New().Write(res.Parts[0].Doc)
	if want := `{"lots":["LOT-0000"],"criteria":["`; string(got[:len(want)]) != want || len(got) != 62*(36+3)+len(want)+1-1 {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}
