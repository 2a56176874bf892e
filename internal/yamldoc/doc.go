// Package yamldoc reads the YAML that operators write: strictly, within bounds, and with the line and
// column of every value, so that any later check can point at what it refuses. It reports all
// faults of a file at once, in French and English, with the nearest known name.
//
// The YAML is a subset of YAML 1.2: one document, UTF-8, no anchors, aliases, merge keys or tags,
// scalar keys only, each once. "yes", "no", "on" and "off" are ordinary text; only "true" and "false"
// are booleans.
//
// Reading goes Parse, then Expand (the ${env:X} and ${file:PATH} references), then Decode.
//
// It is the only package that knows the YAML library, and it must not know what the files mean: no
// name of a route, a rule or a setting appears here.
package yamldoc

// The codes of the diagnostics of this package.
const (
	CodeEncoding          = "yaml_encoding"           // not UTF-8, or a character that YAML or an editor would not show
	CodeSyntax            = "yaml_syntax"             // not YAML
	CodeLimit             = "yaml_limit"              // too many bytes, levels or values
	CodeMultipleDocuments = "yaml_multiple_documents" // more than one document in a file
	CodeAlias             = "yaml_alias"              // an anchor, an alias or a merge key
	CodeTag               = "yaml_tag"                // an explicit tag such as !!int
	CodeKey               = "yaml_key"                // a key that is no scalar, is null or holds a reference
	CodeDuplicateKey      = "yaml_duplicate_key"      // a key twice in one mapping
	CodeUnknownField      = "yaml_unknown_field"      // a field that the format does not have
	CodeMissingField      = "yaml_missing_field"      // a required field that is absent or empty
	CodeType              = "yaml_type"               // a list where text was expected, and so on
	CodeValue             = "yaml_value"              // the right type, but a value that is not allowed
	CodeReference         = "yaml_reference"          // a ${...} reference that cannot be followed
	CodeTarget            = "yaml_target"             // a fault of the program: a Go type that cannot be decoded into
)
