package archtest_test

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
)

// pages returns the Markdown pages of the repository by name.
func pages(t *testing.T, root fs.FS) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := path.Base(name); entry.IsDir() && name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "bin") {
			return fs.SkipDir
		}
		if path.Ext(name) == ".md" {
			data, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			found[name] = string(data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("only %d pages found: the test does not see the documentation", len(found))
	}
	return found
}

// first returns the distinct first groups of the matches of a pattern in a text.
func first(pattern *regexp.Regexp, text string) map[string]bool {
	found := map[string]bool{}
	for _, m := range pattern.FindAllStringSubmatch(text, -1) {
		found[m[1]] = true
	}
	return found
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	fence   = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	code    = regexp.MustCompile("`[^`\n]+`")
	comment = regexp.MustCompile(`(?m)(^| )#.*$`) // of a shell or YAML block
)

func TestLinksResolve(t *testing.T) {
	root := repository(t)
	all := pages(t, root)
	links := 0
	for page, text := range all {
		for target := range first(link, code.ReplaceAllString(fence.ReplaceAllString(text, ""), "")) {
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			links++
			file, anchor, _ := strings.Cut(target, "#")
			name := page
			if file != "" {
				name = path.Join(path.Dir(page), file)
			}
			if _, err := fs.Stat(root, name); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, target)
				continue
			}
			if anchor != "" && !anchors(all[name])[anchor] {
				t.Errorf("%s links to %s: there is no such heading", page, target)
			}
		}
	}
	if links < 20 {
		t.Errorf("only %d links found: the test does not see them", links)
	}
}

// anchors returns what GitHub and Forgejo make of the headings of a page.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for title := range first(heading, fence.ReplaceAllString(text, "")) {
		title = strings.ToLower(strings.TrimSpace(title))
		found[strings.ReplaceAll(regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(title, ""), " ", "-")] = true
	}
	return found
}

// TestCommandsExist keeps the pages from telling people to type what does not exist: make targets, verbs and flags of
// passerelle, wherever a page has them as code.
func TestCommandsExist(t *testing.T) {
	root := repository(t)
	makefile, err := fs.ReadFile(root, "Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := first(regexp.MustCompile(`(?m)^([a-z][a-z-]*):`), string(makefile))
	verbs, flags := map[string]bool{"help": true, "completion": true}, map[string]bool{"help": true}
	sources, err := fs.Glob(root, "cmd/passerelle/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		source, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		for verb := range first(regexp.MustCompile(`Use:\s+"([a-z-]+)`), string(source)) {
			verbs[verb] = true
		}
		for flag := range first(regexp.MustCompile(`Flags\(\)\.\w+Var\(&[\w.]+, "([a-z-]+)"`), string(source)) {
			flags[flag] = true
		}
	}
	if len(targets) < 5 || len(verbs) < 7 || len(flags) < 5 {
		t.Fatalf("targets %v, verbs %v, flags %v: the test does not see them all", targets, verbs, flags)
	}

	makeCommand := regexp.MustCompile(`\bmake(?: +[A-Z]+=\S+)* +([a-z][a-z-]*)`)
	verb := regexp.MustCompile(`(?:^|[\s/])passerelle +([a-z]+)`)
	invocation := regexp.MustCompile(`(?m)(?:^|[\s/])passerelle +[a-z]+(.*)$`)
	flag := regexp.MustCompile(`\s--([a-z][a-z-]*)`)
	for page, text := range pages(t, root) {
		inline := code.FindAllString(fence.ReplaceAllString(text, ""), -1)
		blocks := comment.ReplaceAllString(strings.Join(fence.FindAllString(text, -1), "\n"), "")
		commands := strings.ReplaceAll(strings.Join(inline, "\n"), "`", " ") + "\n" + blocks
		for target := range first(makeCommand, commands) {
			if !targets[target] {
				t.Errorf("%s mentions make %s: the Makefile has no such target", page, target)
			}
		}
		for v := range first(verb, commands) {
			if !verbs[v] {
				t.Errorf("%s mentions passerelle %s: there is no such verb", page, v)
			}
		}
		for arguments := range first(invocation, commands) {
			for f := range first(flag, arguments) {
				if !flags[f] {
					t.Errorf("%s mentions the flag --%s: no verb has it", page, f)
				}
			}
		}
	}
}
