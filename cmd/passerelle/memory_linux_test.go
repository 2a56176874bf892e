//go:build !race

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// The race detector takes several times the memory, so nothing here runs under it.

// largeRSS is what a verb that reads a DECP file of any size may hold of memory, as Linux counts it.
const largeRSS = 64 << 20

// manyContracts writes a DECP file of about so many bytes: the contract of the examples again and again, each with an id of its own.
func manyContracts(t testing.TB, size int) (file string, contracts int) {
	t.Helper()
	example, err := os.ReadFile(filepath.Join("..", "..", "examples", "documents", "decp-contract.json"))
	require.NoError(t, err)
	const id = `"id": "2026ECOLE07L1"`
	require.Equal(t, 1, bytes.Count(example, []byte(id)))
	text := string(example)
	from, to := strings.Index(text, "["), strings.LastIndex(text, "]")
	file = filepath.Join(t.TempDir(), "contracts.json")
	f, err := os.Create(file)
	require.NoError(t, err)
	w := bufio.NewWriter(f)
	for written := 0; written < size; contracts++ {
		lead := ","
		if contracts == 0 {
			lead = text[:from+1]
		}
		n, _ := w.WriteString(lead + strings.Replace(text[from+1:to], id, fmt.Sprintf(`"id": "M%d"`, contracts+1), 1)) // Flush has the error
		written += n
	}
	_, _ = w.WriteString(text[to:])
	require.NoError(t, w.Flush())
	require.NoError(t, f.Close())
	return file, contracts
}

// runWithin runs the program on its own, wants a line in what it says, and returns its resident memory at its highest, in bytes.
func runWithin(t testing.TB, says string, args ...string) int64 {
	t.Helper()
	var out, faults bytes.Buffer
	c := exec.Command("passerelle", args...) // testscript.Main puts it on the path
	c.Stdout, c.Stderr = &out, &faults
	require.NoError(t, c.Run(), "%s%s", out.String(), faults.String())
	require.Contains(t, out.String(), says)
	used, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	require.True(t, ok)
	return used.Maxrss << 10
}

// A DECP file that is larger than a document may be takes no more memory than the bound, whatever its size. BenchmarkLargeFile
// says so of 100 MB and of the other verbs.
func TestLargeFileIsBounded(t *testing.T) {
	file, _ := manyContracts(t, 17<<20)
	require.Less(t, runWithin(t, ": valid", "validate", "--lang", "en", file), int64(largeRSS))
}

// BenchmarkOneInvoice is a verb from its start to its end, for one typical invoice: how long, and how much memory it takes.
func BenchmarkOneInvoice(b *testing.B) {
	for _, name := range []string{"ubl-invoice.xml", "cii-invoice.xml", "facturx-invoice.pdf"} {
		b.Run(name, func(b *testing.B) {
			held := int64(0)
			for b.Loop() {
				held = max(held, runWithin(b, ": valid", "validate", "--rules", "en16931", "--lang", "en", filepath.Join("..", "..", "examples", "documents", name)))
			}
			b.ReportMetric(float64(held)/(1<<20), "MiB")
		})
	}
}

// BenchmarkLargeFile takes 100 MB of contracts through validate, explain and send, and fails where one of them holds more than
// the bound.
func BenchmarkLargeFile(b *testing.B) {
	const size = 100_000_000
	file, contracts := manyContracts(b, size)
	config := filepath.Join(b.TempDir(), "passerelle.yaml")
	require.NoError(b, os.WriteFile(config, []byte("embedded:\n  listen: "+freeAddr(b)+"\n  data_dir: data\n  reserve: 0\nlog:\n  level: error\ntelemetry:\n  listen: none\n"), 0o600))
	for _, bb := range []struct {
		says string
		verb []string
	}{
		{": valid", []string{"validate"}},
		{fmt.Sprintf("%d contract(s), a message each: %d delivered, 0 refused", contracts, contracts), []string{"explain"}},
		{fmt.Sprintf(": %d contracts sent", contracts), []string{"send", "--config", config}},
	} {
		b.Run(bb.verb[0], func(b *testing.B) {
			if bb.verb[0] == "send" {
				serve := exec.Command("passerelle", "serve", "--config", config)
				require.NoError(b, serve.Start())
				defer func() {
					require.NoError(b, serve.Process.Signal(os.Interrupt))
					require.NoError(b, serve.Wait())
				}()
				for exec.Command("passerelle", "send", "--config", config, filepath.Join("..", "..", "examples", "documents", "decp-contract.json")).Run() != nil {
					// it does not answer yet
				}
			}
			b.SetBytes(size)
			for b.Loop() {
				held := runWithin(b, bb.says, append(bb.verb, "--lang", "en", file)...)
				b.ReportMetric(float64(held)/(1<<20), "MiB")
				require.Less(b, held, int64(largeRSS))
			}
		})
	}
}
