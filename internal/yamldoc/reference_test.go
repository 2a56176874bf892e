package yamldoc

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/diag"
)

func TestExpand(t *testing.T) {
	cases := []struct {
		data, want string
		reference  bool
	}{
		{"a: ${env:PASSWORD}", "s3cret", true},
		{"a: 'x ${env:PASSWORD}-${env:PORT} y'", "x s3cret-8080 y", true},
		{"a: ${file:secret.txt}", "from a file", true},
		{"a: ${file:/etc/secret.txt}", "from a file", true},
		{"a: $${env:PASSWORD}", "${env:PASSWORD}", false},
		{"a: $$${env:PORT}", "$${env:PORT}", false},
		{"a: $x $ {y} $", "$x $ {y} $", false},
		{"a: ${env:REF}", "${env:PASSWORD}", true},
		{"a: \"${env:EMPTY}\"", "", true},
		{"a: |\n  x\n  ${env:PORT}\n", "x\n8080\n", true},
	}
	for _, c := range cases {
		t.Run(c.data, func(t *testing.T) {
			n, list := Parse("testdata/f.yaml", []byte(c.data))
			require.NoError(t, list.Err())
			require.NoError(t, Expand(n, testResolver()).Err())
			var got struct {
				A String `yaml:"a"`
			}
			require.NoError(t, Decode(n, &got).Err())
			require.Equal(t, c.want, got.A.Value)
			require.Equal(t, c.reference, got.A.Reference)
			if c.want == "$x $ {y} $" {
				return // nothing was replaced
			}
			require.Equal(t, got.A.Pos, got.A.PositionAt(1, 3), "the text does not lie in the file: the start is the answer")
		})
	}
}

func TestExpandGivesTypedValues(t *testing.T) {
	n, list := Parse("f", []byte("port: ${env:PORT}\nenabled: \"${env:ON}\"\nname: x\nfrom: [a]\n"))
	require.NoError(t, list.Err())
	require.NoError(t, Expand(n, testResolver()).Err())
	var got target
	require.NoError(t, Decode(n, &got).Err())
	require.Equal(t, Int{Value: 8080, Pos: diag.Position{File: "f", Line: 1, Column: 7}, Reference: true}, got.Port)
	require.True(t, got.Enabled.Value && got.Enabled.Reference)
}

func TestSystemResolver(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("p4ss\n"), 0o600))
	t.Setenv("YAMLDOC_TEST", "from the environment")
	n, list := Parse(filepath.Join(dir, "f.yaml"), []byte("[\"${file:secret}\", \"${env:YAMLDOC_TEST}\"]"))
	require.NoError(t, list.Err())
	require.NoError(t, Expand(n, SystemResolver()).Err())
	require.Equal(t, "p4ss", n.Items[0].Text())
	require.Equal(t, "from the environment", n.Items[1].Text())

	for _, c := range []struct{ path, fr, en string }{
		{"/dev/zero", "plus de 1048576 octets", "more than 1048576 bytes"},
		{".", "répertoire", "directory"},
		{"absent", "il n'existe pas", "it does not exist"},
	} {
		n, list := Parse(filepath.Join(dir, "f.yaml"), []byte("[\"${file:"+c.path+"}\"]"))
		require.NoError(t, list.Err())
		all := Expand(n, SystemResolver()).All()
		require.Len(t, all, 1)
		require.Contains(t, all[0].EN, c.en)
		if c.path != "." { // the words of the operating system are English
			require.Contains(t, all[0].FR, c.fr)
		}
	}
}

func TestExpandIsBounded(t *testing.T) {
	big := Resolver{Env: func(string) (string, bool) { return strings.Repeat("x", 1<<20), true }}
	n, list := Parse("f", []byte("["+strings.Repeat("\"${env:X}${env:X}\", ", 100)+"]"))
	require.NoError(t, list.Err())
	all := Expand(n, big).All()
	require.Len(t, all, 1)
	require.Equal(t, CodeLimit, all[0].Code)
	require.Equal(t, diag.Position{File: "f", Line: 1, Column: 2 + 4*20 + 1}, all[0].Position, "the ninth")
}

// TestOneLongLine would take minutes if any place were found by walking the line.
func TestOneLongLine(t *testing.T) {
	for _, data := range []string{
		"[" + strings.Repeat("'${x}', ", 30_000) + "]",
		"'" + strings.Repeat("${x} ", 50_000) + "'",
		"{" + strings.Repeat("'a': b, ", 2) + strings.Repeat(" ", 300_000) + "'${x': 'y ${'}",
		"\"" + strings.Repeat(" ", 300_000) + "\\n${x\"",
	} {
		n, _ := Parse("f", []byte(data))
		require.NotNil(t, n)
		list := Expand(n, testResolver())
		require.True(t, list.HasErrors())
		list.Append(Decode(n, &target{}))
	}
}
