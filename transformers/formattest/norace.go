//go:build !race

package formattest

// Slack is how many times more a test may allocate than without the race detector.
const Slack = 1
