package embedded

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// frame puts a size before the bytes of a request.
func frame(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// request encodes a whole request in a version.
func request(req kmsg.Request, version int16) []byte {
	req.SetVersion(version)
	return kmsg.NewRequestFormatter(kmsg.FormatterClientID("t")).AppendRequest(nil, req, 7)
}

// header is the start of a request in a non-flexible version, with an empty client id.
func header(key kmsg.Key, version int16) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(key))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	return append(b, 0, 0, 0, 7, 0, 0)
}

// batch is a record batch of format v2 with an empty record and whatever count its header claims.
func batch(count int32) []byte {
	b := kmsg.RecordBatch{Magic: 2, PartitionLeaderEpoch: -1, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1,
		NumRecords: count, LastOffsetDelta: count - 1, Records: []byte{12, 0, 0, 0, 1, 1, 0}, Length: 61 + 7 - 12}
	return withChecksum(b.AppendTo(nil))
}

func withChecksum(raw []byte) []byte {
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}

func produceRequest(records []byte) *kmsg.ProduceRequest {
	req := kmsg.NewPtrProduceRequest()
	req.Acks = -1
	topic := kmsg.NewProduceRequestTopic()
	topic.Topic = "in"
	part := kmsg.NewProduceRequestTopicPartition()
	part.Records = records
	topic.Partitions = append(topic.Partitions, part)
	req.Topics = append(req.Topics, topic)
	return req
}

func joinRequest(protocols ...string) *kmsg.JoinGroupRequest {
	req := kmsg.NewPtrJoinGroupRequest()
	req.Group, req.ProtocolType, req.SessionTimeoutMillis, req.RebalanceTimeoutMillis = "g", "consumer", 10_000, 1
	for _, name := range protocols {
		p := kmsg.NewJoinGroupRequestProtocol()
		p.Name = name
		req.Protocols = append(req.Protocols, p)
	}
	return req
}

func createRequest(name string, partitions int32, settings ...string) *kmsg.CreateTopicsRequest {
	req := kmsg.NewPtrCreateTopicsRequest()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, partitions, 1
	for i := 0; i < len(settings); i += 2 {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = settings[i], kmsg.StringPtr(settings[i+1])
		topic.Configs = append(topic.Configs, c)
	}
	req.Topics = append(req.Topics, topic)
	return req
}

func addPartitionsRequest(count int32) *kmsg.CreatePartitionsRequest {
	req := kmsg.NewPtrCreatePartitionsRequest()
	topic := kmsg.NewCreatePartitionsRequestTopic()
	topic.Topic, topic.Count = "in", count
	req.Topics = append(req.Topics, topic)
	return req
}

func alterRequest(kind kmsg.ConfigResourceType, op kmsg.IncrementalAlterConfigOp, name, value string) *kmsg.IncrementalAlterConfigsRequest {
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	res := kmsg.NewIncrementalAlterConfigsRequestResource()
	res.ResourceType = kind
	if kind == kmsg.ConfigResourceTypeTopic {
		res.ResourceName = "in"
	}
	c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
	c.Op, c.Name, c.Value = op, name, kmsg.StringPtr(value)
	res.Configs = append(res.Configs, c)
	req.Resources = append(req.Resources, res)
	return req
}

// send writes bytes on a connection of their own and returns what comes back until the broker ends it.
func send(t testing.TB, addr string, chunks ...[]byte) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Second)))
	for _, c := range chunks {
		if _, err := conn.Write(c); err != nil {
			break // the broker may have ended the connection already
		}
	}
	got, err := io.ReadAll(conn)
	var timeout net.Error
	require.False(t, errors.As(err, &timeout) && timeout.Timeout(), "the broker keeps the connection")
	return got
}

func TestBadFramesEndTheirConnectionOnly(t *testing.T) {
	b, _ := start(t, Options{Topics: []Topic{{Name: "in", Partitions: 1}}})
	versions := request(kmsg.NewPtrApiVersionsRequest(), 3)
	bomb := append(header(kmsg.Produce, 3), 0xff, 0xff, 0, 1, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff) // no transaction, acks 1, 16 million topics
	bomb = append(bomb, make([]byte, 17<<20)...)
	topic, set := kmsg.ConfigResourceTypeTopic, kmsg.IncrementalAlterConfigOpSet
	for name, tc := range map[string]struct {
		bytes []byte
		says  string
	}{
		"HTTP":                        {[]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "found HTTP"},
		"TLS hello":                   {append([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3}, make([]byte, 506)...), "found a TLS handshake"},
		"SSH":                         {[]byte("SSH-2.0-OpenSSH_9.9\r\n"), "found SSH"},
		"unknown key, 14 bytes":       {frame([]byte{0x7f, 0xff, 0, 0, 0, 0, 0, 7, 0, 4, 'e', 'v', 'i', 'l'}), "found key 32767"},
		"key not offered":             {frame(header(kmsg.CreateACLs, 0)), "CreateACLs"},
		"negative key":                {frame(header(-1, 0)), "found key -1"},
		"size of four billion":        {[]byte{0xff, 0xff, 0xff, 0xff, 0, 3, 0, 1, 0, 0}, "found 4294967295"},
		"size zero":                   {make([]byte, 64), "found 0"},
		"admin frame too large":       {append([]byte{0, 16, 0, 0}, header(kmsg.Metadata, 1)...), "at most 262144 bytes"},
		"version too high":            {frame(header(kmsg.Metadata, 99)), "version 0 to 13, found 99"},
		"version negative":            {frame(header(kmsg.Metadata, -1)), "found -1"},
		"client id past the end":      {frame([]byte{0, 3, 0, 1, 0, 0, 0, 7, 0x7f, 0xff}), "header ends too early"},
		"four billion header tags":    {frame(append(header(kmsg.Metadata, 9), 0xff, 0xff, 0xff, 0xff, 0x0f)), "header ends too early"},
		"body too short":              {frame(append(header(kmsg.FindCoordinator, 0), 0, 9, 'x')), "body cannot be read"},
		"body claims more":            {frame(append(header(kmsg.Metadata, 1), 0x7f, 0xff, 0xff, 0xff)), "body cannot be read"},
		"produce: topics bomb":        {frame(bomb), "topics in a request"},
		"produce: too short":          {frame(append(header(kmsg.Produce, 3), 0xff, 0xff, 0, 1)), "ends too early"},
		"produce: tags bomb":          {frame(append(header(kmsg.Produce, 9), 0, 0, 0, 1, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f)), "ends too early"},
		"produce: no records":         {request(produceRequest(batch(0)), 8), "found 0"},
		"produce: negative records":   {request(produceRequest(batch(-5)), 9), "found -5"},
		"produce: records made up":    {request(produceRequest(batch(1000)), 9), "1 to 1 records, found 1000"},
		"join: no protocol":           {request(joinRequest(), 5), "each named once"},
		"join: a protocol twice":      {request(joinRequest("range", "range"), 3), "each named once"},
		"create: partitions bomb":     {request(createRequest("x", 1<<31-1), 4), "at most 1000 partitions"},
		"create: name":                {request(createRequest("../../etc/x", 1), 4), "topic name"},
		"create: compact":             {request(createRequest("x", 1, "cleanup.policy", "compact"), 5), "does not compact"},
		"create: retention by time":   {request(createRequest("x", 1, "retention.ms", "1"), 5), "retention.ms -1"},
		"create: no retention":        {request(createRequest("x", 1, "retention.bytes", "-1"), 5), "a number from"},
		"add: partitions bomb":        {request(addPartitionsRequest(1<<31-1), 2), "at most 1000 partitions"},
		"alter: the broker":           {request(alterRequest(kmsg.ConfigResourceTypeBroker, set, "log.cleaner.backoff.ms", "0"), 1), "settings of topics"},
		"alter: segments of one byte": {request(alterRequest(topic, set, "segment.bytes", "1"), 1), "segment.bytes"},
		"alter: a long value":         {request(alterRequest(topic, set, "segment.ms", strings.Repeat("x", 1000)), 1), "xxx..."},
		"alter: a list":               {request(alterRequest(topic, kmsg.IncrementalAlterConfigOpAppend, "cleanup.policy", "compact"), 1), "no list operation"},
		"second frame bad":            {append(append([]byte{}, versions...), frame(header(99, 0))...), "found key 99"},
	} {
		t.Run(name, func(t *testing.T) {
			logs := new(logBuffer)
			b.guard.mu.Lock()
			b.guard.log, b.guard.lastLog = slog.New(slog.NewTextHandler(logs, nil)), time.Time{}
			b.guard.mu.Unlock()
			send(t, b.Addr(), tc.bytes)
			require.Contains(t, logs.String(), tc.says)
			produce(t, b.Addr(), "in", name) // the broker lives on
		})
	}
}

func TestGoodFramesPassHoweverTheyCome(t *testing.T) {
	b, _ := start(t, Options{Topics: []Topic{{Name: "in", Partitions: 1}}})
	meta := request(kmsg.NewPtrMetadataRequest(), 9)
	write := request(produceRequest(batch(1)), 9)
	newer := request(kmsg.NewPtrApiVersionsRequest(), 5)
	newer[7] = 6 // a version that kfake does not know is answered, so that the client can ask again (KIP-511)

	conn, err := net.Dial("tcp", b.Addr())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	answer := func() []byte {
		var size [4]byte
		_, err := io.ReadFull(conn, size[:])
		require.NoError(t, err)
		body := make([]byte, binary.BigEndian.Uint32(size[:]))
		_, err = io.ReadFull(conn, body)
		require.NoError(t, err)
		return body
	}
	for _, c := range meta { // byte by byte
		_, err := conn.Write([]byte{c})
		require.NoError(t, err)
	}
	answer()
	var pipeline []byte
	for range 20 {
		pipeline = append(append(append(pipeline, write...), meta...), newer...)
	}
	_, err = conn.Write(pipeline)
	require.NoError(t, err)
	for range 20 {
		answer()
		answer()
		got := kmsg.NewPtrApiVersionsResponse()
		require.NoError(t, got.ReadFrom(answer()[4:]))
		require.Equal(t, int16(35), got.ErrorCode, "UNSUPPORTED_VERSION")
	}
	require.Len(t, consume(t, b.Addr(), "in", 20), 20)
}

func TestOfferedVersionsAreThoseOfKfake(t *testing.T) {
	free, err := kfake.NewCluster(kfake.NumBrokers(1))
	require.NoError(t, err)
	defer free.Close()
	b, _ := start(t, Options{})
	versions := func(addr string) map[int16]kmsg.ApiVersionsResponseApiKey {
		resp, err := kmsg.NewPtrApiVersionsRequest().RequestWith(t.Context(), client(t, addr, kgo.RetryTimeout(time.Second)))
		require.NoError(t, err)
		keys := map[int16]kmsg.ApiVersionsResponseApiKey{}
		for _, k := range resp.ApiKeys {
			keys[k.ApiKey] = k
		}
		return keys
	}
	implemented, told := versions(free.ListenAddrs()[0]), versions(b.Addr())
	require.Greater(t, len(told), 25)
	for key := range kmsg.Key(kmsg.MaxKey + 1) {
		r, ok := offered(key)
		k, isTold := told[int16(key)]
		require.Equal(t, ok, isTold, key.Name())
		if ok {
			require.Equal(t, versionRange{k.MinVersion, k.MaxVersion}, r, key.Name())
			require.Equal(t, versionRange{implemented[int16(key)].MinVersion, implemented[int16(key)].MaxVersion}, r, key.Name())
		}
	}
}

func TestSilentConnectionsTimeOut(t *testing.T) {
	for name, tc := range map[string]struct {
		sent   []byte
		frames int // whole frames among them
		after  time.Duration
		warns  bool
	}{
		"nothing":               {nil, 0, handshakeTimeout, true},
		"half a size":           {[]byte{0, 0}, 0, handshakeTimeout, true},
		"half a body":           {request(kmsg.NewPtrMetadataRequest(), 9)[:12], 0, handshakeTimeout, true},
		"idle after a request":  {request(kmsg.NewPtrMetadataRequest(), 9), 1, idleTimeout, false},
		"half a second request": {append(request(kmsg.NewPtrMetadataRequest(), 9), request(kmsg.NewPtrMetadataRequest(), 9)[:12]...), 1, frameTimeout, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				logs := new(logBuffer)
				here, there := net.Pipe()
				g := newGuard(nil, slog.New(slog.NewTextHandler(logs, nil)))
				c := &guardConn{Conn: there, guard: g}
				began := time.Now()
				go func() { _, _ = here.Write(tc.sent) }() // ends with the pipe
				for i := 0; ; i++ {
					size := make([]byte, 4)
					if _, err := io.ReadFull(c, size); err != nil {
						break
					}
					if _, err := io.ReadFull(c, make([]byte, binary.BigEndian.Uint32(size))); err != nil {
						break
					}
					require.Less(t, i, tc.frames)
				}
				require.Equal(t, tc.after, time.Since(began))
				require.Equal(t, tc.warns, strings.Contains(logs.String(), "whole request in time"), logs)
				require.NoError(t, here.Close())
				require.NoError(t, there.Close())
			})
		})
	}
}

func TestConnectionsAndLogLinesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logs := new(logBuffer)
		g := newGuard(nil, slog.New(slog.NewTextHandler(logs, nil)))
		var first *guardConn
		for range maxConns {
			first = &guardConn{}
			require.NoError(t, g.add(first))
		}
		require.ErrorContains(t, g.add(&guardConn{}), "at most 512 connections")
		g.remove(first)
		require.NoError(t, g.add(&guardConn{}))

		for range 1000 {
			g.warn("again")
		}
		time.Sleep(logInterval)
		g.warn("later")
		require.Equal(t, 2, strings.Count(logs.String(), "\n"), logs)
		require.Contains(t, logs.String(), "not_logged=999")
	})
}

// flakyListener fails once, as when the process has no file handle left, then closes.
type flakyListener struct {
	net.Listener
	errs []error
}

func (l *flakyListener) Accept() (net.Conn, error) {
	err := l.errs[0]
	l.errs = l.errs[1:]
	return nil, err
}

func TestAcceptOutlivesPassingErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &flakyListener{errs: []error{errors.New("too many open files"), net.ErrClosed}}
		_, err := newGuard(l, slog.New(slog.DiscardHandler)).Accept()
		require.ErrorIs(t, err, net.ErrClosed)
		require.Empty(t, l.errs)
	})
}

// FuzzGuard sends whatever the fuzzer thinks of to a real broker; a panic anywhere in kfake ends the process, hence the fuzzing.
func FuzzGuard(f *testing.F) {
	b, _ := start(f, Options{Topics: []Topic{{Name: "in", Partitions: 1}}})
	probe := kadm.NewClient(client(f, b.Addr()))
	for key := range kmsg.Key(kmsg.MaxKey + 1) {
		if r, ok := offered(key); ok {
			for _, v := range []int16{r.min, (r.min + r.max) / 2, r.max} {
				f.Add(true, request(kmsg.RequestForKey(int16(key)), v)[4:])
			}
		}
	}
	for _, req := range []kmsg.Request{
		produceRequest(batch(1)), joinRequest("range", "roundrobin"), createRequest("x", 1, "segment.bytes", "5000"), addPartitionsRequest(2),
		alterRequest(kmsg.ConfigResourceTypeTopic, 0, "retention.bytes", "9000000"),
	} {
		r, _ := offered(kmsg.Key(req.Key()))
		f.Add(true, request(req, r.min)[4:])
		f.Add(true, request(req, r.max)[4:])
	}
	f.Add(false, []byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, sized bool, data []byte) {
		if sized {
			data = frame(data)
		}
		conn, err := net.Dial("tcp", b.Addr())
		require.NoError(t, err)
		_, _ = conn.Write(data) // the broker may end the connection at any byte
		_ = conn.(*net.TCPConn).CloseWrite()
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
		_, _ = io.Copy(io.Discard, conn) // long polls are not waited for
		require.NoError(t, conn.Close())
		_, err = probe.ListTopics(t.Context(), "in")
		require.NoError(t, err)
	})
}
