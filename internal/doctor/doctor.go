// Package doctor examines a Kafka cluster before a gateway runs on it: whether it answers and trusts us, speaks the
// protocol versions we need, has the topics with the settings that keep the gateway's promises, and lets us do what we
// must. Each finding is a sentence in French and English, and a problem comes with the command that mends it.
//
// The doctor looks and changes nothing. It knows topics by what the gateway does with them, but no configuration file,
// no route and no document.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/commande-publique/passerelle/internal/kafka"
)

// Status is what a finding means.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "warning" // works, but not as safely as it could
	Problem Status = "problem" // the gateway would not start, would stop, or could lose messages
)

// Check is one finding.
type Check struct {
	Check   string `json:"check"`   // what was looked at: reachable, authentication, tls, broker, versions, topic, ...
	Subject string `json:"subject"` // of which topic, group, broker or cluster
	Status  Status `json:"status"`
	FR      string `json:"fr"`
	EN      string `json:"en"`
	Remedy  string `json:"remedy,omitempty"` // a shell command; empty when none mends it
}

// Topic is a topic that the gateway will use.
type Topic struct {
	Name       string
	Source     bool // messages come from it
	DeadLetter bool // refused messages go to it, as large as any source has them
	Write      bool // the gateway writes to it
	Table      bool // the last record of each key is a row, whose place is for ever
	// MaxMessageBytes is the max.message.bytes that the gateway gives the topic when it creates it.
	MaxMessageBytes int
}

// Plan is what the gateway will do with the cluster.
type Plan struct {
	Brokers   []string // as configured
	Secured   bool     // TLS or SASL: administration needs a --command-config too
	Mechanism string   // of SASL, empty without
	Username  string   // of plain and scram
	Principal string   // as ACLs name the gateway, "User:x"; empty when only the broker knows it
	Topics    []Topic
	Groups    []string
	// Transactions are the transactional ids that the gateway uses; none unless it delivers exactly once.
	Transactions []string
	Partitions   int // that the gateway gives to a topic that it creates
	Replication  int // the same, and what the operator expects of the others
	// Embedded is what embedded brokers call their cluster: they compact no topic.
	Embedded string
	// DocumentBytes is the largest document that the gateway accepts.
	DocumentBytes int
}

// Report is what the doctor found.
type Report struct {
	Checks      []Check
	Unreachable bool // no broker answered: nothing else could be looked at
}

// Problems counts the problems.
func (r *Report) Problems() int { return r.count(Problem) }

// Warnings counts the warnings.
func (r *Report) Warnings() int { return r.count(Warning) }

func (r *Report) count(s Status) int {
	n := 0
	for _, c := range r.Checks {
		if c.Status == s {
			n++
		}
	}
	return n
}

// words is a sentence in both languages.
type words struct{ fr, en string }

// say formats a sentence whose two languages take the same values in the same order.
func say(fr, en string, args ...any) words {
	return words{fmt.Sprintf(fr, args...), fmt.Sprintf(en, args...)}
}

func (r *Report) add(check, subject string, status Status, w words, remedy string) {
	r.Checks = append(r.Checks, Check{check, subject, status, w.fr, w.en, remedy})
}

func (r *Report) ok(check, subject string, w words) { r.add(check, subject, OK, w, "") }

// limit bounds the whole examination: a cluster that takes longer than this to answer some dozen questions is ill.
const limit = 30 * time.Second

// Cluster examines a cluster.
func Cluster(ctx context.Context, c *kafka.Cluster, plan Plan) *Report {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	x := &examination{Report: &Report{}, c: c, plan: plan, admin: admin{plan: plan}}
	if !x.reach(ctx) {
		return x.Report
	}
	var names []string
	for _, t := range plan.Topics {
		names = append(names, t.Name)
	}
	d, err := c.Describe(ctx, names)
	if err != nil {
		x.unanswered("reachable", strings.Join(plan.Brokers, ", "), err)
		return x.Report
	}
	x.admin.compacts = d.ClusterID != plan.Embedded
	x.brokers(ctx, d)
	x.produce(ctx)
	x.topics(ctx, d)
	for _, group := range plan.Groups {
		x.group(ctx, group)
	}
	for _, id := range plan.Transactions {
		x.transaction(ctx, id)
	}
	return x.Report
}

// examination is one examination under way.
type examination struct {
	*Report
	c     *kafka.Cluster
	plan  Plan
	admin admin
}

// unanswered notes that a question got no answer.
func (x *examination) unanswered(check, subject string, err error) {
	var distrust *kafka.SecurityError
	if errors.As(err, &distrust) {
		x.add(check, subject, Problem, words{distrust.FR, distrust.EN}, "")
		return
	}
	x.add(check, subject, Problem, say("le cluster ne répond pas à cette question : %v", "the cluster does not answer this question: %v", err), "")
}

// reach tells whether the cluster answers and trusts us.
func (x *examination) reach(ctx context.Context) bool {
	subject := strings.Join(x.plan.Brokers, ", ")
	err := kafka.Explain(x.c.Ping(ctx))
	var distrust *kafka.SecurityError
	switch {
	case errors.As(err, &distrust):
		// A broker hangs up on a request that it does not know too: one that tells its versions is only too old.
		if served, asked := x.c.Versions(ctx, anyBroker); distrust.Code == kafka.ConnectionClosed && asked == nil && len(lacking(served)) > 0 {
			x.versions(subject, lacking(served))
			return false
		}
		x.distrusted(subject, distrust)
		return false
	case err != nil:
		x.Unreachable = true
		var unreachable *kafka.UnreachableError
		if errors.As(err, &unreachable) {
			err = unreachable.Err
		}
		x.add("reachable", subject, Problem, say(
			"aucun broker ne répond (%v) : vérifiez kafka.brokers, que le cluster tourne et qu'aucun pare-feu n'est entre lui et cette machine",
			"no broker answers (%v): check kafka.brokers, that the cluster runs and that no firewall is between it and this machine", err), "")
		return false
	}
	x.ok("reachable", subject, say("le cluster répond", "the cluster answers"))
	if x.plan.Mechanism != "" {
		x.ok("authentication", subject, say("le cluster accepte la passerelle (%s)", "the cluster accepts the gateway (%s)", x.plan.Mechanism))
	} else {
		x.ok("authentication", subject, say("le cluster n'en demande pas par SASL", "the cluster asks for none by SASL"))
	}
	return true
}

// distrusted notes why the two sides do not trust each other.
func (x *examination) distrusted(subject string, e *kafka.SecurityError) {
	check, remedy := "tls", ""
	switch e.Code {
	case kafka.AuthenticationRefused, kafka.MechanismRefused, kafka.TokenUnavailable:
		check = "authentication"
	case kafka.ConnectionClosed:
		check = "reachable"
	}
	if e.Code == kafka.AuthenticationRefused && strings.HasPrefix(x.plan.Mechanism, "scram-") {
		remedy = x.admin.command("kafka-configs.sh", "--alter", "--add-config", strings.ToUpper(x.plan.Mechanism)+"=[password=...]", "--entity-type", "users", "--entity-name", x.plan.Username)
	}
	x.add(check, subject, Problem, words{e.FR, e.EN}, remedy)
}

// brokers looks at every broker at the address that it gives itself, and at the versions that it speaks.
func (x *examination) brokers(ctx context.Context, d *kafka.Description) {
	var short []string
	reached := 0
	for _, b := range d.Brokers {
		subject := fmt.Sprintf("%d (%s)", b.ID, b.Address)
		served, err := x.c.Versions(ctx, b.ID)
		if err != nil {
			x.add("broker", subject, Problem, say(
				"le cluster annonce ce broker à cette adresse, où il ne répond pas (%v) : corrigez advertised.listeners, le DNS ou le pare-feu, ou relancez-le",
				"the cluster announces this broker at this address, where it does not answer (%v): correct advertised.listeners, the DNS or the firewall, or start it again", err), "")
			continue
		}
		reached++
		for _, request := range lacking(served) {
			short = append(short, fmt.Sprintf("%d: %s", b.ID, request))
		}
	}
	if reached == len(d.Brokers) {
		x.ok("broker", "cluster "+d.ClusterID, say("brokers : %d, chacun répond à l'adresse qu'il annonce", "brokers: %d, each answers at the address that it announces", reached))
	}
	if reached > 0 {
		x.versions("cluster "+d.ClusterID, short)
	}
}

// anyBroker lets the connection choose.
const anyBroker = -1

// lacking lists the requests that the gateway needs and a broker does not serve.
func lacking(served map[int16]kafka.VersionRange) []string {
	var out []string
	for _, need := range kafka.Needs() {
		if v, ok := served[need.Key]; !ok || v.Max < need.Min || v.Min > need.Max {
			out = append(out, fmt.Sprintf("%s %d", need.Name, need.Max))
		}
	}
	return out
}

func (x *examination) versions(subject string, short []string) {
	if len(short) > 0 {
		x.add("versions", subject, Problem, say(
			"des requêtes nécessaires ne sont pas servies (%s) : il faut Apache Kafka 2.8 à 4.x, ou ce qui parle son protocole",
			"requests that are needed are not served (%s): it takes Apache Kafka 2.8 to 4.x, or what speaks its protocol", strings.Join(short, ", ")), "")
		return
	}
	x.ok("versions", subject, say("toutes les requêtes nécessaires sont servies (Kafka 2.8 ou plus)", "all requests that are needed are served (Kafka 2.8 or later)"))
}

// produce looks at the permission to produce idempotently.
func (x *examination) produce(ctx context.Context) {
	switch err := x.c.MayProduce(ctx); {
	case err == nil:
		x.ok("permission", "cluster", say("l'écriture idempotente est permise", "idempotent writing is allowed"))
	case kafka.Forbidden(err):
		x.add("permission", "cluster", Problem, x.admin.named(say(
			"l'écriture idempotente est refusée : rien ne pourrait être publié (depuis Kafka 2.8, le droit Write sur un sujet suffit)", "idempotent writing is denied: nothing could be published (since Kafka 2.8 the permission Write on a topic is enough)")),
			x.admin.allow([]kafka.Operation{kafka.OperationIdempotentWrite}, "--cluster"))
	default:
		x.unanswered("permission", "cluster", err)
	}
}

// group looks at the permissions on a consumer group.
func (x *examination) group(ctx context.Context, group string) {
	need := []kafka.Operation{kafka.OperationRead, kafka.OperationDescribe}
	ops, err := x.c.GroupOperations(ctx, group)
	missing := need
	switch {
	case err != nil && !kafka.Forbidden(err):
		x.unanswered("group", group, err)
		return
	case err == nil && !ops.Known():
		x.add("group", group, Warning, say("le broker ne dit pas ce qui est permis", "the broker does not tell what is allowed"), "")
		return
	case err == nil:
		missing = denied(ops, need)
	}
	if len(missing) == 0 {
		x.ok("group", group, say("lecture permise", "reading is allowed"))
		return
	}
	x.add("group", group, Problem, x.admin.named(say(
		"droits manquants sur le groupe de consommateurs : %[1]s", "permissions are missing on the consumer group: %[1]s", list(missing))),
		x.admin.allow(need, "--group", group))
}

// transaction looks at the permissions on a transactional id, as far as one can ask.
func (x *examination) transaction(ctx context.Context, id string) {
	const check = "transaction"
	switch err := x.c.MayTransact(ctx, id); {
	case err == nil:
		x.ok(check, id, say(
			"le cluster y donne accès (Write ne se vérifie pas sans déranger une passerelle qui tourne)",
			"the cluster gives access to it (Write cannot be checked without disturbing a gateway that runs)"))
	case kafka.Forbidden(err):
		x.add(check, id, Problem, x.admin.named(say("droits manquants sur l'identifiant de transaction", "permissions are missing on the transactional id")),
			x.admin.allow([]kafka.Operation{kafka.OperationDescribe, kafka.OperationWrite}, "--transactional-id", id))
	default:
		x.unanswered(check, id, err)
	}
}

func denied(ops kafka.Operations, need []kafka.Operation) []kafka.Operation {
	return slices.DeleteFunc(slices.Clone(need), ops.Allows)
}

func list(ops []kafka.Operation) string {
	var names []string
	for _, o := range ops {
		names = append(names, o.String())
	}
	return strings.Join(names, ", ")
}
