package embedded

import (
	"io"
	"math"
	"math/rand/v2"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fill puts awkward values into every field of a request: those that a client never sends, and those that meet what others sent.
func fill(r *rand.Rand, v reflect.Value) {
	pick := func(n int) int { return r.IntN(n) }
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(pick(2) == 0)
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		values := []int64{-1, 0, 0, 0, 1, 2, 3, 10, 1000, math.MinInt64, math.MaxInt64}
		v.SetInt(values[pick(len(values))] >> (64 - v.Type().Bits()))
		if n := values[pick(len(values))]; n >= -1 && n < 100 {
			v.SetInt(n)
		}
	case reflect.String:
		values := []string{"", "in", "in", "g", "h", "t", "x", "consumer", "range", "roundrobin", "retention.bytes", "9000000", "-"}
		v.SetString(values[pick(len(values))])
	case reflect.Pointer:
		if v.Type() != reflect.TypeFor[*kmsg.Tags]() && pick(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			values := [][]byte{nil, {}, {0, 1, 2}, batch(1), batch(1)}
			v.SetBytes(values[pick(len(values))])
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), pick(4), 4))
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "UnknownTags" && f.Name != "Version" {
				fill(r, v.Field(i))
			}
		}
	}
}

// Requests that are well formed and make no sense reach kfake, whose panic would end the gateway.
func TestSenselessRequestsAreSurvived(t *testing.T) {
	b, _ := start(t, Options{Topics: []Topic{{Name: "in", Partitions: 2}}})
	probe := kadm.NewClient(client(t, b.Addr()))
	var keys []kmsg.Key
	for key := range kmsg.Key(kmsg.MaxKey + 1) {
		if _, ok := offered(key); ok {
			keys = append(keys, key)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	answered := map[kmsg.Key]bool{}
	for range 3000 { // a few seconds; enough for every request and version several times over
		key := keys[r.IntN(len(keys))]
		versions, _ := offered(key)
		req := kmsg.RequestForKey(int16(key))
		fill(r, reflect.ValueOf(req).Elem())
		conn, err := net.Dial("tcp", b.Addr())
		require.NoError(t, err)
		_, err = conn.Write(request(req, versions.min+int16(r.IntN(int(versions.max-versions.min)+1))))
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(3*time.Millisecond))) // some wait for others, as they should
		if n, _ := io.ReadFull(conn, make([]byte, 4)); n == 4 {
			answered[key] = true
		}
		require.NoError(t, conn.Close())
	}
	_, err := probe.ListTopics(t.Context())
	require.NoError(t, err)
	for _, key := range keys {
		require.True(t, answered[key], "no %s was ever answered: the test does not test it", key.Name())
	}
}
