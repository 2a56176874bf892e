package pipeline

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a response says of persons stays in it: no violation, receipt or header tells a value of theirs, though each of
// them is wrong here.
func TestPersonalDataIsToldNowhere(t *testing.T) {
	response := string(example(t, "espd-response.xml"))
	for _, place := range []string{
		"(<cbc:FirstName>)[^<]+", "(<cbc:FamilyName>)[^<]+", "(<cbc:BirthDate>)[^<]+", "(<cbc:ElectronicMail>)[^<]+",
		"(<cac:PowerOfAttorney>)[^<]+", "(<cbc:ResponseIndicator>)[^<]+", `(<cac:ResponseValue>\s*<cbc:ID [^<]*</cbc:ID>\s*<cbc:Description>)[^<]+`,
	} {
		value := regexp.MustCompile(place)
		require.True(t, value.MatchString(response), place)
		response = value.ReplaceAllString(response, "${1}privé")
	}

	p := newPipeline(t)
	m := received("suppliers", []byte(response))
	v := p.Judge(m)
	require.Equal(t, DeadLetter, v.Outcome())
	var codes []string
	for _, told := range v.Violations {
		codes = append(codes, told.Code)
		assert.NotContains(t, told.FR+told.EN+told.Remedy+told.RemedyEN, "privé", told.Code)
	}
	assert.Contains(t, codes, "schema_format", "the date of birth")
	assert.Contains(t, codes, "schema_type", "the answers")
	assert.Contains(t, codes, "structure_text", "text beside the representative")
	out, err := newFlow(p, nil).outputs(nil, m, v)
	require.NoError(t, err)
	for _, record := range out {
		for _, h := range record.Headers {
			assert.NotContains(t, string(h.Value), "privé", h.Key)
		}
		if string(record.Value) != response { // the dead letter carries what was sent
			assert.NotContains(t, string(record.Value), "privé", record.Topic)
		}
	}
}
