package ubl

import (
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// checkVocabulary reports what the mapping would otherwise pass over in silence: elements below the root that belong
// to another vocabulary, texts in groups and elements in texts. What stands in ext:UBLExtensions is the sender's own
// affair (OASIS UBL 2.1, section 3.3).
func (m *mapper) checkVocabulary(group xmldoc.Element) {
	if text := group.Text(); text != "" {
		m.report(strayText, group, nil, "", qualified(group), violation.Excerpt(text))
	}
	for child := range group.Children() {
		name := child.Name()
		switch name.Space {
		case aggregateNS:
			m.checkVocabulary(child)
		case basicNS:
			for inner := range child.Children() {
				m.report(strayElement, inner, nil, "", qualified(child), qualified(inner))
				break
			}
		case extensionNS:
			// Not read, and listed as such.
		default:
			m.report(wrongNamespace, child, nil, "", violation.Excerpt(name.Local), violation.ExcerptEnd(name.Space),
				basicNS+" | "+aggregateNS)
		}
	}
}
