package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/app"
)

// BenchmarkReadyToJudge is the start of a verb that judges invoices: the configuration, the schemas, the routes, and the packs
// that it names.
func BenchmarkReadyToJudge(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		gateway, list := app.Compile(config.Default())
		require.NoError(b, list.Err())
		require.NotNil(b, gateway.Rules.At("en16931", ""))
	}
}
