package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/examples"
)

var block = regexp.MustCompile("(?s)```(yaml|console)\n(.*?)```")

// TestTheRulePacksPage does what the page on rules says: its YAML blocks are files, named by their first line, and its
// commands print what it shows, "…" standing for anything.
func TestTheRulePacksPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "rule-packs.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := examples.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		write("documents/"+e.File, string(e.Data))
		if e.File == "ubl-invoice.xml" {
			write("facture.xml", strings.Replace(string(e.Data), "EJ-2026-004512", "004512", 1))
		}
	}
	commands := 0
	for _, b := range block.FindAllStringSubmatch(string(page), -1) {
		first, rest, _ := strings.Cut(b[2], "\n")
		if b[1] == "yaml" {
			write(strings.TrimPrefix(first, "# "), b[2])
			continue
		}
		commands++
		arguments := strings.Fields(strings.TrimPrefix(first, "$ passerelle "))
		var out, errs bytes.Buffer
		command := exec.Command("passerelle", arguments...) // testscript.Main puts it on the path
		command.Dir, command.Stdout, command.Stderr = dir, &out, &errs
		command.Env = append(os.Environ(), "LANG=fr_FR.UTF-8")
		_ = command.Run() // a refused document has a code other than 0
		want := "^" + strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(rest)), "…", ".*") + "$"
		if got := strings.TrimSpace(out.String()); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s prints\n%s\n%s", first, got, errs.String())
		}
	}
	if commands != 3 {
		t.Errorf("%d commands", commands)
	}
}
