package document_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/document"
)

func TestAReleasedDocumentCannotBeRead(t *testing.T) {
	uses := map[string]func(d *document.Doc, v document.Value){
		"text":            func(_ *document.Doc, v document.Value) { _ = v.Text() },
		"type":            func(_ *document.Doc, v document.Value) { _ = v.Type() },
		"children":        func(_ *document.Doc, v document.Value) { v.Children()(func(document.Value) bool { return true }) },
		"first":           func(_ *document.Doc, v document.Value) { v.First() },
		"parent":          func(_ *document.Doc, v document.Value) { v.Parent() },
		"source":          func(_ *document.Doc, v document.Value) { v.Source() },
		"pointer":         func(_ *document.Doc, v document.Value) { _ = v.Pointer() },
		"lookup":          func(d *document.Doc, _ document.Value) { d.Lookup("/a~1b") },
		"add":             func(_ *document.Doc, v document.Value) { v.AddBool("x", true, 0) },
		"encode":          func(d *document.Doc, _ document.Value) { d.AppendJSON(nil) },
		"a second time":   func(d *document.Doc, _ document.Value) { d.Release() },
		"the root is set": func(d *document.Doc, _ document.Value) { d.SetRoot(document.Null, "", 0) },
	}
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			d := sample()
			v := d.Lookup("/a~1b")
			require.True(t, v.Exists())
			d.Release()
			for range 8 { // later documents in its place do not revive it
				sample()
			}
			assert.Panics(t, func() { use(d, v) })
		})
	}
}

func TestTextsOutliveTheirDocument(t *testing.T) {
	d := document.New(nil, 0)
	d.Root().AddString("name", strconv.Itoa(12345), 0)
	text := d.Root().Get("name").Text()
	d.Release()
	for range 8 {
		document.New(nil, 0).Root().AddString("name", "other", 0)
	}
	assert.Equal(t, "12345", text)
}

// Documents of all sizes, some of which outgrow their room, are built and released at once and see nothing of each other.
func TestReleasedRoomsAreEmpty(t *testing.T) {
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 300 {
				size := (g*977 + i*31) % 1500
				d := document.New(nil, size/(1+i%3))
				list := d.Root().Array("list", 0)
				if list.Len() != 0 || d.Len() != 2 {
					t.Error("a new document has values")
				}
				for n := range size {
					list.Add("", document.Number, strconv.Itoa(g*10_000+n), 0)
				}
				n := 0
				for item := range list.Children() {
					if item.Text() != strconv.Itoa(g*10_000+n) {
						t.Errorf("item %d is %s", n, item.Text())
					}
					n++
				}
				if n != size {
					t.Errorf("%d items, want %d", n, size)
				}
				d.Release()
			}
		})
	}
	all.Wait()
}

// The values of a document of usual size take no memory once another one was released; those of a large one do.
func TestWhatIsRecycled(t *testing.T) {
	for size, kept := range map[int]bool{1: true, 60: true, 1024: true, 1025: false} {
		// A collection, or the race detector, may empty the pool now and then.
		got := testing.AllocsPerRun(1000, func() { document.New(nil, size).Release() })
		assert.Equal(t, kept, got < 2, "%d values: %v allocations", size, got)
	}
}
