package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/yamldoc"
	"github.com/commande-publique/passerelle/schemas/rules"
)

const buyersFile = "siret;active\n21350238800019;oui\n"

// configured compiles a configuration in a folder with the file of a directory.
func configured(t *testing.T, yaml, buyers string) (string, *Gateway, diag.List) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "annuaire.csv")
	if buyers != "" {
		require.NoError(t, os.WriteFile(file, []byte(buyers), 0o600))
	}
	cfg, list := config.Parse(filepath.Join(dir, "passerelle.yaml"), []byte(yaml), yamldoc.SystemResolver())
	require.NoError(t, list.Err())
	gateway, list := Compile(cfg)
	return file, gateway, list
}

// The faults of the file of the directory are told with those of the configuration, with their lines.
func TestDirectoryFaults(t *testing.T) {
	const yaml = "directory:\n  file: annuaire.csv\n"
	for _, tt := range []struct{ name, buyers, want string }{
		{"missing", "", "annuaire.csv: the file of a table cannot be read (the directory): no such file"},
		{"contradictory", buyersFile + "21350238800019;non\n", "annuaire.csv:3:1: siret 21350238800019 is on line 2 already"},
		{"a number that lost its zero", "siret;active\n1350238800019;oui\n", `annuaire.csv:2:1: siret: expected 14 digits, found "1350238800019"`},
	} {
		_, gateway, list := configured(t, yaml, tt.buyers)
		assert.Nil(t, gateway, tt.name)
		require.Error(t, list.Err(), tt.name)
		assert.ErrorContains(t, list.Err(), tt.want)
	}
}

// While the gateway serves, the file is read again when it changes. One that cannot be read leaves what is known, and is a
// fault until it can.
func TestDirectoryFileIsFollowed(t *testing.T) {
	file, gateway, list := configured(t, "directory:\n  file: annuaire.csv\n  max_age: 24h\n", buyersFile)
	require.NoError(t, list.Err())
	tables := servedTables(gateway)
	require.Equal(t, rules.Directory(), tables[0].Spec)
	written := time.Now().Truncate(time.Second)
	write := func(text string) {
		written = written.Add(time.Minute)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		require.NoError(t, os.Chtimes(file, written, written))
	}
	now := written.Add(time.Hour)
	look := func() string {
		code := ""
		for _, f := range tables[0].look(now) {
			code += f.Code + " "
			for _, text := range []string{f.Subject, f.FR, f.EN, f.RemedyFR, f.RemedyEN} {
				assert.NotEmpty(t, text, f.Code)
			}
		}
		return code
	}
	active := func() (bool, reference.Lack) {
		return gateway.Tables.View().Flag(rules.Directory(), "21350238800019", rules.Directory().Column("active"))
	}
	known := func(want bool) {
		t.Helper()
		is, lack := active()
		assert.Equal(t, reference.Nothing, lack)
		assert.Equal(t, want, is)
	}
	assert.Empty(t, look())
	known(true)
	reported := reportTables(tables)
	assert.Equal(t, "directory current "+file, reported[0].Name+" "+reported[0].State+" "+reported[0].Source)
	assert.Equal(t, 1, reported[0].Rows)
	write("siret;active\n21350238800019;non\n")
	assert.Empty(t, look())
	known(false)
	write("siret;actif\n21350238800019;oui\n")
	for range 2 {
		assert.Equal(t, "directory_unreadable ", look())
	}
	known(false)
	require.NoError(t, os.Remove(file))
	assert.Equal(t, "directory_unreadable ", look())
	known(false)
	write(buyersFile)
	assert.Empty(t, look())
	known(true)
	now = written.Add(24*time.Hour + time.Second)
	assert.Equal(t, "directory_stale ", look())
	_, lack := active()
	assert.Equal(t, reference.Stale, lack)
	write(buyersFile)
	assert.Empty(t, look())
	known(true)
}

// Where no table is configured and no route writes one, there is none.
func TestNoTables(t *testing.T) {
	_, gateway, list := configured(t, "routes:\n  catalog: false\n", "")
	require.NoError(t, list.Err())
	assert.Empty(t, reportTables(servedTables(gateway)))
	assert.Equal(t, reference.StateMissing, gateway.Tables.View().Status(rules.Directory()).State)
}
