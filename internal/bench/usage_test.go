package bench

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestParseUsage(t *testing.T) {
	stat := "4242 (a (strange) name) S 1 4242 4242 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 8 0 1 2 3\n"
	status := "Name:\tx\nVmPeak:\t 99999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\n"
	u, ok := parseUsage(stat, status)
	assert.True(t, ok)
	assert.Equal(t, usage{cpu: 2 * time.Second, peak: 2 << 20}, u)

	for name, c := range map[string][2]string{
		"empty":         {"", ""},
		"cut off":       {"4242 (x) S 1 2 3", status},
		"no number":     {"4242 (x) S 1 4242 4242 0 -1 4194560 100 0 0 0 a b 0 0", status},
		"no peak":       {stat, "Name:\tx\n"},
		"peak not a kB": {stat, "VmHWM:\tmuch\n"},
	} {
		_, ok := parseUsage(c[0], c[1])
		assert.False(t, ok, name)
	}
}

func TestUsageOfThisProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	u, ok := usageOf(os.Getpid())
	assert.True(t, ok)
	assert.Greater(t, u.peak, int64(1<<20))
	_, ok = busy()
	assert.True(t, ok)
}
