package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/embedded"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/telemetry"
)

// The exit codes of every verb.
const (
	exitOK      = 0
	exitRefused = 1 // a document or the configuration was refused
	exitUsage   = 2 // wrong usage, or the environment does not allow it
)

// errRefused ends a verb with exitRefused after it has said why.
var errRefused = errors.New("refused")

// errUsage ends a verb with exitUsage after it has said why.
var errUsage = errors.New("usage")

// cli is what the verbs share: where to write, in which language, and the flags that all have.
type cli struct {
	out, err   io.Writer
	lang       string
	configFile string
}

// say returns the text in the operator's language.
func (c *cli) say(fr, en string) string {
	if c.lang == "en" {
		return en
	}
	return fr
}

func (c *cli) printf(fr, en string, args ...any) {
	// A terminal or pipe that is gone leaves nobody to tell.
	_, _ = fmt.Fprintf(c.out, c.say(fr, en), args...)
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := &cli{out: stdout, err: stderr, lang: language(os.LookupEnv)}
	root := &cobra.Command{
		Use:           "passerelle",
		Short:         c.say("La passerelle d'événements de la commande publique", "The event gateway of French public procurement"),
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if c.lang != "fr" && c.lang != "en" {
				return fmt.Errorf("--lang : attendu fr ou en, trouvé %[1]q / expected fr or en, found %[1]q", c.lang)
			}
			return nil
		},
	}
	c.verbs(root)
	root.SetFlagErrorFunc(c.badFlag)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(args)
	root.PersistentFlags().StringVar(&c.configFile, "config", "", c.say("fichier de configuration ; sans lui, les valeurs par défaut", "configuration file; without it, the defaults"))
	root.PersistentFlags().StringVar(&c.lang, "lang", c.lang, c.say("langue des messages : fr ou en", "language of the messages: fr or en"))
	root.AddCommand(c.serve(), c.demo(), c.send(), c.tail(), c.explain(), c.validate(), c.rules(), c.numbers(), c.check(), c.doctor(), c.bench(), c.version())
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errRefused):
		return exitRefused
	case errors.Is(err, errUsage):
		return exitUsage
	default:
		_, _ = fmt.Fprintf(stderr, "passerelle: %s\n", c.describe(err))
		return exitUsage
	}
}

// describe returns the text of an error in the operator's language where it has one.
func (c *cli) describe(err error) string {
	var start *embedded.StartError
	if errors.As(err, &start) {
		return c.say(start.FR, start.EN)
	}
	var listen *telemetry.ListenError
	if errors.As(err, &listen) {
		return c.say(listen.FR, listen.EN)
	}
	var security *kafka.SecurityError
	if errors.As(err, &security) {
		return c.say(security.FR, security.EN)
	}
	var file *fs.PathError
	if errors.As(err, &file) {
		return strings.Replace(err.Error(), file.Error(), c.unreadable(file), 1)
	}
	return err.Error()
}

// unreadable says why a file cannot be read, and what to do.
func (c *cli) unreadable(e *fs.PathError) string {
	why := e.Err.Error()
	switch {
	case errors.Is(e, fs.ErrNotExist):
		why = c.say("ce fichier n'existe pas ; vérifiez son nom et son dossier", "there is no such file; check its name and its folder")
	case errors.Is(e, fs.ErrPermission):
		why = c.say("accès interdit ; donnez-en le droit à l'utilisateur qui lance passerelle", "access is not permitted; give the user who runs passerelle the right to it")
	case errors.Is(e, syscall.EISDIR):
		why = c.say("un dossier, attendu un fichier ; nommez les fichiers qu'il contient", "a folder, expected a file; name the files in it")
	}
	return fmt.Sprintf(c.say("%s : %s", "%s: %s"), e.Path, why)
}

// language is that of the environment, French unless it asks for English.
func language(lookup func(string) (string, bool)) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value, ok := lookup(name); ok && value != "" {
			if strings.HasPrefix(value, "en") {
				return "en"
			}
			return "fr"
		}
	}
	return "fr"
}
