package doctor_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
	"go.uber.org/goleak"

	"github.com/commande-publique/passerelle/internal/doctor"
	"github.com/commande-publique/passerelle/internal/kafka"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files anew")

const (
	password        = "s3cret-p4ss"
	inputBytes      = 32 << 20
	deadLetterBytes = 33 << 20
)

// start starts a cluster of so many brokers with a fixed name.
func start(t *testing.T, brokers int, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	fake, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(brokers), kfake.ClusterID("test")}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(fake.Close)
	return fake
}

func connect(t *testing.T, fake *kfake.Cluster, s kafka.Security) *kafka.Cluster {
	t.Helper()
	cfg := kafka.Config{Brokers: fake.ListenAddrs()}
	require.NoError(t, cfg.Secure(s))
	c, err := kafka.NewCluster(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// topic is a topic as an operator made it.
type topic struct {
	name              string
	replicas          int
	bytes, inSync     int
	cleanup, lifetime string
}

func create(t *testing.T, c *kafka.Cluster, topics ...topic) {
	t.Helper()
	for _, x := range topics {
		settings := map[string]string{"max.message.bytes": fmt.Sprint(x.bytes), "min.insync.replicas": fmt.Sprint(x.inSync)}
		if x.cleanup != "" {
			settings["cleanup.policy"] = x.cleanup
		}
		if x.lifetime != "" {
			settings["retention.ms"] = x.lifetime
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		require.NoError(t, c.EnsureTopics(ctx, []kafka.Topic{{Name: x.name, Partitions: 2, Replication: x.replicas, Config: settings}}))
		cancel()
	}
}

func plan(fake *kfake.Cluster) doctor.Plan {
	return doctor.Plan{
		Brokers: fake.ListenAddrs(), Principal: "User:ANONYMOUS", Partitions: 3, Replication: 3, DocumentBytes: 16 << 20,
		Groups: []string{"passerelle-suppliers"},
		Topics: []doctor.Topic{
			{Name: "suppliers", Source: true, MaxMessageBytes: inputBytes},
			{Name: "dead-letter", DeadLetter: true, Write: true, MaxMessageBytes: deadLetterBytes},
			{Name: "invoicing", Write: true, MaxMessageBytes: inputBytes},
			{Name: "receipts", Write: true, MaxMessageBytes: inputBytes},
		},
	}
}

func sound() []topic {
	return []topic{
		{name: "suppliers", replicas: 3, bytes: inputBytes, inSync: 2},
		{name: "dead-letter", replicas: 3, bytes: deadLetterBytes, inSync: 2, lifetime: "-1"},
		{name: "invoicing", replicas: 3, bytes: inputBytes, inSync: 2},
		{name: "receipts", replicas: 3, bytes: inputBytes, inSync: 2},
	}
}

var placed = regexp.MustCompile(`"replicas":\[[0-9,]+\]`)

// golden compares a report, both languages, with a file. Addresses change from run to run.
func golden(t *testing.T, name string, r *doctor.Report, addresses ...string) {
	t.Helper()
	var b bytes.Buffer
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%s %s %s\n  fr: %s\n  en: %s\n", c.Status, c.Check, c.Subject, c.FR, c.EN)
		if c.Remedy != "" {
			fmt.Fprintf(&b, "  $ %s\n", c.Remedy)
		}
	}
	fmt.Fprintf(&b, "problems %d, warnings %d, unreachable %v\n", r.Problems(), r.Warnings(), r.Unreachable)
	got := b.String()
	for i, a := range addresses {
		got = strings.ReplaceAll(got, a, fmt.Sprintf("broker-%d:9092", i))
	}
	got = placed.ReplaceAllString(got, `"replicas":[...]`) // the first copy lies where the cluster chose
	file := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestSoundCluster(t *testing.T) {
	fake := start(t, 3)
	c := connect(t, fake, kafka.Security{})
	create(t, c, sound()...)
	r := doctor.Cluster(t.Context(), c, plan(fake))
	golden(t, "sound", r, fake.ListenAddrs()...)
	require.Zero(t, r.Problems()+r.Warnings())
}

// Each fault of a topic, once.
func TestFaultyTopics(t *testing.T) {
	fake := start(t, 3)
	c := connect(t, fake, kafka.Security{})
	create(t, c,
		topic{name: "suppliers", replicas: 1, bytes: inputBytes, inSync: 1, cleanup: "compact", lifetime: "3600000"},
		topic{name: "buyers", replicas: 2, bytes: 1 << 20, inSync: 2},
		topic{name: "dead-letter", replicas: 3, bytes: inputBytes, inSync: 1, lifetime: "86400000"},
		topic{name: "invoicing", replicas: 3, bytes: 1 << 20, inSync: 4, cleanup: "compact,delete"},
		topic{name: "archive", replicas: 3, bytes: inputBytes, inSync: 3},
	)
	p := plan(fake)
	p.Topics = append(p.Topics,
		doctor.Topic{Name: "buyers", Source: true, MaxMessageBytes: inputBytes},
		doctor.Topic{Name: "archive", Write: true, MaxMessageBytes: inputBytes})
	r := doctor.Cluster(t.Context(), c, p)
	golden(t, "faults", r, fake.ListenAddrs()...)

	var moved int
	for _, check := range r.Checks {
		for _, replicas := range placed.FindAllString(check.Remedy, -1) {
			moved++
			for broker := range 3 { // all three, none twice
				require.Equal(t, 1, strings.Count(replicas, fmt.Sprint(broker)), replicas)
			}
		}
	}
	require.Equal(t, 4, moved, "two partitions of two topics")
}

// The topic of a table is read, may hold small records only, and keeps the last one of each key for ever.
func TestTableTopics(t *testing.T) {
	fake := start(t, 3)
	c := connect(t, fake, kafka.Security{})
	create(t, c,
		topic{name: "compacted", replicas: 3, bytes: 1 << 20, inSync: 2, cleanup: "compact", lifetime: "3600000"},
		topic{name: "forgetful", replicas: 3, bytes: 1 << 20, inSync: 2, cleanup: "compact,delete"},
	)
	p := plan(fake)
	p.Groups, p.Topics = nil, nil
	for _, name := range []string{"compacted", "forgetful", "missing"} {
		p.Topics = append(p.Topics, doctor.Topic{Name: name, Table: true, MaxMessageBytes: 1 << 20})
	}
	golden(t, "tables", doctor.Cluster(t.Context(), c, p), fake.ListenAddrs()...)
	p.Embedded = "test"
	r := doctor.Cluster(t.Context(), c, p)
	require.Zero(t, r.Problems(), "an embedded broker compacts nothing: %v", r)
	for _, check := range r.Checks {
		require.NotContains(t, check.Remedy, "compact")
	}
}

func TestOneBroker(t *testing.T) {
	fake := start(t, 1)
	c := connect(t, fake, kafka.Security{})
	topics := sound()
	for i := range topics {
		topics[i].replicas, topics[i].inSync = 1, 1
	}
	create(t, c, topics[:3]...) // receipts is missing and cannot be made
	p := plan(fake)
	p.Topics = p.Topics[1:]
	golden(t, "one-broker", doctor.Cluster(t.Context(), c, p), fake.ListenAddrs()...)
	p.Replication, p.Topics = 1, p.Topics[:1]
	r := doctor.Cluster(t.Context(), c, p)
	require.Zero(t, r.Problems(), "%v", r)
	require.Equal(t, 1, r.Warnings(), "one replica is the operator's choice: %v", r)
}

// What ACLs do not give is told with the command that gives it.
func TestMissingPermissions(t *testing.T) {
	allow := func(resource kmsg.ACLResourceType, name string, ops ...kmsg.ACLOperation) (out []kfake.ACL) {
		for _, op := range ops {
			out = append(out, kfake.ACL{Resource: resource, Name: name, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: op, Allow: true})
		}
		return out
	}
	acls := allow(kmsg.ACLResourceTypeTopic, "suppliers", kmsg.ACLOperationDescribe)
	acls = append(acls, allow(kmsg.ACLResourceTypeTopic, "invoicing", kmsg.ACLOperationDescribe, kmsg.ACLOperationWrite, kmsg.ACLOperationDescribeConfigs)...)
	acls = append(acls, allow(kmsg.ACLResourceTypeGroup, "passerelle-buyers", kmsg.ACLOperationDescribe)...)
	acls = append(acls, allow(kmsg.ACLResourceTypeGroup, "passerelle-fine", kmsg.ACLOperationRead)...)
	acls = append(acls, allow(kmsg.ACLResourceTypeTransactionalId, "passerelle-suppliers-1", kmsg.ACLOperationDescribe)...)
	fake := start(t, 3, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "admin", password), kfake.User("SCRAM-SHA-256", "gate way", password, acls...))
	admin := connect(t, fake, kafka.Security{SASL: &kafka.SASLConfig{Mechanism: kafka.MechanismPlain, Username: "admin", Password: password}})
	create(t, admin, sound()...)
	p := plan(fake)
	p.Secured, p.Mechanism, p.Username, p.Principal = true, kafka.MechanismSCRAM256, "gate way", "User:gate way"
	p.Groups = append(p.Groups, "passerelle-buyers", "passerelle-fine")
	p.Transactions = []string{"passerelle-suppliers-1", "passerelle-buyers-1"}
	c := connect(t, fake, kafka.Security{SASL: &kafka.SASLConfig{Mechanism: kafka.MechanismSCRAM256, Username: "gate way", Password: password}})
	golden(t, "permissions", doctor.Cluster(t.Context(), c, p), fake.ListenAddrs()...)
}

func TestTopicThatMayNotBeCreated(t *testing.T) {
	fake := start(t, 3, kfake.EnableSASL(), kfake.EnableACLs(), kfake.User("PLAIN", "gateway", password, kfake.ACL{
		Resource: kmsg.ACLResourceTypeTopic, Name: "receipts", Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: kmsg.ACLOperationAll, Allow: true,
	}))
	c := connect(t, fake, kafka.Security{SASL: &kafka.SASLConfig{Mechanism: kafka.MechanismPlain, Username: "gateway", Password: password}})
	p := plan(fake)
	p.Principal, p.Secured = "", true // as with a certificate: only the broker knows the name
	p.Topics = p.Topics[3:]
	golden(t, "uncreatable", doctor.Cluster(t.Context(), c, p), fake.ListenAddrs()...)
}

func TestWrongPassword(t *testing.T) {
	fake := start(t, 1, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "gateway", password))
	c := connect(t, fake, kafka.Security{SASL: &kafka.SASLConfig{Mechanism: kafka.MechanismSCRAM512, Username: "gateway", Password: "no-" + password}})
	p := plan(fake)
	p.Secured, p.Mechanism, p.Username = true, kafka.MechanismSCRAM512, "gateway"
	r := doctor.Cluster(t.Context(), c, p)
	golden(t, "wrong-password", r, fake.ListenAddrs()...)
	require.NotContains(t, fmt.Sprint(r), password)
}

func TestOldBroker(t *testing.T) {
	fake := start(t, 1, kfake.MaxVersions(kversion.V2_2_0()))
	p := plan(fake)
	p.Topics, p.Groups = nil, nil
	golden(t, "old-broker", doctor.Cluster(t.Context(), connect(t, fake, kafka.Security{}), p), fake.ListenAddrs()...)
}

func TestUnreachable(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := ln.Addr().String()
	require.NoError(t, ln.Close())
	c, err := kafka.NewCluster(kafka.Config{Brokers: []string{address}})
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	golden(t, "unreachable", doctor.Cluster(t.Context(), c, doctor.Plan{Brokers: []string{address}}), address)
}

// A broker that the cluster announces and that does not answer there: the first fault of every new cluster.
func TestAnnouncedBrokerAway(t *testing.T) {
	fake := start(t, 3)
	c := connect(t, fake, kafka.Security{})
	create(t, c, sound()...)
	away := fake.ListenAddrs()[2]
	cfg := kafka.Config{Brokers: fake.ListenAddrs()[:1], Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == away {
			return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("no route to host")}
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	half, err := kafka.NewCluster(cfg)
	require.NoError(t, err)
	defer func() { _ = half.Close() }()
	p := plan(fake)
	p.Topics, p.Groups = nil, nil
	golden(t, "broker-away", doctor.Cluster(t.Context(), half, p), fake.ListenAddrs()...)
}

func TestEmbedded(t *testing.T) {
	t.Run("free", func(t *testing.T) {
		r := doctor.Embedded(t.Context(), "127.0.0.1:0")
		golden(t, "embedded-free", r)
	})
	t.Run("serves", func(t *testing.T) {
		fake := start(t, 1)
		golden(t, "embedded-serves", doctor.Embedded(t.Context(), fake.ListenAddrs()[0]), fake.ListenAddrs()...)
	})
	t.Run("taken", func(t *testing.T) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer func() { _ = ln.Close() }()
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(conn, "220 mail.example ESMTP\r\n")
				_ = conn.Close()
			}
		}()
		golden(t, "embedded-taken", doctor.Embedded(t.Context(), ln.Addr().String()), ln.Addr().String())
	})
}
