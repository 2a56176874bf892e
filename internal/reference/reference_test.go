package reference

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
)

// rooms is a table of rooms by their number.
var rooms = &Spec{
	Name: "rooms", FR: "les salles", EN: "the rooms",
	Key: "room", KeyPattern: regexp.MustCompile(`^[0-9]{3}$`), KeyFR: "trois chiffres", KeyEN: "three digits",
	Columns: []Column{{"open", Flag}, {"names", Texts}, {"heated", Flag}},
}

const (
	open = iota
	names
	heated
)

var day = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// seen is what a view says of a room: its cells, or why they are not known.
func seen(v View, room string) string {
	flag := func(column int) string {
		set, lack := v.Flag(rooms, room, column)
		if lack != Nothing {
			return lack.String()
		}
		return fmt.Sprint(set)
	}
	all, lack := v.Texts([]string{"before"}, rooms, room, names)
	said := strings.Join(all[1:], ",")
	if lack != Nothing {
		said = lack.String()
	}
	return flag(open) + " " + said + " " + flag(heated)
}

// viewOf publishes a snapshot as the only table.
func viewOf(s *Snapshot) View {
	tables := &Tables{}
	tables.Declare(rooms, time.Hour)
	tables.Publish(rooms, s)
	tables.Tick(s.Date)
	return tables.View()
}

func read(t *testing.T, name, text string) View {
	t.Helper()
	s, list := rooms.Read(name, strings.NewReader(text), day)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return viewOf(s)
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, file, text string
		want             map[string]string
	}{
		{"as a French spreadsheet writes it", "rooms.csv", "\ufeffroom;open;names;heated\r\n101;Oui;nord|sud;non\r\n102;1;;0\r\n", map[string]string{
			"101": "true nord,sud false", "102": "true no_value false", "103": "no_row no_row no_row",
		}},
		{"columns in another order, with commas", "rooms.CSV", "heated,room\nyes,101\n\"no\",\"102\"\n", map[string]string{
			"101": "no_value no_value true", "102": "no_value no_value false",
		}},
		{"a text with a comma and a quote", "rooms.csv", "room,names\n101,\"a, \"\"b\"\"|c;d\"\n", map[string]string{"101": `no_value a, "b",c;d no_value`}},
		{"the key alone", "rooms.csv", "room\n101\n", map[string]string{"101": "no_value no_value no_value"}},
		{"no rows", "rooms.csv", "room;open\n", map[string]string{"101": "no_row no_row no_row"}},
		{"JSON", "rooms.json", `[{"room": "101", "open": true, "names": ["nord"], "heated": false}, {"room": "102", "names": [], "open": null}]`, map[string]string{
			"101": "true nord false", "102": "no_value  no_value",
		}},
		{"no rows in JSON", "rooms.json", ` [ ] `, map[string]string{"101": "no_row no_row no_row"}},
	} {
		v := read(t, tt.file, tt.text)
		for room, want := range tt.want {
			if got := seen(v, room); got != want {
				t.Errorf("%s, %s: %q, want %q", tt.name, room, got, want)
			}
		}
	}
}

func TestReadFaults(t *testing.T) {
	for _, tt := range []struct{ name, file, text, want string }{
		{"another kind of file", "rooms.xlsx", "", "rooms.xlsx: [table_file] expected a name that ends with .csv or .json"},
		{"empty", "rooms.csv", "", "rooms.csv:1:1: [table_column] an empty file | room;open;names;heated"},
		{"no key column", "rooms.csv", "open\noui\n", `rooms.csv:1:1: [table_column] the column "room" is missing`},
		{"an unknown column", "rooms.csv", "room;opne\n101;oui\n", `rooms.csv:1:6: [table_column] unknown column "opne" | did you mean "open"?`},
		{"a column twice", "rooms.csv", "room;open;open\n101;oui;oui\n", `rooms.csv:1:11: [table_column] column "open" is written twice`},
		{"a key without its zero", "rooms.csv", "room;open\n101;oui\n 11 ;oui\n", `rooms.csv:3:1: [table_key] room: expected three digits, found "11"`},
		{"a flag that is none", "rooms.csv", "room;open\n101;peut-être\n", `rooms.csv:2:5: [table_value] open: expected yes or no, found "peut-être"`},
		{"an empty text", "rooms.csv", "room;names\n101;a||b\n", `rooms.csv:2:5: [table_value] names: a text that is empty`},
		{"too few cells", "rooms.csv", "room;open\n101\n102;oui\n", `rooms.csv:2:1: [table_value] expected 2 cells, as the first line has, found 1`},
		{"a quote that does not end", "rooms.csv", "room;open\n101;\"oui\n", `[table_file] this is no CSV`},
		{"the same row twice", "rooms.csv", "room;open\n101;oui\n102;oui\n101;oui\n", `rooms.csv:4:1: [table_duplicate] room 101 is on line 2 already | both lines say the same: remove one`},
		{"rows that contradict each other", "rooms.csv", "room;open\n101;oui\n101;non\n", `rooms.csv:3:1: [table_duplicate] room 101 is on line 2 already | the two lines contradict each other`},
		{"all at once", "rooms.csv", "room;open\n1;oui\n102;x\n", "rooms.csv:3:5: [table_value]"},
		{"Latin-1", "rooms.csv", "room;names\n101;nord\n102;\xc9cole\n103;\xc9cole\n", `rooms.csv:3:5: [table_file] expected UTF-8 text, found the byte 0xC9 | save the file as "CSV UTF-8"`},
		{"a name of a column in Latin-1", "rooms.csv", "room;num\xe9ro\n", `rooms.csv:1:6: [table_file] expected UTF-8 text, found the byte 0xE9`},
		{"UTF-16, as a spreadsheet writes it", "rooms.csv", "\xff\xfer\x00o\x00o\x00m\x00", `rooms.csv:1:1: [table_file] expected UTF-8 text, found the byte 0xFF`},
		{"JSON in Latin-1", "rooms.json", "[{\"room\": \"101\", \"names\": [\"\xc9cole\"]}]", `[table_file]`},
		{"JSON that is no list", "rooms.json", `{"room": "101"}`, "rooms.json:1:1: [table_file]"},
		{"JSON that ends too soon", "rooms.json", `[{"room": "101"`, "[table_file]"},
		{"something after the list", "rooms.json", `[] []`, "rooms.json:1:4: [table_file]"},
		{"a row that is no object", "rooms.json", "[\n 101]", "rooms.json:2:2: [table_value] expected an object, found number"},
		{"a row that is no JSON", "rooms.json", "[{\"room\": \"101\",\n \"open\": yes}]", "rooms.json:2:10: [table_file]"},
		{"an unknown member", "rooms.json", `[{"room": "101", "heat": true}]`, `rooms.json:1:2: [table_column] unknown column "heat"`},
		{"a flag as a text", "rooms.json", `[{"room": "101", "open": "true"}]`, `rooms.json:1:2: [table_value] open: expected true or false, found "true"`},
		{"texts as one text", "rooms.json", `[{"room": "101", "names": "a"}]`, `[table_value] names: expected a list of texts, found "a"`},
		{"a number among texts", "rooms.json", `[{"room": "101", "names": [1]}]`, `[table_value] names: expected a text, found "1"`},
		{"a blank text", "rooms.json", `[{"room": "101", "names": [" "]}]`, `[table_value] names: a text that is empty`},
		{"no key", "rooms.json", `[{"open": true}]`, `rooms.json:1:2: [table_key] room is missing`},
		{"a key twice in JSON", "rooms.json", "[{\"room\": \"101\"},\n{\"room\": \"101\", \"open\": true}]", `rooms.json:2:1: [table_duplicate] room 101 is on line 1 already`},
	} {
		s, list := rooms.Read(tt.file, strings.NewReader(tt.text), day)
		said := ""
		for _, d := range list.All() {
			said += fmt.Sprintf("%s: [%s] %s | %s\n", d.Position, d.Code, d.EN, d.HintEN)
			if d.FR == "" || d.Severity != diag.Error {
				t.Errorf("%s: %+v", tt.name, d)
			}
		}
		want := strings.ReplaceAll(tt.want, "[table_file] expected a name", "[table_file] file of a table: expected a name")
		if s != nil || !strings.Contains(said, strings.Split(want, " | ")[0]) || !strings.Contains(said, want[strings.LastIndex(want, " | ")+1:]) {
			t.Errorf("%s:\n%s\nwant %s", tt.name, said, want)
		}
	}
}

// A file holds so many rows and no more: the first beyond is told, and ends the reading.
func TestReadIsBounded(t *testing.T) {
	const most = 3
	for n, full := range map[int]bool{most: false, most + 2: true} {
		f := &file{spec: numbered(), name: "rooms.csv", most: most, first: map[string]int{}}
		s, list := f.read(&lineReader{left: n}, day)
		if !full {
			if err := list.Err(); err != nil || s.Len() != n {
				t.Error(err)
			}
			continue
		}
		if all := list.All(); s != nil || len(all) != 1 || all[0].Code != CodeSize || all[0].Line != most+2 {
			t.Errorf("%+v", all)
		}
	}
}

// numbered is a table whose keys are any numbers.
func numbered() *Spec {
	wide := *rooms
	wide.KeyPattern = regexp.MustCompile(`^[0-9]+$`)
	return &wide
}

// BenchmarkRead reads the largest file there may be.
func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		s, list := numbered().Read("rooms.csv", &lineReader{left: MaxRows}, day)
		if err := list.Err(); err != nil || s.Len() != MaxRows {
			b.Fatal(err)
		}
	}
}

// BenchmarkFeed takes a changed row into a table of 150,000, and shows it.
func BenchmarkFeed(b *testing.B) {
	feed := NewFeed(numbered(), "rooms")
	for i := range 150_000 {
		feed.Take("", strconv.AppendInt(nil, int64(i), 10), []byte(`{"open": true}`), day)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		feed.Take("", strconv.AppendInt(nil, int64(i%150_000), 10), []byte(`{"open": false}`), day)
		feed.Snapshot()
	}
}

// lineReader is a file of numbered rows, without its text.
type lineReader struct {
	left, next int
	rest       []byte
}

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		switch {
		case r.next == 0:
			r.rest = []byte("room;open\n")
		case r.next > r.left:
			return 0, io.EOF
		default:
			r.rest = fmt.Appendf(r.rest[:0], "%d;oui\n", r.next)
		}
		r.next++
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// A feed has the last row of each key. What it has shown stays as it was.
func TestFeed(t *testing.T) {
	feed := NewFeed(rooms, "rooms-topic")
	if feed.Snapshot() != nil {
		t.Error("a table before the first record")
	}
	take := func(n int, key, value string) {
		var v []byte
		if value != "" {
			v = []byte(value)
		}
		feed.Take(fmt.Sprintf("rooms/0/%d", n), []byte(key), v, day.Add(time.Duration(n)*time.Minute))
	}
	take(1, "101", `{"open": true}`)
	take(2, "102", `{"open": true, "room": "102"}`)
	before := feed.Snapshot()
	take(3, "101", `{"open": false}`)
	take(4, "102", "")
	take(5, "103", `{"names": ["a"]}`)
	after := feed.Snapshot()
	if before.Len() != 2 || after.Len() != 2 || !before.Date.Equal(day.Add(2*time.Minute)) || !after.Date.Equal(day.Add(5*time.Minute)) || after.Source != "rooms-topic" {
		t.Errorf("%+v %+v", before.Date, after.Date)
	}
	for room, want := range map[string][2]string{
		"101": {"true no_value no_value", "false no_value no_value"},
		"102": {"true no_value no_value", "no_row no_row no_row"},
		"103": {"no_row no_row no_row", "no_value a no_value"},
	} {
		if got := [2]string{seen(viewOf(before), room), seen(viewOf(after), room)}; got != want {
			t.Errorf("%s: %q, want %q", room, got, want)
		}
	}
}

// Of a key whose last record cannot be read nothing is known, until a record can.
func TestFeedRefuses(t *testing.T) {
	feed := NewFeed(rooms, "rooms-topic")
	good := []byte(`{"open": true}`)
	for i, tt := range []struct{ key, value, want string }{
		{"101", `{"open": 1}`, `open: expected true or false, found "1"`},
		{"101", `{"open": true`, "rooms/0/1"},
		{"101", `{"room": "102"}`, `room "102" contradicts the key "101"`},
		{"101", `{"opne": true}`, `unknown column "opne"`},
		{"1", `{"open": true}`, `expected three digits, found "1"`},
	} {
		feed.Take("rooms/0/0", []byte("101"), good, day)
		feed.Take(fmt.Sprintf("rooms/0/%d", i), []byte(tt.key), []byte(tt.value), day)
		n, first := feed.Refused()
		if n != 1 || !strings.Contains(first.Position.String()+first.EN, tt.want) {
			t.Errorf("%s %s: %d %+v", tt.key, tt.value, n, first)
		}
		if known := seen(viewOf(feed.Snapshot()), "101") == "true no_value no_value"; known != (tt.key != "101") {
			t.Errorf("%s %s: known: %v", tt.key, tt.value, known)
		}
	}
	feed.Take("rooms/0/9", []byte("1"), nil, day)
	if n, _ := feed.Refused(); n != 0 {
		t.Error("a record that was taken back is still refused")
	}
}

// A table is stale when it is older than it may be, and until somebody has said what time it is.
func TestTables(t *testing.T) {
	var none *Tables
	if s := none.View().Status(rooms); s.State != StateMissing || s.Spec != rooms {
		t.Errorf("%+v", s)
	}
	tables := &Tables{}
	tables.Declare(rooms, time.Hour)
	state := func() State { return tables.View().Status(rooms).State }
	states := []State{state()}
	s, _ := rooms.Read("rooms.csv", strings.NewReader("room;open\n101;oui\n"), day)
	tables.Publish(rooms, s)
	states = append(states, state())
	for _, age := range []time.Duration{0, time.Hour, time.Hour + 1} {
		tables.Tick(day.Add(age))
		states = append(states, state())
	}
	old := tables.View()
	fresh, _ := rooms.Read("rooms.csv", strings.NewReader("room;open\n101;non\n"), day.Add(time.Hour))
	tables.Publish(rooms, fresh)
	states = append(states, state())
	if want := []State{StateMissing, StateStale, StateCurrent, StateCurrent, StateStale, StateCurrent}; !slices.Equal(states, want) {
		t.Errorf("%v, want %v", states, want)
	}
	if got := seen(old, "101"); got != "stale stale stale" {
		t.Errorf("a view has changed: %s", got)
	}
	if got := seen(tables.View(), "101"); got != "false no_value no_value" {
		t.Errorf("%s", got)
	}
	if st := tables.View().Status(rooms); st.Rows != 1 || st.Source != "rooms.csv" || !st.Date.Equal(fresh.Date) || st.MaxAge != time.Hour {
		t.Errorf("%+v", st)
	}
}

// Rows are bounded together, not only their number: a row that grows counts, one that goes gives its room back.
func TestRowsAreBoundedTogether(t *testing.T) {
	var d draft
	large := strings.Repeat("x", maxBytes/2)
	d.set("a", large, true)
	d.set("b", large[:len(large)-2], true) // with the keys, as much as there may be
	for _, tt := range []struct {
		key, row string
		full     bool
	}{{"c", "", true}, {"", "", false}} {
		if fr, en := d.full(MaxRows, tt.key, tt.row); (fr != "") != tt.full || (en != "") != tt.full {
			t.Errorf("%q: %s, %s", tt.key, fr, en)
		}
	}
	d.set("b", "", false)
	if fr, _ := d.full(MaxRows, "c", large[2:]); fr != "" {
		t.Error(fr)
	}
	if fr, _ := d.full(1, "c", ""); fr == "" {
		t.Error("as many rows as there may be, and one more")
	}
	if fr, _ := d.full(1, "a", ""); fr != "" {
		t.Error(fr)
	}
}
