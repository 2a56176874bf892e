package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/diag"
)

// What a verb expects behind its name. Whatever else is there is told in the operator's language, with where to look.

// verbs makes a command that does nothing itself: it shows its help, and refuses what is none of its verbs.
func (c *cli) verbs(cmd *cobra.Command) {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var names []string
		for _, verb := range cmd.Commands() {
			if verb.IsAvailableCommand() {
				names = append(names, verb.Name())
			}
		}
		if nearest := diag.Nearest(args[0], names); nearest != "" {
			return fmt.Errorf(c.say("verbe inconnu : « %s » ; le plus proche : %s", "unknown verb: %q; the nearest: %s"), args[0], nearest)
		}
		return fmt.Errorf(c.say("verbe inconnu : « %s » ; attendu : %s", "unknown verb: %q; expected one of %s"), args[0], strings.Join(names, ", "))
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// nothing expects no argument.
func (c *cli) nothing(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return c.misused(cmd, fmt.Sprintf(c.say("rien n'est attendu derrière ce verbe, trouvé « %s »", "nothing is expected behind this verb, found %q"), args[0]))
	}
	return nil
}

// some expects at least one argument, named in both languages.
func (c *cli) some(fr, en string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.misused(cmd, fmt.Sprintf(c.say("attendu : %s", "expected: %s"), c.say(fr, en)))
		}
		return nil
	}
}

// one expects one argument, named in both languages.
func (c *cli) one(fr, en string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return c.misused(cmd, fmt.Sprintf(c.say("attendu : %s, trouvé : %d", "expected: %s, found: %d"), c.say(fr, en), len(args)))
		}
		return nil
	}
}

// badFlag tells of a flag that a verb does not have, or of a value that it does not take.
func (c *cli) badFlag(cmd *cobra.Command, err error) error {
	return c.misused(cmd, fmt.Sprintf(c.say("option refusée : %v", "bad flag: %v"), err))
}

func (c *cli) misused(cmd *cobra.Command, what string) error {
	return errors.New(what + fmt.Sprintf(c.say(" ; voir « %s --help »", "; see \"%s --help\""), cmd.CommandPath()))
}
