package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/commande-publique/passerelle/internal/reference"
)

// buyersFile is the directory that the cases are verified in. Of the last buyer it says nothing.
const buyersFile = `siret;active;service_required;engagement_required;service_or_engagement_required;services
21350238800019;oui;non;non;non;VOIRIE|ECOLES
21350238800027;oui;oui;non;non;VOIRIE
21350238800035;oui;non;oui;non;VOIRIE
21350238800043;oui;non;non;oui;VOIRIE
21350238800050;non;non;non;non;VOIRIE
21350238800068;;;;;
`

var buyersDate = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func buyersTables(t testing.TB) *reference.Tables {
	t.Helper()
	snapshot, list := Directory().Read("buyers.csv", strings.NewReader(buyersFile), buyersDate)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	tables := &reference.Tables{}
	tables.Declare(Directory(), 48*time.Hour)
	tables.Publish(Directory(), snapshot)
	return tables
}

// buyers is the directory a day after its date.
func buyers(t testing.TB) reference.View {
	t.Helper()
	tables := buyersTables(t)
	tables.Tick(buyersDate.Add(24 * time.Hour))
	return tables.View()
}
