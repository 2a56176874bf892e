package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/commande-publique/passerelle/internal/embedded"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/telemetry"
)

const (
	// How often faults are looked for: soon enough for a probe every ten seconds, and one small request.
	lookInterval = time.Second
	// A broker that has not answered by then is called unreachable; one that is well answers in milliseconds.
	lookTimeout = 5 * time.Second
	// A coordinator that moves answers "not yet" meanwhile, and is asked again until then.
	coordinatorTimeout = time.Second
	// A fault that elections and rebalances cause and heal within a second or two is told when it is still there at the
	// next look but one.
	patience = 3
)

// The codes of the faults. docs/operations.md lists them. Beside these, those of kafka.SecurityError.
const (
	faultUnreachable  = "broker_unreachable"
	faultDisk         = "disk_reserve"
	faultStopped      = "partition_stopped"
	faultTopicMissing = "topic_missing"
	faultTopics       = "topics_unavailable"
	faultForbidden    = "authorization_refused"
	faultCoordinator  = "coordinator_unavailable"
	faultRecordTooBig = "record_too_large"
	faultUnknown      = "outcome_unknown"
	faultWriteBlocked = "write_blocked"
	faultReadBlocked  = "read_blocked"
)

// finding is a fault that was seen; a brief one is told only when it stays.
type finding struct {
	telemetry.Fault
	brief bool
}

// unreachableFault says why no broker can be talked to. One that hangs up may expect TLS or SASL, but most often it has
// just gone: the fault is the same, so that it is told once.
func unreachableFault(brokers []string, err error) telemetry.Fault {
	f := telemetry.Fault{Code: faultUnreachable, Subject: strings.Join(brokers, ", "), Down: true}
	var unreachable *kafka.UnreachableError
	if errors.As(err, &unreachable) {
		err = unreachable.Err // the fault itself says the rest
	}
	fr, en := err.Error(), err.Error()
	var distrust *kafka.SecurityError
	if errors.As(kafka.Explain(err), &distrust) {
		fr, en = distrust.FR, distrust.EN
		if distrust.Code != kafka.ConnectionClosed {
			f.Code, f.FR, f.EN = string(distrust.Code), fr, en
			f.RemedyFR = "La passerelle reprend d'elle-même une fois le broker corrigé ; une configuration corrigée demande un redémarrage. « passerelle doctor » examine la connexion."
			f.RemedyEN = "The gateway goes on by itself once the broker is corrected; a corrected configuration needs a restart. \"passerelle doctor\" examines the connection."
			return f
		}
	}
	f.FR, f.EN = "aucun broker ne répond : "+fr, "no broker answers: "+en
	f.RemedyFR = "Vérifiez que le broker tourne, son adresse (kafka.brokers) et le réseau. Rien n'est perdu ; la passerelle reprend d'elle-même."
	f.RemedyEN = "Check that the broker runs, its address (kafka.brokers) and the network. Nothing is lost; the gateway goes on by itself."
	return f
}

func diskFault(s embedded.Space) telemetry.Fault {
	f := telemetry.Fault{
		Code: faultDisk, Subject: s.DataDir,
		FR:       fmt.Sprintf("disque presque plein : %d Mio libres, la réserve est de %d Mio ; les producteurs attendent, les consommateurs continuent", s.Free>>20, s.Reserve>>20),
		EN:       fmt.Sprintf("the disk is nearly full: %d MiB free, the reserve is %d MiB; producers wait, consumers go on", s.Free>>20, s.Reserve>>20),
		RemedyFR: "Libérez de la place sur ce disque, ou baissez embedded.reserve. La passerelle reprend d'elle-même.",
		RemedyEN: "Free space on this disk, or lower embedded.reserve. The gateway goes on by itself.",
	}
	if s.Err != nil {
		f.FR = fmt.Sprintf("l'espace libre du disque ne peut pas être mesuré (%v) ; les producteurs attendent, les consommateurs continuent", s.Err)
		f.EN = fmt.Sprintf("the free space of the disk cannot be measured (%v); producers wait, consumers go on", s.Err)
		f.RemedyFR = "Vérifiez ce disque et ce dossier. La passerelle reprend d'elle-même."
		f.RemedyEN = "Check this disk and this folder. The gateway goes on by itself."
	}
	return f
}

func missingFault(topic string) telemetry.Fault {
	return telemetry.Fault{
		Code: faultTopicMissing, Subject: topic,
		FR:       fmt.Sprintf("le sujet %q n'existe pas, ou plus", topic),
		EN:       fmt.Sprintf("the topic %q does not exist, or not any more", topic),
		RemedyFR: "Recréez-le (« passerelle doctor » donne la commande). La passerelle reprend d'elle-même ; les messages d'un sujet supprimé sont perdus pour tous.",
		RemedyEN: "Create it again (\"passerelle doctor\" gives the command). The gateway goes on by itself; the messages of a deleted topic are lost to all.",
	}
}

// topicsFault says why a gateway that starts cannot go on although a broker answers.
func topicsFault(brokers []string, err error) telemetry.Fault {
	return telemetry.Fault{
		Code: faultTopics, Subject: strings.Join(brokers, ", "), Down: true,
		FR:       fmt.Sprintf("les sujets ne sont pas encore utilisables : %v", err),
		EN:       fmt.Sprintf("the topics cannot be used yet: %v", err),
		RemedyFR: "Vérifiez que tous les brokers du cluster tournent ; « passerelle doctor » nomme les partitions sans chef. La passerelle démarre d'elle-même ensuite.",
		RemedyEN: "Check that all brokers of the cluster run; \"passerelle doctor\" names the partitions without a leader. The gateway then starts by itself.",
	}
}

func forbiddenFault(subject string, err error) telemetry.Fault {
	return telemetry.Fault{
		Code: faultForbidden, Subject: subject,
		FR:       fmt.Sprintf("le broker refuse un droit sur %q : %v", subject, err),
		EN:       fmt.Sprintf("the broker refuses a permission on %q: %v", subject, err),
		RemedyFR: "Accordez le droit (« passerelle doctor » donne la commande kafka-acls.sh). La passerelle reprend d'elle-même, sans perte.",
		RemedyEN: "Grant the permission (\"passerelle doctor\" gives the kafka-acls.sh command). The gateway goes on by itself, without loss.",
	}
}

func coordinatorFault(group string, err error) telemetry.Fault {
	return telemetry.Fault{
		Code: faultCoordinator, Subject: group,
		FR:       fmt.Sprintf("le coordinateur de %q n'est pas disponible : %v", group, err),
		EN:       fmt.Sprintf("the coordinator of %q is not available: %v", group, err),
		RemedyFR: "Vérifiez les brokers et les sujets internes __consumer_offsets et __transaction_state. La passerelle reprend d'elle-même.",
		RemedyEN: "Check the brokers and the internal topics __consumer_offsets and __transaction_state. The gateway goes on by itself.",
	}
}

// readFault says why a partition is not read.
func readFault(s kafka.PartitionStatus) finding {
	subject := fmt.Sprintf("%s/%d", s.Topic, s.Partition)
	var gone *kafka.OffsetOutOfRangeError
	switch {
	case errors.As(s.Err, &gone):
		return finding{Fault: telemetry.Fault{
			Code: faultStopped, Subject: subject,
			FR:       fmt.Sprintf("la partition %s est arrêtée : le message %d qui devait suivre n'est pas dans le journal (%d à %d)", subject, gone.Offset, gone.First, gone.Last),
			EN:       fmt.Sprintf("the partition %s has stopped: the message %d that had to follow is not in the log (%d to %d)", subject, gone.Offset, gone.First, gone.Last),
			RemedyFR: "Jugez ce qui manque, puis choisissez out_of_range: earliest ou latest pour cette source et redémarrez. Les autres partitions continuent.",
			RemedyEN: "Judge what is missing, then choose out_of_range: earliest or latest for this source and restart. The other partitions go on.",
		}}
	case kafka.Forbidden(s.Err):
		return finding{Fault: forbiddenFault(s.Topic, s.Err)}
	}
	return finding{brief: true, Fault: telemetry.Fault{
		Code: faultReadBlocked, Subject: subject,
		FR:       fmt.Sprintf("la partition %s ne peut pas être lue : %v", subject, kafka.Explain(s.Err)),
		EN:       fmt.Sprintf("the partition %s cannot be read: %v", subject, kafka.Explain(s.Err)),
		RemedyFR: "Vérifiez le broker qui la dirige. Rien n'est sauté ; la passerelle réessaie et reprend d'elle-même.",
		RemedyEN: "Check the broker that leads it. Nothing is skipped; the gateway tries again and goes on by itself.",
	}}
}

// writeFault says why records cannot be written.
func writeFault(s kafka.WriteStatus) finding {
	subject := s.Topic
	if s.Partition >= 0 {
		subject = fmt.Sprintf("%s/%d", s.Topic, s.Partition)
	}
	var (
		large   *kafka.RecordTooLargeError
		missing *kafka.UnknownTopicError
		unknown *kafka.UnknownOutcomeError
	)
	switch {
	case errors.As(s.Err, &large):
		return finding{Fault: telemetry.Fault{
			Code: faultRecordTooBig, Subject: s.Topic,
			FR:       fmt.Sprintf("le sujet %q n'accepte pas un enregistrement de %d octets", s.Topic, large.Size),
			EN:       fmt.Sprintf("the topic %q does not take a record of %d bytes", s.Topic, large.Size),
			RemedyFR: "Augmentez max.message.bytes de ce sujet. Vers une sortie, le message est une lettre morte (output_too_large) à rejouer ; une lettre morte trop grande attend et bloque ce qui la suit.",
			RemedyEN: "Raise max.message.bytes of this topic. For an output the message is a dead letter (output_too_large) to replay; a dead letter that is too large waits, and so does what follows it.",
		}}
	case errors.As(s.Err, &missing):
		return finding{Fault: missingFault(s.Topic)}
	case kafka.Forbidden(s.Err):
		return finding{Fault: forbiddenFault(s.Topic, s.Err)}
	case errors.As(s.Err, &unknown):
		return finding{brief: true, Fault: telemetry.Fault{
			Code: faultUnknown, Subject: subject,
			FR:       fmt.Sprintf("on ne sait pas si des enregistrements pour %s sont écrits : %v", subject, unknown.Err),
			EN:       fmt.Sprintf("it is unknown whether records for %s were written: %v", subject, unknown.Err),
			RemedyFR: "Vérifiez le broker qui dirige cette partition. Ils sont envoyés de nouveau, dans l'ordre ; des doubles sont possibles, sous le même identifiant.",
			RemedyEN: "Check the broker that leads this partition. They are sent again, in order; duplicates are possible, under the same id.",
		}}
	}
	return finding{brief: true, Fault: telemetry.Fault{
		Code: faultWriteBlocked, Subject: subject,
		FR:       fmt.Sprintf("rien ne peut être écrit dans %s : %v", subject, kafka.Explain(s.Err)),
		EN:       fmt.Sprintf("nothing can be written to %s: %v", subject, kafka.Explain(s.Err)),
		RemedyFR: "Vérifiez le broker qui la dirige et ses réplicas. La lecture attend, rien n'est validé ; la passerelle reprend d'elle-même.",
		RemedyEN: "Check the broker that leads it and its replicas. Reading waits, nothing is committed; the gateway goes on by itself.",
	}}
}

// watched is one source topic with the subscriber that reads it.
type watched struct {
	topic, group string
	exactlyOnce  bool
	subscriber   *kafka.Subscriber
}

// monitor finds the faults of a gateway that serves: it reads what the Kafka layer knows and asks the brokers what only
// they know. It changes nothing.
type monitor struct {
	cluster   *kafka.Cluster
	brokers   []string
	topics    []string
	broker    *embedded.Broker // nil on a cluster
	publisher *kafka.Publisher
	tables    []*table
	numbers   *numbers
	sources   []watched
	health    *telemetry.Health
	now       func() time.Time

	seen map[string]int // looks in series that found a brief fault
}

// run looks until the context ends.
func (m *monitor) run(ctx context.Context) {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		found := m.look(ctx)
		if ctx.Err() != nil {
			return // what a look that was broken off found is not true
		}
		m.health.Set(m.lasting(found))
		m.health.SetTables(append(reportTables(m.tables), m.numbers.report(m.now())...))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// lasting leaves out brief faults that have not been there for some looks.
func (m *monitor) lasting(found []finding) []telemetry.Fault {
	seen := map[string]int{}
	var out []telemetry.Fault
	for _, f := range found {
		key := f.Code + " " + f.Subject
		seen[key] = m.seen[key] + 1
		if !f.brief || seen[key] >= patience {
			out = append(out, f.Fault)
		}
	}
	m.seen = seen
	return out
}

// look returns all faults that there are now.
func (m *monitor) look(ctx context.Context) []finding {
	var found []finding
	add := func(f telemetry.Fault, brief bool) { found = append(found, finding{f, brief}) }
	if m.broker != nil {
		if space := m.broker.Space(); space.Refusing {
			add(diskFault(space), false)
		}
	}
	asking, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	described, err := m.cluster.Describe(asking, m.topics)
	if err != nil {
		add(unreachableFault(m.brokers, err), false)
	} else {
		for _, t := range described.Topics {
			var missing *kafka.UnknownTopicError
			switch {
			case errors.As(t.Err, &missing):
				add(missingFault(t.Name), true)
			case kafka.Forbidden(t.Err):
				add(forbiddenFault(t.Name, t.Err), false)
			}
		}
	}
	for _, s := range m.sources {
		statuses := s.subscriber.Status()
		for _, p := range statuses {
			if p.Err != nil {
				found = append(found, readFault(p))
			}
		}
		if err == nil && len(statuses) == 0 {
			found = append(found, m.membership(asking, s)...)
		}
	}
	for _, t := range m.tables {
		found = append(found, t.look(m.now())...)
	}
	found = append(found, m.numbers.look(m.now())...)
	for _, w := range m.publisher.Status() {
		found = append(found, writeFault(w))
	}
	return slices.DeleteFunc(found, redundant(found, err != nil))
}

// redundant returns a test for the faults of partitions whose reason is told already: no broker answers, or the topic is
// missing or refused.
func redundant(found []finding, unreachable bool) func(finding) bool {
	told := map[string]bool{}
	for _, f := range found {
		told[f.Subject] = told[f.Subject] || f.Code == faultTopicMissing || f.Code == faultForbidden
	}
	return func(f finding) bool {
		switch f.Code {
		case faultReadBlocked, faultWriteBlocked, faultUnknown:
			topic, _, _ := strings.Cut(f.Subject, "/") // no topic has a slash in its name
			return unreachable || told[topic]
		}
		return false
	}
}

// membership says why a source may have no partitions: whether its group and its transactions have a coordinator that
// lets us in. A member that has none because others have them all gets no fault.
func (m *monitor) membership(ctx context.Context, s watched) []finding {
	ctx, cancel := context.WithTimeout(ctx, coordinatorTimeout)
	defer cancel()
	name := s.group
	ops, err := m.cluster.GroupOperations(ctx, s.group)
	if err == nil && s.exactlyOnce {
		name = fmt.Sprintf("%s-%s-0", s.group, s.topic)
		err = m.cluster.MayTransact(ctx, name)
	}
	switch {
	case kafka.Forbidden(err):
		return []finding{{Fault: forbiddenFault(name, err)}}
	case err != nil:
		return []finding{{coordinatorFault(name, err), true}}
	case ops.Known() && !ops.Allows(kafka.OperationRead):
		return []finding{{forbiddenFault(s.group, errors.New("no permission to read as this group (READ on the group)")), true}}
	}
	return nil
}
