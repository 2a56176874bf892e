package main

import (
	"slices"
	"strings"
)

// jar is an artefact of Maven Central that carries schemas.
type jar struct {
	group, artifact, version string
	sha256                   string // of the jar: another content under the same version is refused
}

// set is one table: the documents that it judges and where their schemas come from.
type set struct {
	file  string // name of the table
	title string
	date  string // when the jars below were fetched
	jars  []jar
	// schemas are patterns (path.Match) of the schema documents in the jars, those imported before those that import.
	schemas []string
	// roots are the elements that a document of the set may have as its root.
	roots []name
	// prefixes are how the table and the messages name namespaces.
	prefixes []prefix
	// codeLists are beginnings of namespaces that hold code lists only. Their values are left out: code lists are dated
	// data, judged by rule packs; a schema would keep the lists of its own year for ever.
	codeLists []string
}

type prefix struct{ prefix, space string }

const (
	ublSpace = "urn:oasis:names:specification:ubl:schema:xsd:"
	ciiSpace = "urn:un:unece:uncefact:data:standard:"
)

// signatures are the schemas of signatures, which UBL imports for its extensions.
var signatures = []jar{
	{"com.helger.xsd", "ph-xsds-ccts-cct-schemamodule", "4.1.0", "ec0e60be5265b09fac75a57a4b284244820c23f0481a1c75802ba4eb6338b0fd"},
	{"com.helger.xsd", "ph-xsds-xmldsig", "4.1.0", "66590e38b0994d0fd6cd89b1588a3c96fad3a3c85494cf764783fe0c4acc9c3d"},
	{"com.helger.xsd", "ph-xsds-xades132", "4.1.0", "d90bdb2359bbef63bd789af238fb135dd7ada0ba9722f4e2825cd210dada013c"},
	{"com.helger.xsd", "ph-xsds-xades141", "4.1.0", "b34b2670774e9de79653767fd667d86823261c153f706c2344889d0702f54e41"},
}

// ublPrefixes are those of the components that UBL's documents share.
var ublPrefixes = []prefix{
	{"cac", ublSpace + "CommonAggregateComponents-2"},
	{"cbc", ublSpace + "CommonBasicComponents-2"},
	{"ext", ublSpace + "CommonExtensionComponents-2"},
	{"sig", ublSpace + "CommonSignatureComponents-2"},
	{"sac", ublSpace + "SignatureAggregateComponents-2"},
	{"sbc", ublSpace + "SignatureBasicComponents-2"},
	{"qdt", ublSpace + "QualifiedDataTypes-2"},
	{"udt", ublSpace + "UnqualifiedDataTypes-2"},
	{"cct", "urn:un:unece:uncefact:data:specification:CoreComponentTypeSchemaModule:2"},
	{"ds", "http://www.w3.org/2000/09/xmldsig#"},
	{"xades", "http://uri.etsi.org/01903/v1.3.2#"},
	{"xades141", "http://uri.etsi.org/01903/v1.4.1#"},
}

var ciiPrefixes = []prefix{
	{"rsm", ciiSpace + "CrossIndustryInvoice:100"},
	{"ram", ciiSpace + "ReusableAggregateBusinessInformationEntity:100"},
	{"udt", ciiSpace + "UnqualifiedDataType:100"},
	{"qdt", ciiSpace + "QualifiedDataType:100"},
}

// unCodeLists are the code lists of UN/CEFACT.
var unCodeLists = []string{"urn:un:unece:uncefact:codelist:standard:", "urn:un:unece:uncefact:identifierlist:standard:"}

var sets = []set{
	ofUBL("21", "10.2.0", "7317ddd448f58cdf4e550878d839be8d3324b410771ba462a35ced49ccb26a52", invoices),
	{
		file:     "cii-d16b",
		title:    "UN/CEFACT Cross Industry Invoice D16B",
		date:     "2026-11-28",
		jars:     []jar{{"com.helger.cii", "ph-cii-d16b", "4.1.1", "6f8d04bcb702b26ec4b748e8739ca27ab088034994d45ed1d708a583171dee0a"}},
		schemas:  []string{"external/schemas/d16b/data/standard/*.xsd"},
		roots:    []name{{ciiSpace + "CrossIndustryInvoice:100", "CrossIndustryInvoice"}},
		prefixes: ciiPrefixes,
	},
	{
		file:      "cii-d22b",
		title:     "UN/CEFACT Cross Industry Invoice D22B",
		date:      "2026-11-28",
		jars:      []jar{{"com.helger.cii", "ph-cii-d22b", "10.1.0", "0f596a7ae9cf7db4e8a69872eda23c5a7aa08eb6fded4b2529acea95c001e4e5"}},
		schemas:   []string{"external/schemas/d22b/*.xsd"},
		roots:     []name{{ciiSpace + "CrossIndustryInvoice:100", "CrossIndustryInvoice"}},
		prefixes:  ciiPrefixes,
		codeLists: unCodeLists,
	},
	{
		file:      "cdar-d22b",
		title:     "UN/CEFACT Cross Domain Acknowledgement and Response D22B",
		date:      "2026-11-28",
		jars:      []jar{{"com.helger.cii", "ph-cii-d22b", "4.1.1", "8c7475e9cb099be5a08d8c62fa4b36116cc7079f165711def027ce38e17a23df"}}, // 10.1.0 has none
		schemas:   []string{"external/schemas/d22b/cdar/*.xsd"},
		roots:     []name{{ciiSpace + "CrossDomainAcknowledgementAndResponse:100", "CrossDomainAcknowledgementAndResponse"}},
		prefixes:  append([]prefix{{"rsm", ciiSpace + "CrossDomainAcknowledgementAndResponse:100"}}, ciiPrefixes[1:]...),
		codeLists: unCodeLists,
	},
	ofUBL("22", "10.1.0", "420b01c3499303f2b9cbfe53565f45ed47f29caf779e8e9de5c0ce16c16d7135", qualifications),
	ofUBL("23", "10.2.0", "92c1975a82c447c886a487973ef029f1f5d8da15b82d6731b1c7643e9b268489", slices.Concat(qualifications, invoices),
		prefix{"bdndr", "urn:oasis:names:specification:bdndr:schema:xsd:UnqualifiedDataTypes-1"}),
}

// ublDocument is a root element of UBL and the prefix of its namespace.
type ublDocument struct{ prefix, name string }

var (
	invoices       = []ublDocument{{"ubl", "Invoice"}, {"cn", "CreditNote"}}
	qualifications = []ublDocument{{"qarq", "QualificationApplicationRequest"}, {"qars", "QualificationApplicationResponse"}}
)

// ofUBL is the table of some documents in a version of UBL: "22". It may have prefixes that other versions have no use for.
func ofUBL(ubl, version, sha256 string, documents []ublDocument, more ...prefix) set {
	dotted := ubl[:1] + "." + ubl[1:]
	s := set{
		file: "ubl" + ubl,
		date: "2026-11-28",
		jars: append([]jar{{"com.helger.ubl", "ph-ubl" + ubl, version, sha256}}, signatures...),
		schemas: []string{
			"schemas/CCTS_CCT_SchemaModule.xsd", "schemas/xmldsig-core-schema.xsd", "schemas/XAdES*.xsd",
			"external/schemas/ubl" + ubl + "/common/*.xsd",
		},
	}
	var names []string
	for _, d := range documents {
		names = append(names, d.name)
		s.schemas = append(s.schemas, "external/schemas/ubl"+ubl+"/maindoc/UBL-"+d.name+"-"+dotted+".xsd")
		s.roots = append(s.roots, name{ublSpace + d.name + "-2", d.name})
		s.prefixes = append(s.prefixes, prefix{d.prefix, ublSpace + d.name + "-2"})
	}
	last := len(names) - 1
	s.title = "UBL " + dotted + " " + strings.Join(names[:last], ", ") + " and " + names[last]
	s.prefixes = slices.Concat(s.prefixes, ublPrefixes, more)
	return s
}
