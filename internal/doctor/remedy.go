package doctor

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/kafka"
)

// admin writes commands of Kafka's own tools, for a shell.
type admin struct {
	plan     Plan
	compacts bool // the cluster can compact topics
}

// plainWord is what a shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:,=@%+-]+$`)

func quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (a admin) command(tool string, args ...string) string {
	words := []string{tool, "--bootstrap-server", strings.Join(a.plan.Brokers, ",")}
	if a.plan.Secured {
		words = append(words, "--command-config", "admin.properties")
	}
	words = append(words, args...)
	for i, w := range words {
		words[i] = quoted(w)
	}
	return strings.Join(words, " ")
}

// unnamed stands for the gateway's principal where only the broker knows it (a certificate's subject, a token's).
const unnamed = "User:PRINCIPAL"

// allow is the command that gives the gateway operations on a resource.
func (a admin) allow(ops []kafka.Operation, resource ...string) string {
	principal := a.plan.Principal
	if principal == "" {
		principal = unnamed
	}
	args := []string{"--add", "--allow-principal", principal}
	for _, o := range ops {
		args = append(args, "--operation", o.String())
	}
	return a.command("kafka-acls.sh", append(args, resource...)...)
}

// named adds to a sentence what the reader has to fill in.
func (a admin) named(w words) words {
	if a.plan.Principal != "" {
		return w
	}
	return words{
		w.fr + " (PRINCIPAL : le nom sous lequel le broker connaît la passerelle, dans son journal)",
		w.en + " (PRINCIPAL: the name under which the broker knows the gateway, in its log)",
	}
}

func (a admin) create(t Topic, replication int) string {
	args := []string{
		"--create", "--topic", t.Name, "--partitions", strconv.Itoa(a.plan.Partitions),
		"--replication-factor", strconv.Itoa(replication), "--config", "max.message.bytes=" + strconv.Itoa(t.MaxMessageBytes),
	}
	if t.Table && a.compacts {
		args = append(args, "--config", settingCleanup+"=compact")
	}
	return a.command("kafka-topics.sh", args...)
}

func (a admin) set(topic, setting, value string) string {
	return a.command("kafka-configs.sh", "--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", setting+"="+value)
}

// replicate is the command that gives every partition of a topic as many replicas, keeping those that it has.
func (a admin) replicate(t kafka.TopicDescription, brokers []int32, replicas int) string {
	type partition struct {
		Topic     string  `json:"topic"`
		Partition int32   `json:"partition"`
		Replicas  []int32 `json:"replicas"`
	}
	plan := struct {
		Version    int         `json:"version"`
		Partitions []partition `json:"partitions"`
	}{Version: 1}
	for _, p := range t.Partitions {
		all := slices.Clone(p.Replicas)
		for i := range brokers { // begin at another broker for each partition, so that the load spreads
			b := brokers[(i+int(p.Index))%len(brokers)]
			if len(all) < replicas && !slices.Contains(all, b) {
				all = append(all, b)
			}
		}
		plan.Partitions = append(plan.Partitions, partition{t.Name, p.Index, all})
	}
	text, err := json.Marshal(plan)
	if err != nil {
		return "" // numbers and names always marshal
	}
	return fmt.Sprintf("echo %s > replicas.json && %s", quoted(string(text)),
		a.command("kafka-reassign-partitions.sh", "--reassignment-json-file", "replicas.json", "--execute"))
}
