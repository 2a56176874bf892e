package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/schemas/rules/ruletest"
)

func (c *cli) rules() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: c.say("Lister, expliquer et tester les règles métier", "List, explain and test the business rules"),
	}
	c.verbs(cmd)
	cmd.AddCommand(c.rulesList(), c.rulesShow(), c.rulesTest())
	return cmd
}

// packs returns the versions of the named packs that are in force today, or of all packs when none is named.
func (c *cli) packs(g *app.Gateway, names []string) ([]*rules.Pack, error) {
	if len(names) == 0 {
		names = g.Rules.Names()
	}
	var packs []*rules.Pack
	for _, name := range names {
		pack := g.Rules.At(name, "")
		if pack == nil {
			return nil, fmt.Errorf(c.say("paquet de règles inconnu : « %s » ; attendu : %s", "unknown rule pack: %q; expected one of %s"),
				name, strings.Join(g.Rules.Names(), ", "))
		}
		packs = append(packs, pack)
	}
	return packs, nil
}

// severity says a severity in the operator's language.
func (c *cli) severity(s violation.Severity) string {
	switch s {
	case violation.Warning:
		return c.say("avertissement", "warning")
	case violation.NotVerified:
		return c.say("non vérifié", "not verified")
	}
	return c.say("refus", "refusal")
}

// listedRule is a line of rules list --json.
type listedRule struct {
	Pack     string             `json:"pack"`
	Version  string             `json:"version"`
	ID       string             `json:"id"`
	Severity violation.Severity `json:"severity"`
	Terms    []string           `json:"terms"`
	FR       string             `json:"fr"`
	EN       string             `json:"en"`
}

func (c *cli) rulesList() *cobra.Command {
	var names []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [--pack PACK,...]",
		Short: c.say("Les règles, une par ligne", "The rules, one a line"),
		Args:  c.nothing,
		RunE: func(*cobra.Command, []string) error {
			gateway, err := c.load()
			if err != nil {
				return err
			}
			packs, err := c.packs(gateway, names)
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			for _, pack := range packs {
				for _, r := range pack.All() {
					if asJSON {
						err = json.NewEncoder(c.out).Encode(listedRule{pack.Name, pack.Version, r.ID, r.Severity, r.Terms, r.Message.FR, r.Message.EN})
					} else {
						_, err = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.ID, c.severity(r.Severity), strings.Join(r.Terms, " "), c.say(r.Message.FR, r.Message.EN))
					}
					if err != nil {
						return err
					}
				}
			}
			return table.Flush()
		},
	}
	cmd.Flags().StringSliceVar(&names, "pack", nil, c.say("paquets de règles ; tous sans cela", "rule packs; without it, all"))
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("un objet JSON par règle", "one JSON object a rule"))
	return cmd
}

func (c *cli) rulesShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show RULE",
		Short: c.say("Une règle : ce qu'elle veut, ses termes, son expression, ses versions", "One rule: what it wants, its terms, its expression, its versions"),
		Args:  c.one("une règle", "one rule"),
		RunE: func(_ *cobra.Command, args []string) error {
			gateway, err := c.load()
			if err != nil {
				return err
			}
			var ids []string
			found := false
			for _, name := range gateway.Rules.Names() {
				for _, pack := range gateway.Rules.Versions(name) {
					for _, r := range pack.All() {
						if r.Pack != "" && !slices.Contains(pack.Extends.Changes, r.ID) {
							continue // the pack that it is taken from shows it
						}
						ids = append(ids, r.ID)
						official := func(f rules.Form) bool { return f.Official == args[0] }
						if r.ID == args[0] || slices.ContainsFunc(r.Forms, official) {
							found = true
							c.showRule(pack, r)
						}
					}
				}
			}
			if !found {
				if nearest := diag.Nearest(args[0], ids); nearest != "" {
					return fmt.Errorf(c.say("règle inconnue : « %s » ; la plus proche : %s", "unknown rule: %q; the nearest: %s"), args[0], nearest)
				}
				return fmt.Errorf(c.say("règle inconnue : « %s » ; « rules list » les donne toutes, les vôtres avec --config", "unknown rule: %q; \"rules list\" has them all, yours with --config"), args[0])
			}
			return nil
		},
	}
}

func (c *cli) showRule(pack *rules.Pack, r *rules.Rule) {
	c.printf("%s  (%s %s, depuis le %s)\n", "%s  (%s %s, since %s)\n", r.ID, pack.Name, pack.Version, pack.From)
	c.printf("  fr        %s\n", "  fr        %s\n", r.Message.FR)
	c.printf("  remède    %s\n", "  remedy fr %s\n", r.Remedy.FR)
	c.printf("  en        %s\n", "  en        %s\n", r.Message.EN)
	c.printf("  remède en %s\n", "  remedy    %s\n", r.Remedy.EN)
	c.printf("  gravité   %s\n", "  severity  %s\n", c.severity(r.Severity))
	c.printf("  termes    %s\n", "  terms     %s\n", strings.Join(r.Terms, " "))
	for _, form := range r.Forms {
		c.printf("  en %s\n", "  in %s\n", form.Syntax)
		c.expression("    nommée  ", "    called  ", form.Official)
		c.expression("    pour    ", "    for     ", strings.Join(form.For, ", "))
		c.expression("    si      ", "    when    ", form.When)
		c.expression("    épreuve ", "    test    ", form.Test)
		c.expression("    montre  ", "    at      ", form.At)
	}
}

// expression shows a part of a rule where it has one.
func (c *cli) expression(fr, en, text string) {
	if text = strings.TrimSpace(text); text != "" {
		c.printf(fr+"%s\n", en+"%s\n", text)
	}
}

// testReport is the answer of rules test --json.
type testReport struct {
	File     string        `json:"file"`
	Passed   int           `json:"passed"`
	Failed   int           `json:"failed"`
	Failures []testFailure `json:"failures"`
}

type testFailure struct {
	Line     int                  `json:"line"`
	Name     string               `json:"name"`
	Rule     string               `json:"rule"`
	Expected ruletest.Expectation `json:"expected"`
	Number   int                  `json:"number,omitempty"`
	Found    ruletest.Expectation `json:"found,omitempty"`
	Places   int                  `json:"places,omitempty"`
	Fault    string               `json:"fault,omitempty"`
}

func (c *cli) rulesTest() *cobra.Command {
	var names []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "test [--pack PACK,...] FILE...",
		Short: c.say("Exécuter des tests de règles : testSet de Vefa, ou YAML", "Run tests of rules: a Vefa testSet, or YAML"),
		Long: c.say(
			"Chaque test nomme les règles qui doivent signaler un document (error, warning) ou s'en taire (success).\nCode 1 si un test échoue, 2 si un fichier de tests ou la configuration ne se lit pas.",
			"Each test names the rules that must report a document (error, warning) or keep silent about it (success).\nExit code 1 when a test fails, 2 when a test file or the configuration cannot be read."),
		Args: c.some("un fichier de tests au moins", "at least one file of tests"),
		RunE: func(_ *cobra.Command, files []string) error {
			gateway, err := c.loadToJudge()
			if err != nil {
				return err
			}
			packs, err := c.packs(gateway, names)
			if err != nil {
				return err
			}
			var result error
			for _, file := range files {
				report, err := c.runTests(gateway, packs, file, asJSON)
				if err != nil {
					return err
				}
				if report.Failed > 0 {
					result = errRefused
				}
				if asJSON {
					if err := json.NewEncoder(c.out).Encode(report); err != nil {
						return err
					}
				}
			}
			return result
		},
	}
	cmd.Flags().StringSliceVar(&names, "pack", nil, c.say("paquets de règles ; tous sans cela", "rule packs; without it, all"))
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("un objet JSON par fichier", "one JSON object a file"))
	return cmd
}

// runTests runs the tests of one file and, unless quiet, tells what failed.
func (c *cli) runTests(g *app.Gateway, packs []*rules.Pack, file string, quiet bool) (testReport, error) {
	data, err := c.readDocument(file)
	if err != nil {
		return testReport{}, err
	}
	cases, faults := ruletest.Parse(file, data, func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(filepath.Dir(file), name)) })
	if err := c.report(faults); err != nil {
		return testReport{}, err
	}
	if faults.HasErrors() {
		return testReport{}, errUsage
	}
	known := map[string]bool{}
	for _, pack := range packs {
		for _, r := range pack.All() {
			known[r.ID] = true
		}
	}
	report := testReport{File: file, Failures: []testFailure{}}
	for _, r := range ruletest.Run(cases, func(document []byte) ([]violation.Violation, error) {
		found := g.Pipeline.JudgeByRules(document, "", packs)
		if found.Identity.Format == "" {
			return nil, errors.New(c.say("document non reconnu", "the document is not recognised"))
		}
		return found.Violations, nil
	}) {
		if !known[r.Rule] {
			r.Passed, r.Fault = false, c.say("aucun paquet n'a cette règle", "no pack has this rule")
		}
		if r.Passed {
			report.Passed++
			continue
		}
		report.Failed++
		report.Failures = append(report.Failures, testFailure{r.Line, r.Name, r.Rule, r.Expect, r.Number, r.Found, r.FoundNumber, r.Fault})
		if !quiet {
			fr, en := r.Describe()
			c.printf("%s, %s\n", "%s, %s\n", file, c.say(fr, en))
		}
	}
	if !quiet {
		c.printf("%s : %d réussi(s), %d échoué(s)\n", "%s: %d passed, %d failed\n", file, report.Passed, report.Failed)
	}
	return report, nil
}
