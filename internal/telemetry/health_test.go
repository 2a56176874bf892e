package telemetry_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/telemetry"
)

// health is a register on a clock that the test moves, and what it has logged.
func health(french bool) (h *telemetry.Health, now *time.Time, logs *bytes.Buffer) {
	now, logs = new(time.Time), new(bytes.Buffer)
	*now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return telemetry.NewHealth(slog.New(slog.NewTextHandler(logs, nil)), french, func() time.Time { return *now }), now, logs
}

func fault(code, subject string, down bool) telemetry.Fault {
	return telemetry.Fault{Code: code, Subject: subject, FR: "panne", EN: "trouble", RemedyFR: "réparez", RemedyEN: "mend it", Down: down}
}

func TestFaultsAreLoggedWhenTheyComeAndGo(t *testing.T) {
	for _, lang := range []struct {
		french            bool
		comes, mend, goes string
	}{
		{true, "msg=panne", "remedy=réparez", `msg="défaut terminé : panne"`},
		{false, "msg=trouble", `remedy="mend it"`, `msg="fault over: trouble"`},
	} {
		h, now, logs := health(lang.french)
		begin := *now
		for range 3 { // it stays; twice in one call is one
			h.Set([]telemetry.Fault{fault("b", "x", false), fault("a", "x", false), fault("a", "x", false)})
			*now = now.Add(time.Second)
		}
		require.Equal(t, 2, strings.Count(logs.String(), lang.comes), logs.String())
		require.Contains(t, logs.String(), lang.mend)
		require.Equal(t, begin, h.Report().Faults[0].Since)
		require.Len(t, h.Report().Faults, 2)
		logs.Reset()

		h.Set([]telemetry.Fault{fault("a", "x", false), fault("a", "y", false)})
		require.Equal(t, 1, strings.Count(logs.String(), lang.comes), "another subject is another fault")
		require.Equal(t, 1, strings.Count(logs.String(), lang.goes))
		require.Contains(t, logs.String(), "lasted=3s")
		logs.Reset()

		h.Set(nil)
		require.Equal(t, 2, strings.Count(logs.String(), lang.goes))
		require.Empty(t, h.Report().Faults)
	}
}

func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		name    string
		serving bool
		faults  []telemetry.Fault
		want    string
		code    int
	}{
		{"starting", false, nil, "down", 503},
		{"well", true, nil, "ok", 200},
		{"a part", true, []telemetry.Fault{fault("a", "x", false)}, "degraded", 200},
		{"all", true, []telemetry.Fault{fault("a", "x", false), fault("b", "x", true)}, "down", 503},
		{"stopping", false, []telemetry.Fault{fault("a", "x", false)}, "down", 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, now, _ := health(false)
			server, err := telemetry.Listen("127.0.0.1:0", h.Handler())
			require.NoError(t, err)
			defer func() { require.NoError(t, server.Close()) }()
			h.Serving(tt.serving)
			h.Set(tt.faults)

			code, body := get(t, server, "/healthz")
			require.Equal(t, 200, code, "the process lives")
			require.JSONEq(t, `{"status":"ok"}`, body)
			code, body = get(t, server, "/readyz")
			require.Equal(t, tt.code, code)
			var faults []string
			for _, f := range tt.faults {
				faults = append(faults, fmt.Sprintf(`{"code":%q,"subject":"x","since":%q,"fr":"panne","en":"trouble","remedy_fr":"réparez","remedy_en":"mend it"}`, f.Code, now.Format(time.RFC3339)))
			}
			require.JSONEq(t, fmt.Sprintf(`{"status":%q,"faults":[%s]}`, tt.want, strings.Join(faults, ",")), body)
			code, _ = get(t, server, "/")
			require.Equal(t, 404, code)
		})
	}
}

func TestReportIsBounded(t *testing.T) {
	h, _, _ := health(false)
	var faults []telemetry.Fault
	for i := range 250 {
		faults = append(faults, fault("a", fmt.Sprint(i), false))
	}
	h.Set(faults)
	require.Len(t, h.Report().Faults, 100)
	require.Equal(t, 150, h.Report().More)
	body, err := json.Marshal(h.Report())
	require.NoError(t, err)
	require.Contains(t, string(body), `"more":150`)
}

func TestListenSaysWhatIsWrong(t *testing.T) {
	server, err := telemetry.Listen("127.0.0.1:0", http.NotFoundHandler())
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Close()) }()
	for addr, want := range map[string][2]string{
		server.Addr():    {"already in use", "déjà pris"},
		"192.0.2.1:9091": {"choose an address of this machine", "choisissez une adresse"}, // TEST-NET-1: no machine has it
	} {
		_, err := telemetry.Listen(addr, http.NotFoundHandler())
		var failed *telemetry.ListenError
		require.ErrorAs(t, err, &failed)
		require.Contains(t, failed.EN, want[0])
		require.Contains(t, failed.FR, want[1])
		require.Contains(t, failed.EN, addr)
	}
}

func get(t *testing.T, server *telemetry.Server, path string) (int, string) {
	t.Helper()
	resp, err := http.Get("http://" + server.Addr() + path)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

// A report has the tables that there are, with their age; without any it has no such member.
func TestReportHasTheTables(t *testing.T) {
	h, now, _ := health(false)
	told := func() string {
		text, err := json.Marshal(h.Report())
		require.NoError(t, err)
		return string(text)
	}
	require.NotContains(t, told(), "tables")
	h.SetTables([]telemetry.Table{{Name: "directory", State: "current", Source: "annuaire.csv", Date: now, Rows: 2}})
	require.Contains(t, told(), `"tables":[{"name":"directory","state":"current","source":"annuaire.csv","date":"2026-01-02T03:04:05Z","rows":2}]`)
}
