package canonical

import "slices"

// creditNoteCodes are the document types (BT-3, UNTDID 1001) that EN 16931 counts as credit notes: the codes that
// a UBL CreditNote may carry and a UBL Invoice may not.
var creditNoteCodes = [...]string{
	"81",  // credit note related to goods or services
	"83",  // credit note related to financial adjustments
	"261", // self-billed credit note
	"262", // consolidated credit note, goods and services
	"296", // interim credit note
	"308", // delcredere credit note
	"381", // credit note
	"396", // factored credit note
	"420", // OCR payment credit note
	"458", // reversal of debit
	"502", // self-billed factored credit note
	"503", // prepayment credit note
	"532", // forwarder's credit note
}

// IsCreditNote reports whether a type code (BT-3) makes of a document a credit note. Every other code, known or not,
// makes an invoice; rules refuse those that are no code at all.
func IsCreditNote(typeCode string) bool { return slices.Contains(creditNoteCodes[:], typeCode) }
