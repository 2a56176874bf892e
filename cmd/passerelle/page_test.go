package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var block = regexp.MustCompile("(?s)```(yaml|console)\n(.*?)```")

// TestTheRulePacksPage follows the page on rules in an empty folder, as its reader does: its YAML blocks are files, named by
// their first line, and its commands print what it shows, "…" standing for anything.
func TestTheRulePacksPage(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "rule-packs.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	commands := 0
	for _, b := range block.FindAllStringSubmatch(string(page), -1) {
		if b[1] == "yaml" {
			name, _, _ := strings.Cut(b[2], "\n")
			if err := os.WriteFile(filepath.Join(dir, strings.TrimPrefix(name, "# ")), []byte(b[2]), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for _, step := range strings.Split("\n"+b[2], "\n$ ")[1:] {
			commands++
			line, shown, _ := strings.Cut(step, "\n")
			command := exec.Command("sh", "-c", line) // testscript.Main puts passerelle on the path
			command.Dir = dir
			command.Env = append(os.Environ(), "LANG=fr_FR.UTF-8", "DEPOT="+root)
			out, _ := command.CombinedOutput() // a refused document has a code other than 0
			want := "^" + strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(shown)), "…", ".*") + "$"
			if got := strings.TrimSpace(string(out)); !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("%s prints\n%s", line, got)
			}
		}
	}
	if commands < 12 {
		t.Errorf("%d commands", commands)
	}
}
