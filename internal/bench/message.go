package bench

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
)

// The topics of the job, as its configuration names them. A run puts a prefix of its own before each.
const (
	input     = "in.invoices"
	invoicing = "out.invoicing"
	dume      = "out.dume"
	archive   = "out.archive"
	refused   = "out.dlq"
)

// outputs are the topics that the gateway writes to.
func outputs() []string { return []string{invoicing, dume, archive, refused} }

const (
	// A prime, so that suppliers, types and faults do not go in step.
	suppliers = 997
	// Every fiftieth message, 2 %, is refused.
	faultEvery = 50
	// Type and place of the first supplier's SIRET among all numbers of 14 digits.
	firstSiret = 73_282_932_000_000
)

// supplier is the number of the supplier that sends a message, from 0.
func supplier(seq int) int { return seq % suppliers }

// key is the record key of a message: the SIRET of its supplier.
func key(seq int) []byte { return strconv.AppendInt(nil, int64(firstSiret+supplier(seq)), 10) }

func faulty(seq int) bool { return seq%faultEvery == faultEvery-1 }

// kind is the type of a message: of ten in a row, six invoices, three DUME and one entry for the archive.
func kind(seq int) string {
	switch (seq * 7) % 10 {
	case 6, 7, 8:
		return "dume"
	case 9:
		return "archive"
	}
	return "invoice"
}

// destination is the topic in which a message must end.
func destination(seq int) string {
	if faulty(seq) {
		return refused
	}
	return map[string]string{"invoice": invoicing, "dume": dume, "archive": archive}[kind(seq)]
}

// identifier begins every document's id, which survives the mapping; seqDigits follow.
const (
	identifier = "INV-"
	seqDigits  = 9
)

// sequence finds the number of a message in what the gateway made of it.
func sequence(value []byte) (int, bool) {
	at := bytes.Index(value, []byte(identifier))
	if at < 0 || len(value) < at+len(identifier)+seqDigits {
		return 0, false
	}
	seq, err := strconv.Atoi(string(value[at+len(identifier) : at+len(identifier)+seqDigits]))
	return seq, err == nil && seq >= 0
}

// message is the document with a number, about 1.5 KB of JSON: always the same bytes for the same number. The faults
// take turns: no currency, a SIRET that is none, a document cut off.
func message(seq int) []byte {
	random := rand.New(rand.NewPCG(uint64(seq), 1)) // any constant will do
	siret, currency := string(key(seq)), `,"currency":"EUR"`
	fault := -1
	if faulty(seq) {
		fault = seq / faultEvery % 3
	}
	switch fault {
	case 0:
		currency = ""
	case 1:
		siret = "BAD"
	}
	b := make([]byte, 0, 1700) // the longest, rounded up
	b = fmt.Appendf(b, `{"id":"`+identifier+`%09d","seq":%d,"type":"%s","version":"1.2","issuedAt":"2026-11-20T09:12:33Z"%s`, seq, seq, kind(seq), currency)
	b = append(b, `,"buyer":{"siret":"13002526500013","name":"Direction interministérielle du numérique"`...)
	if seq%4 != 0 { // the service is optional
		b = append(b, `,"service":"D-ACHATS-01"`...)
	}
	b = append(b, `,"address":{"street":"20 avenue de Ségur","city":"Paris","zip":"75007","country":"FR"}}`...)
	b = fmt.Appendf(b, `,"supplier":{"siret":"%s","name":"Fournisseur %04d SAS","vat":"FR40303265045","address":{"street":"12 rue de la Paix","city":"Lyon","zip":"69002","country":"FR"}}`, siret, supplier(seq))
	b = fmt.Appendf(b, `,"contract":{"ref":"2026-MP-%05d","lot":%d,"cpv":"72000000"},"lines":[`, supplier(seq), 1+seq%4)
	net := 0 // cents
	for i := range 4 {
		quantity, price := 1+random.IntN(20), 100+random.IntN(90_000)
		net += quantity * price
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"no":%d,"description":"Prestation de maintenance applicative, lot %d, semaine %d","quantity":%d,"unitPrice":`, i+1, i+1, 1+seq%52, quantity)
		b = appendEuros(b, price)
		b = append(b, `,"vatRate":20,"amount":`...)
		b = appendEuros(b, quantity*price)
		b = append(b, '}')
	}
	vat := (net*20 + 50) / 100
	b = append(b, `],"totals":{"net":`...)
	b = appendEuros(b, net)
	b = append(b, `,"vat":`...)
	b = appendEuros(b, vat)
	b = append(b, `,"gross":`...)
	b = appendEuros(b, net+vat)
	b = fmt.Appendf(b, `},"attachments":[{"name":"facture.pdf","sha256":"%064x","size":48213}]`, random.Uint64())
	b = append(b, `,"payment":{"iban":"FR7630006000011234567890189","bic":"AGRIFRPP","termDays":30,"method":"SEPA"}`...)
	b = append(b, `,"comment":"Facture émise au titre du marché public susmentionné ; paiement à trente jours."}`...)
	if fault == 2 {
		b = b[:len(b)-100]
	}
	return b
}

// appendEuros writes cents as an amount with two decimals.
func appendEuros(b []byte, cents int) []byte {
	return fmt.Appendf(b, "%d.%02d", cents/100, cents%100)
}
