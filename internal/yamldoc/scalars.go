package yamldoc

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
)

// bare tells whether a scalar may be something else than text. A reference may stand in quotes,
// because an unquoted "${" inside a flow mapping would not be YAML.
func (n *Node) bare() bool {
	return n.Kind == Scalar && !n.IsNull() && (n.style == plain || n.Reference)
}

// unquote is the hint for a number or boolean in quotes.
func unquote(n *Node, d diag.Diagnostic) diag.Diagnostic {
	if n.IsQuoted() && !n.Reference {
		return d.WithHint("enlevez les guillemets", "remove the quotes")
	}
	return d
}

// asText gives the text of any scalar but null: numbers and booleans keep what was written.
func asText(n *Node) (string, *diag.Diagnostic) {
	if n.Kind == Scalar && !n.IsNull() {
		return n.text, nil
	}
	d := n.WrongType("un texte", "text")
	if n.Kind == Scalar {
		d = d.WithHint("écrivez une valeur, ou supprimez le champ ; pour le texte vide ou le mot null, utilisez des guillemets",
			"write a value, or remove the field; for empty text or the word null, use quotes")
	}
	return "", &d
}

func asBool(n *Node) (bool, *diag.Diagnostic) {
	if n.bare() && (n.text == "true" || n.text == "false") {
		return n.text == "true", nil
	}
	d := unquote(n, n.WrongType("true ou false", "true or false"))
	if !n.IsQuoted() && !n.Reference {
		switch strings.ToLower(n.text) {
		case "yes", "on", "y", "oui", "true":
			d = d.WithHint("écrivez true", "write true")
		case "no", "off", "n", "non", "false":
			d = d.WithHint("écrivez false", "write false")
		}
	}
	return false, &d
}

// asInt reads a whole number that fits in the given bits; unsigned ones start at 0.
func asInt(n *Node, low, high int64) (int64, *diag.Diagnostic) {
	if !n.bare() || !isDigits(strings.TrimPrefix(n.text, "-")) {
		d := unquote(n, n.WrongType("un nombre entier", "a whole number"))
		if n.bare() && !n.Reference && len(n.text) > 1 && n.text[0] >= '0' && n.text[0] <= '9' {
			d = d.WithHint("écrivez-le en chiffres décimaux, sans zéro en tête, séparateur, unité ni décimales",
				"write it in decimal digits, without leading zero, separator, unit or decimals")
		}
		return 0, &d
	}
	i, err := strconv.ParseInt(n.text, 10, 64)
	if err != nil || i < low || i > high {
		fromFR, fromEN := strconv.FormatInt(low, 10), strconv.FormatInt(high, 10)
		d := n.WrongValue("un nombre entier de "+fromFR+" à "+fromEN, "a whole number from "+fromFR+" to "+fromEN)
		return 0, &d
	}
	return i, nil
}

// isDigits accepts decimal digits without a leading zero, which older YAML would read as octal.
func isDigits(s string) bool {
	if s == "" || len(s) > 1 && s[0] == '0' {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

func asDuration(n *Node) (time.Duration, *diag.Diagnostic) {
	if n.Kind == Scalar && !n.IsNull() {
		if d, err := time.ParseDuration(n.text); err == nil {
			return d, nil
		}
	}
	d := n.WrongType("une durée", "a duration").
		WithHint("écrivez un nombre et une unité : 500ms, 30s, 5m, 1h30m", "write a number and a unit: 500ms, 30s, 5m, 1h30m")
	return 0, &d
}

func asSize(n *Node) (Size, *diag.Diagnostic) {
	if n.Kind == Scalar && !n.IsNull() {
		if size, ok := parseSize(n.text); ok {
			return size, nil
		}
	}
	d := n.WrongType("une taille", "a size").
		WithHint("écrivez un nombre entier d'octets, ou un nombre et une unité : 1048576, 64KiB, 16MiB, 1GiB, 500KB",
			"write a whole number of bytes, or a number and a unit: 1048576, 64KiB, 16MiB, 1GiB, 500KB")
	return 0, &d
}

func parseSize(s string) (Size, bool) {
	digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
	if !isDigits(digits) {
		return 0, false
	}
	count, err := strconv.ParseInt(digits, 10, 64)
	unit, known := sizeUnit(strings.TrimPrefix(s[len(digits):], " "))
	if err != nil || !known || count > math.MaxInt64/unit {
		return 0, false
	}
	return Size(count * unit), true
}

func sizeUnit(s string) (int64, bool) {
	switch s {
	case "", "B":
		return 1, true
	case "KB", "kB":
		return 1e3, true
	case "MB":
		return 1e6, true
	case "GB":
		return 1e9, true
	case "KiB":
		return 1 << 10, true
	case "MiB":
		return 1 << 20, true
	case "GiB":
		return 1 << 30, true
	}
	return 0, false
}
