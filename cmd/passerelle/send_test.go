package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/event"
)

// A document that is sent is no event, unless a dataschema is to be told: then it is a whole one, with the same id each time.
func TestSendAnnouncesDataschema(t *testing.T) {
	gateway, list := app.Load("")
	require.NoError(t, list.Err())
	contract := []byte(`{"marches":{"marche":[{"id":"M1","acheteur":{"id":"21350238800019"},"considerationsSociales":{}}]}}`)
	s := &sender{cli: &cli{lang: "en"}, gateway: gateway}
	plain, err := s.record("contracts.json", contract)
	require.NoError(t, err)
	assert.Equal(t, []event.Header{{Key: "file", Value: []byte("contracts.json")}}, plain.Headers)

	s.dataschema = "urn:example:decp"
	announced, err := s.record("contracts.json", contract)
	require.NoError(t, err)
	assert.Equal(t, plain.Key, announced.Key)
	e, faults := event.FromHeaders(announced.Headers)
	assert.Empty(t, faults)
	assert.Equal(t, "urn:example:decp", e.DataSchema)
	assert.Equal(t, "fr.commandepublique.marche.notifie.v1", e.Type)
	again, err := s.record("elsewhere.json", contract)
	require.NoError(t, err)
	assert.Equal(t, announced.Headers[1:], again.Headers[1:])
	assert.NotEmpty(t, e.ID)
}
