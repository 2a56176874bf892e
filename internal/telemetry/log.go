// Package telemetry is how the gateway speaks to its operators. Logs go through logrus, which only this package knows:
// everything else takes a *slog.Logger. What keeps the gateway from working is a [Fault] in its [Health], told in the log
// and to machines that ask.
//
// The package must not know what is logged or which faults there are, and nothing that it carries is the body of a document.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/sirupsen/logrus"
	logrusslog "github.com/sirupsen/logrus/hooks/slog"
)

// NewLogger returns a logger that writes lines to w. Level is debug, info, warn or error; format is text or json.
func NewLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	parsed, err := logrus.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("log level: expected debug, info, warn or error, found %q", level)
	}
	logger := logrus.New()
	logger.SetOutput(w)
	logger.SetLevel(parsed)
	switch format {
	case "text":
		logger.SetFormatter(&logrus.TextFormatter{FullTimestamp: true})
	case "json":
		logger.SetFormatter(&logrus.JSONFormatter{})
	default:
		return nil, fmt.Errorf("log format: expected text or json, found %q", format)
	}
	return slog.New(logrusslog.NewHandler(logger, nil)), nil
}
