package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what a process has used so far, as Linux tells it in /proc. Elsewhere nothing is known.
type usage struct {
	cpu  time.Duration // user and system
	peak int64         // resident memory at its highest, bytes
}

// tick is the unit of /proc/PID/stat and /proc/stat: USER_HZ is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

func usageOf(pid int) (u usage, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, false
	}
	return parseUsage(string(stat), string(status))
}

// parseUsage reads /proc/PID/stat, fields 14 and 15 (utime and stime), and VmHWM of /proc/PID/status.
func parseUsage(stat, status string) (u usage, ok bool) {
	_, rest, ok := cutLast(stat, ") ") // the name before it may hold anything
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return u, false
	}
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return u, false
		}
		u.cpu += time.Duration(n) * tick
	}
	for line := range strings.Lines(status) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			u.peak = n << 10
			return u, err == nil
		}
	}
	return u, false
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// busy returns the processor time that all programs of the machine have used: user, nice, system, irq, softirq, steal.
func busy() (time.Duration, bool) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(data))
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, false
	}
	var sum time.Duration
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, false
		}
		sum += time.Duration(n) * tick
	}
	return sum, true
}

// meter measures the gateway, and how much of the machine others take meanwhile.
type meter struct {
	gateway   int // process id
	now       func() time.Time
	began     time.Time
	all, self time.Duration
	used      usage
	ok        bool
}

func (m *meter) read() (all, self time.Duration, used usage, ok bool) {
	all, ok1 := busy()
	own, ok2 := usageOf(os.Getpid())
	used, ok3 := usageOf(m.gateway)
	return all, own.cpu, used, ok1 && ok2 && ok3
}

// startMeter begins a measurement of a process that runs, which is counted from its start when fromStart is set.
func startMeter(pid int, fromStart bool, now func() time.Time) *meter {
	m := &meter{gateway: pid, now: now, began: now()}
	m.all, m.self, m.used, m.ok = m.read()
	if fromStart {
		m.used = usage{}
	}
	return m
}

// stop ends the measurement of a gateway that handled so many messages; nil when the system does not tell.
func (m *meter) stop(messages int) *Usage {
	all, self, used, ok := m.read()
	elapsed := m.now().Sub(m.began)
	if !m.ok || !ok || messages == 0 || elapsed <= 0 {
		return nil
	}
	gateway := used.cpu - m.used.cpu
	others := (all - m.all) - (self - m.self) - gateway
	return &Usage{
		CPUMicros:   round(float64(gateway.Microseconds())/float64(messages), 1),
		PeakMiB:     round(float64(used.peak)/(1<<20), 1),
		OthersCores: round(max(0, others.Seconds()/elapsed.Seconds()), 2),
	}
}
