package decp

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// officialVersion is a version of DECP 2.0 with its official schema, and how our verdict may differ from that.
type officialVersion struct {
	name    string
	mutants int
	// edit makes the schema of the version from that of 2.0.4.
	edit func(schema jsonObject)
	// bases are documents of the version; nil where those of 2.0.4 are some.
	bases func(t *testing.T) [][]byte
	// stricter are the reasons for which we alone refuse, looser those for which the official schema alone does.
	stricter, looser []string
}

// stricter is what makes us stricter than every version: days of the calendar, files without contract, contractors that are
// no objects, numbers beyond 40 digits, and a contract twice.
var stricter = []string{"format", "decp_no_contract", "type", "json_number_size", "decp_duplicate_uid"}

// Nothing in a file tells 2.0.1 to 2.0.4 apart, so all are judged by what 2.0.4 demands. The schema of 2.0.1 is not compared: the
// published list of changes says that two shares were mandatory in it, and that codes had another apostrophe.
var officialVersions = []officialVersion{
	{name: "2.0.4", mutants: 2000, stricter: stricter},
	{
		name: "2.0.3", mutants: 500, edit: edit203,
		stricter: append([]string{"not recognised"}, stricter...), // a root that is no object
	},
	{
		name: "2.0.2", mutants: 500, edit: edit202,
		stricter: append([]string{"not recognised"}, stricter...), // and for _type: see TestTypeIsOfOldVersions
	},
	{
		name: "2.0.0", mutants: 500, edit: edit200, bases: bases200,
		stricter: append([]string{"not recognised"}, stricter...),
		looser:   []string{"required", "type"}, // what was mandatory in 2.0.0 alone, and lists where it had one object
	},
}

// TestTypeIsOfOldVersions shows the one member that 2.0.2 allowed and later versions do not: we refuse it too.
func TestTypeIsOfOldVersions(t *testing.T) {
	newest := read(t, filepath.Join(corpus(t), "schema_decp_v2.0.4.json"))
	data := bytes.Replace(read(t, "../../examples/documents/decp-contract.json"), []byte(`"nature"`), []byte(`"_type": "Marché", "nature"`), 1)
	value, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range officialVersions[:3] {
		if accepts := version.schema(t, newest).Validate(value) == nil; accepts != (version.name == "2.0.2") {
			t.Errorf("%s accepts it: %v", version.name, accepts)
		}
	}
	if why := compileSchemas(t).verdict(data); !slices.Equal(why, []string{"additionalProperties"}) {
		t.Errorf("refused for %v", why)
	}
}

// schema compiles the official schema of the version.
func (v officialVersion) schema(t *testing.T, newest []byte) *jsonschema.Schema {
	t.Helper()
	var schema jsonObject
	if err := json.Unmarshal(newest, &schema); err != nil {
		t.Fatal(err)
	}
	if v.edit != nil {
		v.edit(schema)
	}
	data, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	return compileText(t, v.name, data)
}

type jsonObject = map[string]any

// down follows members of objects.
func down(in jsonObject, names ...string) jsonObject {
	for _, name := range names {
		in = in[name].(jsonObject)
	}
	return in
}

// edit203: the root may be of any type.
func edit203(schema jsonObject) { delete(schema, "type") }

// edit202: as 2.0.3, no list is mandatory, and a contract may say _type.
func edit202(schema jsonObject) {
	edit203(schema)
	delete(down(schema, "properties", "marches"), "anyOf")
	down(schema, "definitions", "marche", "properties")["_type"] = jsonObject{"type": "string", "pattern": "^Marché$"}
}

// edit200: one list of both kinds; codes without the objects around them, and one object where later versions have a list of
// them; more is mandatory, and two codes have another apostrophe. The published file says what is mandatory in the modification
// of a contract at a place where that means nothing; here it stands where it was meant to.
func edit200(schema jsonObject) {
	delete(schema, "required")
	definition := func(kind, name string) jsonObject {
		return jsonObject{"$ref": "#/definitions/" + kind + "/definitions/" + name}
	}
	down(schema, "properties")["marches"] = jsonObject{"type": "array", "minItems": 1, "uniqueItems": true, "items": jsonObject{
		// Published as anyOf, which tells no reason.
		"if":   jsonObject{"required": []string{"autoriteConcedante"}},
		"then": jsonObject{"$ref": "#/definitions/contrat-concession"},
		"else": jsonObject{"$ref": "#/definitions/marche"},
	}}
	const contract, concession = "marche", "contrat-concession"
	for _, m := range []struct{ kind, in, was, is, definition string }{
		{contract, "", "techniques", "technique", "techniqueArray"},
		{contract, "", "modalitesExecution", "modaliteExecution", "modaliteExecutionArray"},
		{contract, "", "typesPrix", "typePrix", "typePrixArray"},
		{contract, "", "considerationsSociales", "considerationsSociales", "considerationSocialeArray"},
		{contract, "", "considerationsEnvironnementales", "considerationsEnvironnementales", "considerationEnvironnementaleArray"},
		{contract, "", "titulaires", "titulaires", "Titulaire"},
		{contract, "", "actesSousTraitance", "actesSousTraitance", "ActeSousTraitance"},
		{contract, "", "modificationsActesSousTraitance", "modificationsActesSousTraitance", "ModificationActeSousTraitance"},
		{contract, "", "modifications", "modifications", "Modification"},
		{contract, "Modification", "titulaires", "titulaires", "Titulaire"},
		{concession, "", "considerationsSociales", "considerationsSociales", "considerationSocialeArray"},
		{concession, "", "considerationsEnvironnementales", "considerationsEnvironnementales", "considerationEnvironnementaleArray"},
		{concession, "", "concessionnaires", "concessionnaires", "Concessionnaire"},
		{concession, "", "donneesExecution", "donneesExecution", "DonneesExecution"},
		{concession, "", "modifications", "modifications", "Modification"},
		{concession, "DonneesExecution", "tarifs", "tarifs", "Tarif"},
	} {
		in := down(schema, "definitions", m.kind)
		if m.in != "" {
			in = down(in, "definitions", m.in)
		}
		delete(down(in, "properties"), m.was)
		down(in, "properties")[m.is] = definition(m.kind, m.definition)
		required := in["required"].([]any)
		if i := slices.Index(required, any(m.was)); i >= 0 {
			required[i] = m.is
		}
	}
	for _, m := range []struct{ kind, in, names string }{
		{contract, "", "idAccordCadre tauxAvance origineUE origineFrance actesSousTraitance modificationsActesSousTraitance modifications"},
		{contract, "ModificationActeSousTraitance", "dureeMois montant"},
		{contract, "Modification", "dureeMois montant titulaires"},
		{concession, "", "donneesExecution modifications"},
		{concession, "Modification", "dureeMois valeurGlobale"},
	} {
		in := down(schema, "definitions", m.kind)
		if m.in != "" {
			in = down(in, "definitions", m.in)
		}
		for _, name := range strings.Fields(m.names) {
			in["required"] = append(in["required"].([]any), name)
		}
	}
	typographic(down(schema, "definitions", contract, "definitions", "techniqueArray", "items")["enum"].([]any), "Système d'acquisition dynamique")
	typographic(down(schema, "definitions", contract, "properties", "ccag")["enum"].([]any), "Techniques de l'information et de la communication")
}

func typographic(codes []any, code string) {
	codes[slices.Index(codes, any(code))] = strings.Replace(code, "'", "’", 1)
}

// bases200 are the contract and the concession of testdata/flat.json that are written as in 2.0.0, with what was mandatory then.
func bases200(t *testing.T) [][]byte {
	t.Helper()
	root, err := decode(read(t, "testdata/flat.json"))
	if err != nil {
		t.Fatal(err)
	}
	all := root.(jsonObject)["marches"].([]any)
	contract, concession := all[1].(jsonObject), all[2].(jsonObject)
	contract["idAccordCadre"] = "AC-1"
	down(contract, "modifications")["dureeMois"] = json.Number("14")
	down(contract, "modificationsActesSousTraitance")["dureeMois"] = json.Number("3")
	execution := down(concession, "donneesExecution")
	execution["tarifs"] = execution["tarifs"].([]any)[0]
	concession["modifications"] = jsonObject{
		"id": json.Number("1"), "dateSignatureModification": "2026-06-01", "datePublicationDonneesModification": "2026-06-15",
		"dureeMois": json.Number("126"), "valeurGlobale": json.Number("12500000.10"),
	}
	data, err := json.Marshal(jsonObject{"marches": []any{contract, concession}})
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{data}
}
