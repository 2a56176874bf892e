package espd

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
)

// The namespaces of UBL 2 that an ESPD uses since 2.1, and those of the versions before.
const (
	requestNamespace  = "urn:oasis:names:specification:ubl:schema:xsd:QualificationApplicationRequest-2"
	responseNamespace = "urn:oasis:names:specification:ubl:schema:xsd:QualificationApplicationResponse-2"
	basic             = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
	aggregate         = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
	extension         = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"

	v1RequestNamespace  = "urn:grow:names:specification:ubl:schema:xsd:ESPDRequest-1"
	v1ResponseNamespace = "urn:grow:names:specification:ubl:schema:xsd:ESPDResponse-1"
	// preAward is in the namespaces of the 2.0 drafts, between an organisation's prefix and the root's name.
	preAward = ":UBL:Pre-award:"
)

// versions are the ESPD-EDM versions that are read. All of them share one syntax: the UBL 2.3 schema validates 2.1.1
// documents too, so nothing but the document's own words tells them apart.
const versions = "2.1.0, 2.1.1, 3.0.0, 3.0.1, 3.1.0, 3.2.0, 3.3.0, 4.0.0, 4.1.0"

var unsupportedVersion = violation.Spec{
	Code:     "unsupported_version",
	FR:       "DUME (ESPD) de version %s ; versions lues : " + versions,
	EN:       "ESPD of version %s; versions read: " + versions,
	RemedyFR: "Exportez le DUME en ESPD-EDM 4.1.0 (3.3.0 et 2.1.1 sont lues aussi), puis renvoyez-le.",
	RemedyEN: "Export the ESPD as ESPD-EDM 4.1.0 (3.3.0 and 2.1.1 are read too) and send it again.",
}

var undeclaredVersion = violation.Spec{
	Code:     "unsupported_version",
	FR:       "DUME (ESPD) qui ne dit pas sa version : ni ProfileExecutionID, ni QualificationApplicationTypeCode connu ; versions lues : " + versions,
	EN:       "ESPD that does not say its version: no ProfileExecutionID and no known QualificationApplicationTypeCode; versions read: " + versions,
	RemedyFR: "Indiquez la version dans cbc:ProfileExecutionID, par exemple ESPD-EDMv4.1.0, puis renvoyez le document.",
	RemedyEN: "Name the version in cbc:ProfileExecutionID, for example ESPD-EDMv4.1.0, and send the document again.",
}

// Recognise implements [transformers.Transformer]. The root element says what the document is; the version comes from
// the first of: the root's namespace (1.x, 2.0), ProfileExecutionID, QualificationApplicationTypeCode (2.1 only), and
// the marks that only 2.1 bears, UBL version 2.2 or the CEN-BII customization. VersionID is never believed: official
// documents of several versions carry "1.0" there.
func (t *Transformer) Recognise(c transformers.Content) (transformers.Identity, *violation.Violation, bool) {
	if c.XML == nil {
		return transformers.Identity{}, nil, false
	}
	root := c.XML.Root()
	id, ok := identify(root.Name())
	if !ok {
		return transformers.Identity{}, nil, false
	}
	if id.Version != "" {
		return id, refusal(unsupportedVersion, root, id.Version), true
	}
	if profile := root.Child(basic, "ProfileExecutionID"); profile.Text() != "" {
		id.Version = profileVersion(profile.Text())
		if slices.Contains(strings.Split(versions, ", "), id.Version) {
			return id, nil, true
		}
		return id, refusal(unsupportedVersion, profile, violation.Excerpt(profile.Text())), true
	}
	switch kind := root.Child(basic, "QualificationApplicationTypeCode"); strings.ToUpper(kind.Text()) {
	case "BASIC", "EXTENDED":
		id.Version = "2.1.1"
	case "REGULATED", "SELFCONTAINED":
		id.Version = "2.1.0"
	case "":
		if root.Child(basic, "UBLVersionID").Text() != "2.2" && !isBII(root.Child(basic, "CustomizationID").Text()) {
			return id, refusal(undeclaredVersion, root), true
		}
		id.Version = "2.1.1"
	default:
		return id, refusal(undeclaredVersion, kind), true
	}
	return id, nil, true
}

// identify says what a root element is. The version is set where the namespace gives it: those are not supported.
func identify(name xmldoc.Name) (id transformers.Identity, ok bool) {
	id.Format = transformers.ESPD
	switch {
	case name == xmldoc.Name{Space: requestNamespace, Local: "QualificationApplicationRequest"}:
		id.Kind = transformers.ESPDRequest
	case name == xmldoc.Name{Space: responseNamespace, Local: "QualificationApplicationResponse"}:
		id.Kind = transformers.ESPDResponse
	case name == xmldoc.Name{Space: v1RequestNamespace, Local: "ESPDRequest"}:
		id.Kind, id.Version = transformers.ESPDRequest, "1"
	case name == xmldoc.Name{Space: v1ResponseNamespace, Local: "ESPDResponse"}:
		id.Kind, id.Version = transformers.ESPDResponse, "1"
	case name.Local == "QualificationApplicationRequest" && strings.HasSuffix(name.Space, preAward+name.Local):
		id.Kind, id.Version = transformers.ESPDRequest, "2.0"
	case name.Local == "QualificationApplicationResponse" && strings.HasSuffix(name.Space, preAward+name.Local):
		id.Kind, id.Version = transformers.ESPDResponse, "2.0"
	default:
		return transformers.Identity{}, false
	}
	return id, true
}

// profileVersion reads the code list ProfileExecutionID: ESPD-EDMv4.1.0, or with the document's flavour
// ESPD-EDMv2.1.1-BASIC. A code of another form has no version.
func profileVersion(code string) string {
	version, ok := strings.CutPrefix(code, "ESPD-EDMv")
	if !ok {
		return ""
	}
	if base, flavour, found := strings.Cut(version, "-"); found && strings.HasPrefix(base, "2.") &&
		slices.Contains([]string{"BASIC", "EXTENDED", "REGULATED", "SELFCONTAINED"}, flavour) {
		return base
	}
	return version
}

// isBII reports whether a CustomizationID is one of the CEN-BII transactions 70 (request) and 92 (response). ESPD 3.0
// has them too, but beside a ProfileExecutionID.
func isBII(customization string) bool {
	return strings.HasPrefix(customization, "urn:www.cenbii.eu:transaction:biitrdm070:") ||
		strings.HasPrefix(customization, "urn:www.cenbii.eu:transaction:biitrdm092:")
}

func refusal(spec violation.Spec, e xmldoc.Element, args ...any) *violation.Violation {
	at := e.Doc().Locate(e.Ref())
	v := spec.New(violation.At{Source: at.Path, Line: at.Line, Column: at.Column}, args...)
	return &v
}
