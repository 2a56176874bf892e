package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/kafka"
)

// A large file is looked at once: each contract goes where it was then decided, under its own key, with an id that tells it
// again when the file is sent twice. What has changed since then is not sent.
func TestSendLarge(t *testing.T) {
	var out bytes.Buffer
	gateway, list := app.Load("")
	require.NoError(t, list.Err())
	file := filepath.Join(t.TempDir(), "contracts.json")
	contract := func(number int) string {
		return fmt.Sprintf(`{"id":"M%d","acheteur":{"id":"21350238800019"},"considerationsSociales":{}}`, number)
	}
	write := func(numbers ...int) {
		var all []string
		for _, n := range numbers {
			all = append(all, contract(n))
		}
		require.NoError(t, os.WriteFile(file, []byte(`{"marches":{"marche":[`+strings.Join(all, ",")+`]}}`), 0o600))
	}
	l := &largeFile{file, 1 << 10}
	s := &sender{cli: &cli{out: &out, lang: "en"}, gateway: gateway}
	send := func(changed ...int) (sent []kafka.Record, err error) {
		write(1, 2, 3)
		biggest := largest{}
		contracts, digest, err := s.look(l, biggest.note)
		require.NoError(t, err)
		assert.Equal(t, largest{"buyers": {file + "#1", len(`{"marches":{"marche":[` + contract(1) + `]}}`)}}, biggest)
		if len(changed) > 0 {
			write(changed...)
		}
		return sent, s.sendLarge(l, contracts, digest, func(records []kafka.Record) error {
			sent = append(sent, records...)
			return nil
		})
	}

	var ids []string
	for range 2 {
		sent, err := send()
		require.NoError(t, err)
		require.Len(t, sent, 3)
		for i, r := range sent {
			assert.Equal(t, "buyers", r.Topic)
			assert.Equal(t, fmt.Sprintf("21350238800019/M%d", i+1), string(r.Key))
			assert.Equal(t, `{"marches":{"marche":[`+contract(i+1)+`]}}`, string(r.Value))
			e, faults := event.FromHeaders(r.Headers)
			assert.Empty(t, faults)
			ids = append(ids, e.ID)
		}
	}
	assert.Equal(t, ids[:3], ids[3:])
	assert.Contains(t, out.String(), ": 3 contracts sent\n")

	for name, changed := range map[string][]int{"another contract": {1, 4, 3}, "one less": {1, 2}, "one more": {1, 2, 3, 4}} {
		sent, err := send(changed...)
		assert.Empty(t, sent, name)
		assert.ErrorContains(t, err, "0 contracts sent, then: the file has changed meanwhile", name)
	}
}
