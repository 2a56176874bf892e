package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/commande-publique/passerelle/internal/kafka"
)

// The settings of a topic that matter.
const (
	settingSize      = "max.message.bytes"
	settingInSync    = "min.insync.replicas"
	settingCleanup   = "cleanup.policy"
	settingRetention = "retention.ms"
	settingKept      = "retention.bytes"
)

const (
	// A weekend, and the Monday on which somebody notices.
	wantedSourceRetention = 3 * 24 * time.Hour
	// A dead letter waits for a person.
	wantedDeadLetterRetention = 7 * 24 * time.Hour
	// What the gateway adds to a refused message: violations (64 KiB at most) and the rest, rounded up.
	deadLetterHeaders = 1 << 20
)

// topics looks at every topic of the plan.
func (x *examination) topics(ctx context.Context, d *kafka.Description) {
	brokers := make([]int32, 0, len(d.Brokers))
	for _, b := range d.Brokers {
		brokers = append(brokers, b.ID)
	}
	slices.Sort(brokers)
	found := map[string]kafka.TopicDescription{}
	var there []string
	for _, t := range d.Topics {
		found[t.Name] = t
		if t.Err == nil {
			there = append(there, t.Name)
		}
	}
	settings := map[string]kafka.TopicSettings{}
	if len(there) > 0 {
		var err error
		settings, err = x.c.TopicSettings(ctx, there, []string{settingSize, settingInSync, settingCleanup, settingRetention, settingKept})
		if err != nil {
			x.unanswered("settings", strings.Join(there, ", "), err)
		}
	}
	largest, from := largestSource(x.plan.Topics, settings)
	for _, t := range x.plan.Topics {
		seen := found[t.Name]
		if !x.exists(t, seen, d, len(brokers)) {
			continue
		}
		x.partitions(t, seen)
		x.permissions(t, seen.Operations)
		s, ok := settings[t.Name]
		switch {
		case !ok:
			x.replication(t, seen, brokers, 0)
			continue
		case s.Err != nil:
			x.replication(t, seen, brokers, 0)
			x.unreadable(t.Name, s.Err)
			continue
		}
		x.replication(t, seen, brokers, number(s, settingInSync))
		if t.Table { // rows are small, and compaction keeps the last record of a key for ever
			x.cleanup(t, s.Values[settingCleanup])
			continue
		}
		x.size(t, int(number(s, settingSize)), largest, from)
		x.cleanup(t, s.Values[settingCleanup])
		x.retention(t, s)
	}
}

// number is a setting's value, 0 when it is not one.
func number(s kafka.TopicSettings, name string) int64 {
	n, err := strconv.ParseInt(s.Values[name], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// largestSource returns the largest message that a source may hold, and which source.
func largestSource(topics []Topic, settings map[string]kafka.TopicSettings) (largest int, name string) {
	for _, t := range topics {
		if s, ok := settings[t.Name]; t.Source && ok && s.Err == nil {
			if n := int(number(s, settingSize)); n > largest {
				largest, name = n, t.Name
			}
		}
	}
	return largest, name
}

func (x *examination) unreadable(topic string, err error) {
	if kafka.Forbidden(err) {
		x.add("settings", topic, Warning, x.admin.named(say(
			"les réglages du sujet ne peuvent pas être lus (DescribeConfigs) : taille, min.insync.replicas et rétention ne sont pas vérifiés",
			"the settings of the topic cannot be read (DescribeConfigs): size, min.insync.replicas and retention are not checked")),
			x.admin.allow([]kafka.Operation{kafka.OperationDescribeConfigs}, "--topic", topic))
		return
	}
	x.unanswered("settings", topic, err)
}

// exists tells whether the topic is there to be looked at.
func (x *examination) exists(t Topic, seen kafka.TopicDescription, d *kafka.Description, brokers int) bool {
	var unknown *kafka.UnknownTopicError
	switch {
	case seen.Err == nil && seen.Name != "":
		return true
	case errors.As(seen.Err, &unknown):
		if brokers < x.plan.Replication {
			x.add("topic", t.Name, Problem, say(
				"le sujet n'existe pas, et ne peut pas être créé (réplicas voulus : %d, brokers : %d) : ajoutez des brokers, ou baissez topics.replication et créez-le",
				"the topic does not exist, and cannot be created (replicas wanted: %d, brokers: %d): add brokers, or lower topics.replication and create it", x.plan.Replication, brokers),
				x.admin.create(t, brokers))
			return false
		}
		if d.Operations.Allows(kafka.OperationCreate) {
			x.add("topic", t.Name, Warning, say(
				"le sujet n'existe pas : « serve » le créera (partitions : %d, réplicas : %d), ou créez-le à votre façon avant",
				"the topic does not exist: serve will create it (partitions: %d, replicas: %d), or create it your way before", x.plan.Partitions, x.plan.Replication),
				x.admin.create(t, x.plan.Replication))
			return false
		}
		x.add("topic", t.Name, Problem, say(
			"le sujet n'existe pas, et la passerelle n'a pas le droit de le créer", "the topic does not exist, and the gateway may not create it"),
			x.admin.create(t, x.plan.Replication))
	case kafka.Forbidden(seen.Err):
		x.add("topic", t.Name, Problem, x.admin.named(say(
			"le sujet n'existe pas, ou la passerelle n'a aucun droit sur lui", "the topic does not exist, or the gateway has no permission on it")),
			x.admin.allow(needs(t), "--topic", t.Name))
	default:
		x.unanswered("topic", t.Name, cmp.Or(seen.Err, errors.New("no answer")))
	}
	return false
}

// needs are the operations that the gateway does on a topic.
func needs(t Topic) []kafka.Operation {
	ops := []kafka.Operation{kafka.OperationDescribe}
	if t.Source || t.Table {
		ops = append(ops, kafka.OperationRead)
	}
	if t.Write {
		ops = append(ops, kafka.OperationWrite)
	}
	return ops
}

func (x *examination) permissions(t Topic, ops kafka.Operations) {
	need := needs(t)
	if !ops.Known() {
		x.add("permission", t.Name, Warning, say("le broker ne dit pas ce qui est permis", "the broker does not tell what is allowed"), "")
		return
	}
	if missing := denied(ops, need); len(missing) > 0 {
		x.add("permission", t.Name, Problem, x.admin.named(say("droits manquants sur le sujet : %s", "permissions are missing on the topic: %s", list(missing))),
			x.admin.allow(need, "--topic", t.Name))
		return
	}
	x.ok("permission", t.Name, say("permis : %s", "allowed: %s", list(need)))
}

// partitions looks at who leads them.
func (x *examination) partitions(t Topic, seen kafka.TopicDescription) {
	var headless, behind []string
	for _, p := range seen.Partitions {
		if p.Leader < 0 {
			headless = append(headless, strconv.Itoa(int(p.Index)))
		} else if len(p.InSync) < len(p.Replicas) {
			behind = append(behind, strconv.Itoa(int(p.Index)))
		}
	}
	switch {
	case len(headless) > 0:
		x.add("topic", t.Name, Problem, say(
			"des partitions n'ont pas de leader (%s) : relancez les brokers qui les portent", "partitions have no leader (%s): start the brokers that hold them again",
			strings.Join(headless, ", ")), x.admin.command("kafka-topics.sh", "--describe", "--topic", t.Name, "--unavailable-partitions"))
	case len(behind) > 0:
		x.add("topic", t.Name, Warning, say(
			"des réplicas sont en retard ou arrêtés (partitions %s)", "replicas are behind or stopped (partitions %s)", strings.Join(behind, ", ")),
			x.admin.command("kafka-topics.sh", "--describe", "--topic", t.Name, "--under-replicated-partitions"))
	default:
		x.ok("topic", t.Name, say("partitions : %d, chacune avec son leader", "partitions: %d, each with its leader", len(seen.Partitions)))
	}
}

// replication looks at how many copies there are and how many must have a message before it counts as written.
// inSync is 0 when it is not known.
func (x *examination) replication(t Topic, seen kafka.TopicDescription, brokers []int32, inSync int64) {
	fewest := 0
	for i, p := range seen.Partitions {
		if i == 0 || len(p.Replicas) < fewest {
			fewest = len(p.Replicas)
		}
	}
	switch wanted := x.plan.Replication; {
	case fewest < wanted && len(brokers) < wanted:
		x.add("replication", t.Name, Problem, say(
			"réplicas : %d, attendus : %d (topics.replication), brokers : %d ; ajoutez des brokers, ou baissez topics.replication si ce risque est voulu",
			"replicas: %d, expected: %d (topics.replication), brokers: %d; add brokers, or lower topics.replication when that risk is wanted", fewest, wanted, len(brokers)), "")
	case fewest < wanted:
		x.add("replication", t.Name, Problem, say("réplicas : %d, attendus : %d (topics.replication)", "replicas: %d, expected: %d (topics.replication)", fewest, wanted),
			x.admin.replicate(seen, brokers, wanted))
	case fewest < 2:
		x.add("replication", t.Name, Warning, say(
			"un seul réplica, comme demandé (topics.replication) : la perte d'un disque perd les messages", "one replica, as asked for (topics.replication): the loss of a disk loses the messages"), "")
	default:
		x.ok("replication", t.Name, say("%d réplicas", "%d replicas", fewest))
	}
	const check = settingInSync
	switch {
	case inSync == 0: // not known, and said elsewhere
	case inSync > int64(fewest):
		x.add(check, t.Name, Problem, say(
			"min.insync.replicas vaut %d pour %d réplicas : aucune écriture n'aboutirait", "min.insync.replicas is %d with %d replicas: no write would succeed", inSync, fewest),
			x.admin.set(t.Name, settingInSync, strconv.Itoa(max(1, fewest-1))))
	case inSync < 2 && fewest > 1:
		x.add(check, t.Name, Problem, say(
			"min.insync.replicas vaut %d : un message acquitté peut n'exister que sur un disque", "min.insync.replicas is %d: an acknowledged message may exist on one disk only", inSync),
			x.admin.set(t.Name, settingInSync, "2"))
	case inSync == int64(fewest) && fewest > 1:
		x.add(check, t.Name, Warning, say(
			"min.insync.replicas vaut %d pour %d réplicas : l'arrêt d'un broker arrête les écritures", "min.insync.replicas is %d with %d replicas: one stopped broker stops the writing", inSync, fewest), "")
	default:
		x.ok(check, t.Name, say("%d", "%d", inSync))
	}
}

// size looks at max.message.bytes. A dead letter must hold what any source may bring; else a message that is too large
// for both ways out would stop its partition.
func (x *examination) size(t Topic, bytes, largest int, from string) {
	at := bytesOf(bytes)
	switch need := largest + deadLetterHeaders; {
	case t.DeadLetter && bytes < need:
		want := bytesOf(need)
		x.add(settingSize, t.Name, Problem, words{
			fmt.Sprintf("%s, et la source %s laisse entrer %s : un tel message ne pourrait pas devenir une lettre morte et arrêterait sa partition ; il faut %s", at.fr, from, bytesOf(largest).fr, want.fr),
			fmt.Sprintf("%s, and the source %s lets %s in: such a message could not become a dead letter and would stop its partition; it takes %s", at.en, from, bytesOf(largest).en, want.en),
		}, x.admin.set(t.Name, settingSize, strconv.Itoa(need)))
	case bytes < x.plan.DocumentBytes:
		limit := bytesOf(x.plan.DocumentBytes)
		w := words{
			fmt.Sprintf("%s, moins que limits.document (%s) : le broker refuserait ces documents à leur expéditeur, sans motif ni reçu", at.fr, limit.fr),
			fmt.Sprintf("%s, less than limits.document (%s): the broker would refuse such documents to their sender, without reason or receipt", at.en, limit.en),
		}
		if !t.Source {
			w = words{
				fmt.Sprintf("%s, moins que limits.document (%s) : des documents valables deviendraient des lettres mortes", at.fr, limit.fr),
				fmt.Sprintf("%s, less than limits.document (%s): valid documents would become dead letters", at.en, limit.en),
			}
		}
		x.add(settingSize, t.Name, Warning, w, x.admin.set(t.Name, settingSize, strconv.Itoa(t.MaxMessageBytes)))
	default:
		x.ok(settingSize, t.Name, at)
	}
}

// bytesOf writes a size.
func bytesOf(n int) words {
	if n%(1<<20) == 0 {
		return say("%[1]d Mio", "%[1]d MiB", n>>20)
	}
	return say("%d octets", "%d bytes", n)
}

func (x *examination) cleanup(t Topic, policy string) {
	switch {
	case t.Table && !x.admin.compacts:
		x.add(settingCleanup, t.Name, Warning, say(
			"%s : ce cluster est le broker embarqué d'un autre processus, qui ne compacte pas ; il oublie les plus anciennes lignes de la table quand son sujet dépasse retention.bytes",
			"%s: this cluster is the embedded broker of another process, which does not compact; it forgets the oldest rows of the table when its topic exceeds retention.bytes", policy), "")
	case t.Table && policy != "compact":
		x.add(settingCleanup, t.Name, Problem, say(
			"%s : avec le temps, Kafka supprimerait des lignes de cette table", "%s: as time goes by, Kafka would delete rows of this table", policy),
			x.admin.set(t.Name, settingCleanup, "compact"))
	case t.Table, !strings.Contains(policy, "compact"):
		x.ok(settingCleanup, t.Name, say("%s", "%s", policy))
	case t.Source || t.DeadLetter:
		x.add(settingCleanup, t.Name, Problem, say(
			"%s : Kafka ne garderait que le dernier message de chaque clé, les autres seraient perdus", "%s: Kafka would keep the last message of each key only, the others would be lost", policy),
			x.admin.set(t.Name, settingCleanup, "delete"))
	default:
		x.add(settingCleanup, t.Name, Warning, say(
			"%s : les abonnés ne trouveront que le dernier message de chaque clé", "%s: subscribers will find the last message of each key only", policy),
			x.admin.set(t.Name, settingCleanup, "delete"))
	}
}

// retention looks at how long what nobody has handled yet is kept.
func (x *examination) retention(t Topic, s kafka.TopicSettings) {
	life := time.Duration(number(s, settingRetention)) * time.Millisecond
	w := words{"sans limite de durée", "no limit of time"}
	if life >= 0 {
		w = lifeOf(life)
	}
	if kept := number(s, settingKept); kept > 0 {
		size := bytesOf(int(kept))
		w = words{w.fr + ", " + size.fr + " par partition", w.en + ", " + size.en + " a partition"}
	}
	wanted, why := time.Duration(0), words{}
	switch {
	case t.DeadLetter:
		wanted, why = wantedDeadLetterRetention, words{"une lettre morte attend quelqu'un", "a dead letter waits for a person"}
	case t.Source:
		wanted, why = wantedSourceRetention, words{"un arrêt plus long perd des messages", "a longer stop loses messages"}
	}
	if life >= 0 && life < wanted {
		least := lifeOf(wanted)
		x.add("retention", t.Name, Warning, words{
			fmt.Sprintf("%s : %s ; %s au moins sont préférables", w.fr, why.fr, least.fr),
			fmt.Sprintf("%s: %s; %s at least are better", w.en, why.en, least.en),
		}, x.admin.set(t.Name, settingRetention, strconv.FormatInt(wanted.Milliseconds(), 10)))
		return
	}
	x.ok("retention", t.Name, w)
}

func lifeOf(d time.Duration) words {
	const day = 24 * time.Hour
	if d >= 2*day && d%day == 0 {
		return say("%[1]d jours", "%[1]d days", int(d/day))
	}
	if d >= time.Hour && d%time.Hour == 0 {
		return say("%d h", "%d h", int(d/time.Hour))
	}
	return words{d.String(), d.String()}
}
