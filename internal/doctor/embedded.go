package doctor

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/commande-publique/passerelle/internal/kafka"
)

// pingTimeout bounds the wait for a broker on this machine, which answers at once or is not there.
const pingTimeout = 3 * time.Second

// Embedded examines the place of the embedded broker: its address must be free, or be served by a gateway already.
func Embedded(ctx context.Context, address string) *Report {
	r := &Report{}
	r.ok("embedded", address, say(
		"aucun cluster n'est configuré : le broker embarqué est un seul nœud, sans réplication ni authentification, pour cette machine ; pour produire, nommez un cluster dans kafka.brokers",
		"no cluster is configured: the embedded broker is one node, without replication or authentication, for this machine; for production, name a cluster in kafka.brokers"))
	// Binding is the question itself: whoever starts the broker will do the same.
	ln, bind := net.Listen("tcp", address)
	if bind == nil {
		_ = ln.Close() // it was only asked
		r.ok("address", address, say("l'adresse est libre : « passerelle serve » peut démarrer", "the address is free: \"passerelle serve\" can start"))
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if serves(ctx, address) {
		r.ok("address", address, say("un broker y répond : une passerelle tourne déjà", "a broker answers there: a gateway runs already"))
		return r
	}
	r.add("address", address, Problem, words{
		fmt.Sprintf("l'adresse est prise (%v) et aucun broker Kafka n'y répond : arrêtez ce qui l'occupe, ou changez embedded.listen", bind),
		fmt.Sprintf("the address is taken (%v) and no Kafka broker answers there: stop what holds it, or change embedded.listen", bind),
	}, "")
	return r
}

func serves(ctx context.Context, address string) bool {
	cfg := kafka.Config{Brokers: []string{address}, ClientID: "passerelle-doctor"}
	if cfg.Secure(kafka.Security{}) != nil {
		return false
	}
	c, err := kafka.NewCluster(cfg)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }() // never fails
	return c.Ping(ctx) == nil
}
