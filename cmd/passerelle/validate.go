package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/transformers"
)

func (c *cli) validate() *cobra.Command {
	var by judgeFlags
	var packs []string
	var dataschema string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "validate [--schema FILE | --kind KIND | --rules PACK,...] FILE...",
		Short: c.say("Juger des documents par leur schéma ou par des règles, sans routes", "Judge documents by their schema or by rules, without routes"),
		Long: c.say(
			"Sans --schema ni --kind, chaque document est reconnu et transformé comme par explain, puis jugé par la structure de son\nformat et le schéma de son type. --rules juge par les paquets nommés, quel que soit le profil, ce qui est là d'un document\nmême partiel ; valide s'entend alors de leurs seules règles.\nCode 1 si un document n'est pas valide, 2 si le schéma ou la configuration ne se charge pas.",
			"Without --schema and --kind each document is recognised and transformed as explain does, then judged by the structure of its\nformat and the schema of its kind. --rules judges by the named packs, whatever the profile, what is there of a document,\neven a partial one; valid then means by their rules alone. Exit code 1 when a document is not valid, 2 when the schema or the configuration does not load."),
		Args: c.some("un fichier au moins", "at least one file"),
		RunE: func(_ *cobra.Command, files []string) error {
			if len(packs) > 0 {
				if by != (judgeFlags{}) {
					return errors.New(c.say("--rules ne va pas avec --schema, --kind ni --assert-format", "--rules does not go with --schema, --kind or --assert-format"))
				}
				return c.validateByRules(packs, dataschema, files, asJSON)
			}
			judge, gateway, err := c.judgeBy(by, dataschema)
			if err != nil {
				return err
			}
			var result error
			for _, file := range files {
				violations, err := c.judgeFile(gateway, file, judge)
				if err != nil {
					return err
				}
				valid := !violation.AnyFatal(violations)
				if !valid {
					result = errRefused
				}
				if asJSON {
					if err := json.NewEncoder(c.out).Encode(validation{file, valid, shown(violations)}); err != nil {
						return err
					}
					continue
				}
				c.verdict(file, valid, violations)
			}
			return result
		},
	}
	cmd.Flags().StringVar(&by.schema, "schema", "", c.say("schéma JSON (draft-07, 2019-09 ou 2020-12) qui juge les documents", "JSON Schema (draft-07, 2019-09 or 2020-12) that judges the documents"))
	cmd.Flags().StringVar(&by.kind, "kind", "", c.say("type dont les documents ont la forme canonique JSON", "kind whose canonical JSON form the documents have"))
	cmd.Flags().StringSliceVar(&packs, "rules", nil, c.say("paquets de règles qui jugent les documents", "rule packs that judge the documents"))
	cmd.Flags().BoolVar(&by.assertFormat, "assert-format", false, c.say("avec --schema : contrôler les formats aussi en 2019-09 et 2020-12", "with --schema: check formats in 2019-09 and 2020-12 as well"))
	cmd.Flags().StringVar(&dataschema, "dataschema", "", c.saysDataschema())
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("un objet JSON par fichier", "one JSON object a file"))
	return cmd
}

// verdict says whether a document is valid, and why not. What keeps the rules that it was asked about may be refused all the
// same.
func (c *cli) verdict(file string, valid bool, violations []violation.Violation) {
	switch {
	case !valid:
		c.printf("%s : non valide\n", "%s: not valid\n", file)
	case violation.AnyFatal(violations):
		c.printf("%s : valide pour ces règles seules ; la passerelle refuserait ce document\n", "%s: valid by these rules alone; the gateway would refuse this document\n", file)
	default:
		c.printf("%s : valide\n", "%s: valid\n", file)
	}
	c.violations(violations)
}

// validation is the answer of validate --json.
type validation struct {
	File       string           `json:"file"`
	Valid      bool             `json:"valid"`
	Violations []shownViolation `json:"violations"`
}

// ruling is the answer of validate --rules --json.
type ruling struct {
	File       string           `json:"file"`
	Format     *string          `json:"format"`
	Profile    *string          `json:"profile"`
	Tables     []explainedTable `json:"tables,omitempty"`
	Valid      bool             `json:"valid"`
	Violations []ruledViolation `json:"violations"`
}

// ruledViolation always says at how many places.
type ruledViolation struct {
	shownViolation
	Count int `json:"count"`
}

// validateByRules judges documents by the newest versions of rule packs. A document is valid when it breaks none of
// their fatal rules, whatever else is wrong with it, as long as it is recognised and there is something to judge.
func (c *cli) validateByRules(names []string, dataschema string, files []string, asJSON bool) error {
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
		var found pipeline.Ruling
		if l := c.large(gateway, file); l != nil {
			found.Identity.Format = transformers.DECP
			found.Violations, err = l.judge(func(value []byte) []violation.Violation {
				return gateway.Pipeline.JudgeByRules(value, dataschema, packs).Violations
			})
			found.Valid = !violation.AnyFatal(found.Violations)
		} else {
			var value []byte
			if value, err = c.readDocument(file); err == nil {
				found = gateway.Pipeline.JudgeByRules(value, dataschema, packs)
			}
		}
		if err != nil {
			return err
		}
		if !found.Valid {
			result = errRefused
		}
		if !asJSON {
			c.verdict(file, found.Valid, found.Violations)
			continue
		}
		answer := ruling{File: file, Format: optional(string(found.Identity.Format)), Profile: optional(found.Profile), Tables: explainedTables(found.Tables), Valid: found.Valid, Violations: []ruledViolation{}}
		for _, v := range shown(found.Violations) {
			answer.Violations = append(answer.Violations, ruledViolation{v, max(1, v.Count)})
		}
		if err := json.NewEncoder(c.out).Encode(answer); err != nil {
			return err
		}
	}
	return result
}

// judgeFlags say what documents are judged by.
type judgeFlags struct {
	schema, kind string
	assertFormat bool
}

// judgeBy returns what judges the bytes of a document, and the gateway where that recognises documents. The error is errUsage
// when the faults of a schema or of the configuration have been told.
func (c *cli) judgeBy(by judgeFlags, dataschema string) (func(value []byte) []violation.Violation, *app.Gateway, error) {
	switch {
	case by.schema != "" && by.kind != "":
		return nil, nil, errors.New(c.say("--schema et --kind : attendu l'un ou l'autre", "--schema and --kind: expected one or the other"))
	case by.assertFormat && by.schema == "":
		return nil, nil, errors.New(c.say("--assert-format ne vaut qu'avec --schema : le schéma d'un type contrôle toujours les formats", "--assert-format needs --schema: the schema of a kind always checks formats"))
	case dataschema != "" && (by.schema != "" || by.kind != ""):
		return nil, nil, errors.New(c.say("--dataschema ne va pas avec --schema ni --kind : elle choisit la version d'un document à reconnaître",
			"--dataschema does not go with --schema or --kind: it chooses the version of a document that is to be recognised"))
	case by.schema != "":
		schema, err := c.compile(by)
		if err != nil {
			return nil, nil, err
		}
		return judgeJSON(schema), nil, nil
	}
	gateway, err := c.loadToJudge()
	if err != nil {
		return nil, nil, err
	}
	if by.kind == "" {
		return func(value []byte) []violation.Violation { return gateway.Pipeline.Shape(value, dataschema) }, gateway, nil
	}
	schema := gateway.Schemas.Schema(by.kind)
	if schema == nil {
		return nil, nil, fmt.Errorf(c.say("type de document inconnu : « %s » ; attendu : %s", "unknown kind of document: %q; expected one of %s"),
			by.kind, strings.Join(gateway.Schemas.Kinds(), ", "))
	}
	return judgeJSON(schema), nil, nil
}

// judgeJSON judges JSON documents by a schema.
func judgeJSON(schema *schemas.Schema) func([]byte) []violation.Violation {
	return func(value []byte) []violation.Violation {
		doc, fault := jsondoc.Parse(value)
		if fault != nil {
			return []violation.Violation{*fault}
		}
		return schema.Validate(doc)
	}
}

// compile loads the schema of --schema and tells its faults, each with its place.
func (c *cli) compile(by judgeFlags) (*schemas.Schema, error) {
	data, err := os.ReadFile(by.schema)
	if err != nil {
		return nil, err
	}
	schema, err := schemas.Options{AssertFormat: by.assertFormat}.Compile(by.schema, data)
	var faults *diag.Errors
	if errors.As(err, &faults) {
		if err := diag.Print(c.err, faults.List, func(string) []byte { return data }, c.lang); err != nil {
			return nil, err
		}
		return nil, errUsage
	}
	return schema, err
}
