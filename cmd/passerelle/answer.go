package main

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/transformers"
)

// answer says what the service that a document is for would make of it, by the rules that are public: the platform, Chorus Pro
// or the DUME service, as the profile knows; and whether the European standard alone has nothing against it. What only the gateway
// demands, it does not ascribe to them. Nothing is said of a pivot, which Chorus Pro itself has written, nor of a file that is
// refused for another reason.
func (c *cli) answer(g *app.Gateway, value []byte, v pipeline.Verdict) {
	if len(v.Parts) == 0 || v.Identity.Format == transformers.Pivot {
		return
	}
	part := v.Parts[0]
	if part.Profile.Profile == nil || part.Profile.Answers == (rules.Text{}) {
		return
	}
	who := c.say(part.Profile.Answers.FR, part.Profile.Answers.EN)
	packs := map[string]string{} // by rule
	for _, pack := range part.Packs {
		for _, r := range pack.All() {
			packs[r.ID] = pack.Name
		}
	}
	const norm = "en16931"
	keepsNorm := slices.ContainsFunc(part.Packs, func(p *rules.Pack) bool { return p.Name == norm })
	var refused []string
	unverified := ""
	for _, found := range v.Violations {
		pack, structure := packs[found.Code], strings.HasPrefix(found.Code, "structure_")
		switch {
		case found.Severity == violation.NotVerified:
			unverified = c.say(", sous réserve de ce qui n'est pas vérifié", ", but for what is not verified")
		case found.IsFatal():
			keepsNorm = keepsNorm && pack != "" && pack != norm
			if (pack != "" || structure) && !slices.Contains(refused, found.Code) {
				refused = append(refused, found.Code)
			}
		}
	}
	// A value that is not written as it should be is told by the rule about it alone, and the structure says nothing.
	keepsNorm = keepsNorm && len(refused) > 0 && !violation.AnyFatal(g.Pipeline.Shape(value, ""))
	codes := strings.Join(refused, ", ")
	switch {
	case keepsNorm:
		c.printf("  réponse     conforme à EN 16931, mais %s refuserait ce document : %s\n", "  answer      good by EN 16931, but %s would refuse this document: %s\n", who, codes)
	case len(refused) > 0:
		c.printf("  réponse     %s refuserait ce document : %s\n", "  answer      %s would refuse this document: %s\n", who, codes)
	case v.Outcome() == pipeline.Delivered:
		c.printf("  réponse     d'après les règles publiées, %s accepterait ce document%s\n", "  answer      by the published rules, %s would accept this document%s\n", who, unverified)
	}
}

// deposit says by which interfaces an invoice of the historic channel is deposited in Chorus Pro, where a table has them.
func (c *cli) deposit(words *rules.Set, id transformers.Identity, part pipeline.Part) {
	if part.Profile.Profile == nil || part.Profile.Name != "chorus-historic" || id.Format == transformers.UBL && part.Kind == transformers.CreditNote {
		return
	}
	for _, flow := range []string{"e1", "e2"} {
		if code := words.Lookup("chorus-deposits", string(id.Format), flow, ""); code != "" {
			c.printf("  dépôt       flux %s : interface %s, ou %s par l'API\n", "  deposit     flow %s: interface %s, or %s by the API\n",
				strings.ToUpper(flow), code, words.Lookup("chorus-deposits", string(id.Format), flow+"-api", ""))
		}
	}
}
