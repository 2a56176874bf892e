package yamldoc

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/diag"
)

func TestDecodeValues(t *testing.T) {
	data, err := os.ReadFile("testdata/fine.yaml")
	require.NoError(t, err)
	got := target{Count: 7, Nested: inner{When: String{Value: "default"}}}
	require.NoError(t, Unmarshal("fine.yaml", data, &got).Err())

	at := func(line, column int) diag.Position {
		return diag.Position{File: "fine.yaml", Line: line, Column: column}
	}
	require.Equal(t, at(2, 1), got.Pos)
	require.Equal(t, "été", got.Name.Value)
	require.Equal(t, at(2, 7), got.Name.Pos)
	require.Equal(t, "1.10", got.Version, "an unquoted number keeps what was written")
	require.Equal(t, "yes", got.Answer.Value, "yes is text")
	require.Equal(t, Int{Value: 8080, Pos: at(5, 7)}, got.Port)
	require.Equal(t, Bool{Value: true, Pos: at(6, 10)}, got.Enabled)
	require.Equal(t, Duration{Value: 90 * time.Minute, Pos: at(7, 7)}, got.Wait)
	require.Equal(t, Bytes{Value: 16 << 20, Pos: at(8, 7)}, got.Size)
	require.Equal(t, []string{"original", "canonical"}, got.Forms)
	require.Equal(t, at(12, 3), got.From.Pos)
	require.Equal(t, "buyers", got.From.Items[1].Value)
	require.Equal(t, at(13, 5), got.From.Items[1].Pos)
	require.Equal(t, []string{"zulu", "alpha"}, got.Labels.Keys(), "the order of the file")
	alpha, ok := got.Labels.Get("alpha")
	require.True(t, ok)
	require.Equal(t, at(16, 10), alpha.Pos)
	for key, value := range got.Labels.All() {
		require.Equal(t, at(15, 3), key.Pos)
		require.Equal(t, "z", value.Value)
		break
	}
	_, ok = got.Labels.Get("none")
	require.False(t, ok)
	require.True(t, got.Receipts.None)
	require.Equal(t, "default", got.Nested.When.Value, "a block without lines keeps the defaults")
	require.Equal(t, 7, got.Count, "an absent field keeps its default")
	require.False(t, got.Strict)
	require.Equal(t, "it's", got.Optional.When.Value)
	require.Equal(t, "money(doc.totals.payable)\n  >= money(\"0\")\n", got.Items[0].When.Value)
	require.Equal(t, at(24, 7), got.Items[0].When.Pos, "the first line of content")
	require.Equal(t, "true", got.Items[1].When.Value)
	require.True(t, got.Size.IsSet() && got.Name.IsSet() && got.From.IsSet() && got.Labels.IsSet())
	require.False(t, String{Value: "default"}.IsSet() || Int{}.IsSet() || List[int]{}.IsSet() || Map[int]{}.IsSet())
}

func TestDecodePlainTargets(t *testing.T) {
	var got struct {
		Pause time.Duration          `yaml:"pause"`
		Size  Size                   `yaml:"size"`
		Map   map[string][]uint8     `yaml:"map"`
		Raw   *Node                  `yaml:"raw"`
		Deep  Map[List[Map[*inner]]] `yaml:"deep"`
	}
	list := Unmarshal("f", []byte("pause: 0\nsize: 3 kB\nmap: {a: [1, 255]}\nraw: {x: [1]}\ndeep: {a: [{b: {when: c}}]}\n"), &got)
	require.NoError(t, list.Err())
	require.Equal(t, time.Duration(0), got.Pause)
	require.Equal(t, Size(3000), got.Size)
	require.Equal(t, map[string][]uint8{"a": {1, 255}}, got.Map)
	require.Equal(t, "raw.x[0]", got.Raw.Field("x").Items[0].Path())
	require.Nil(t, got.Raw.Field("y"))
	require.Equal(t, "c", got.Deep.Entries[0].Value.Items[0].Entries[0].Value.When.Value)
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "1048576": 1 << 20, "12B": 12, "1KiB": 1024, "16MiB": 16 << 20, "2 GiB": 2 << 30, "5KB": 5000, "5MB": 5e6, "5GB": 5e9,
		"": -1, "-1": -1, "1.5MiB": -1, "MiB": -1, "1mib": -1, "01": -1, "1  KB": -1, "8589934592GiB": -1, "99999999999999999999": -1,
	} {
		got, ok := parseSize(text)
		if !ok {
			got = -1
		}
		require.Equal(t, want, got, text)
	}
}

func TestFaultsOfTheProgram(t *testing.T) {
	one := "a: 1"
	cases := map[string]any{
		"not a pointer": target{},
		"nil pointer":   (*target)(nil),
		"chan": &struct {
			A chan int `yaml:"a"`
		}{},
		"any": &struct {
			A any `yaml:"a"`
		}{},
		"float": &struct {
			A float64 `yaml:"a"`
		}{},
		"unexported": &struct {
			a int `yaml:"a"`
		}{},
		"unnamed": &struct {
			A int `yaml:",required"`
		}{},
		"unknown option": &struct {
			A int `yaml:"a,omitempty"`
		}{},
		"oneof of a number": &struct {
			A int `yaml:"a,oneof=1|2"`
		}{},
		"integer keys": &map[int]string{},
	}
	for name, into := range cases {
		t.Run(name, func(t *testing.T) {
			all := Unmarshal("f", []byte(one), into).All()
			require.NotEmpty(t, all)
			require.Equal(t, CodeTarget, all[0].Code)
		})
	}
}

func TestBounds(t *testing.T) {
	cases := []struct {
		name, data, code string
	}{
		{"bytes", strings.Repeat("#", MaxBytes+1), CodeLimit},
		{"nodes", "[" + strings.Repeat("1,", MaxNodes) + "1]", CodeLimit},
		{"deep flow", strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), CodeLimit},
		{"deep block", strings.Repeat("- ", MaxDepth+1) + "a", CodeLimit},
		{"very deep block", strings.Repeat("- ", 100_000) + "a", CodeLimit},
		{"very deep flow", strings.Repeat("{a: ", 100_000), CodeLimit},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n, list := Parse("f", []byte(c.data))
			require.Nil(t, n)
			require.Len(t, list.All(), 1)
			require.Equal(t, c.code, list.All()[0].Code)
		})
	}
	n, list := Parse("f", []byte(strings.Repeat("[", MaxDepth-1)+"1"+strings.Repeat("]", MaxDepth-1)))
	require.NoError(t, list.Err())
	require.NotNil(t, n)
	n, list = Parse("f", []byte("["+strings.Repeat("1,", MaxNodes-2)+"1]"))
	require.NoError(t, list.Err())
	require.Len(t, n.Items, MaxNodes-1)
}

func TestFaultsStayBounded(t *testing.T) {
	list := Unmarshal("f", []byte(strings.Repeat("- {}\n", 5000)), &[]string{})
	require.Equal(t, 5000, list.Len())
	require.Len(t, list.All(), 100)
	require.Equal(t, 4900, list.More())
}
