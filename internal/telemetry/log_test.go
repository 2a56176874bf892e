package telemetry_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/telemetry"
)

func TestLogger(t *testing.T) {
	var out bytes.Buffer
	logger, err := telemetry.NewLogger(&out, "info", "json")
	if err != nil {
		t.Fatal(err)
	}
	logger.Debug("hidden")
	logger.Info("shown", "topic", "suppliers", slog.Group("group", "n", 2))
	if strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("expected one line:\n%s", out.String())
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["msg"] != "shown" || line["level"] != "info" || line["topic"] != "suppliers" {
		t.Errorf("%v", line)
	}
}

func TestTextLogger(t *testing.T) {
	var out bytes.Buffer
	logger, err := telemetry.NewLogger(&out, "warn", "text")
	if err != nil {
		t.Fatal(err)
	}
	logger.Info("hidden")
	logger.With("partition", 3).Warn("shown")
	if got := out.String(); strings.Contains(got, "hidden") || !strings.Contains(got, "shown") || !strings.Contains(got, "partition=3") {
		t.Error(got)
	}
}

func TestLoggerRefusesUnknownSettings(t *testing.T) {
	for _, c := range [][2]string{{"loud", "text"}, {"info", "xml"}} {
		if _, err := telemetry.NewLogger(&bytes.Buffer{}, c[0], c[1]); err == nil {
			t.Errorf("%v was accepted", c)
		}
	}
}
