package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Who has a number is listed, and it is free again when an operator says so; of several none is when one is wrong.
func TestNumbers(t *testing.T) {
	const number = "902100452/2026/FA-2026-0418"
	dir := t.TempDir()
	config := filepath.Join(dir, "passerelle.yaml")
	require.NoError(t, os.WriteFile(config, []byte("embedded:\n  listen: "+freeAddr(t)+"\n  data_dir: data\nlog:\n  level: warn\ntelemetry:\n  listen: none\nsources:\n  - topic: suppliers\nroutes:\n  catalog: false\n  files: [r.yaml]\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "r.yaml"), []byte("route: r\nfrom: [suppliers]\naccept: [invoice]\nvalidate:\n  unique: invoice-numbers\nto:\n  - topic: invoicing\n"), 0o600))
	serve := runVerb(t, "serve", "--config", config, "--lang", "en")
	serve.waitFor(t, "passerelle serves on", 1)
	// said is what a verb says, in English, when it ends with an exit code.
	said := func(code int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		require.Equal(t, code, run(t.Context(), append(args, "--config", config, "--lang", "en"), &out, &errs), errs.String())
		return out.String() + errs.String()
	}
	send := func(receipts int) {
		t.Helper()
		said(exitOK, "send", filepath.Join("..", "..", "examples", "documents", "ubl-invoice.xml"))
		tail := runVerb(t, "tail", "--from-start", "--config", config, "receipts")
		tail.waitFor(t, "\n", receipts)
		require.Zero(t, tail.end(t))
	}
	require.Empty(t, said(exitOK, "numbers", "list"))
	send(1)
	send(2) // refused
	var owner listedNumber
	require.NoError(t, json.Unmarshal([]byte(said(exitOK, "numbers", "list", "--json", "902100452/2026")), &owner))
	assert.Equal(t, number, owner.Number)
	assert.Regexp(t, `^urn:passerelle:topic:suppliers suppliers-\d-0$`, owner.Message, "the first one has it")
	assert.NotZero(t, owner.Time)
	assert.Empty(t, said(exitOK, "numbers", "list", "902100452/2025"))

	assert.Contains(t, said(exitUsage, "numbers", "free", number, "902100452/2026/FA-2026-0419"), "902100452/2026/FA-2026-0419: nobody has this number in invoice-numbers")
	assert.Contains(t, said(exitOK, "numbers", "list"), number)
	assert.Contains(t, said(exitOK, "numbers", "free", number), number+": freed; message \""+owner.Message+"\" of 20")
	assert.Empty(t, said(exitOK, "numbers", "list"))
	require.Zero(t, serve.end(t), serve.err.String())
}
