//go:build race

package formattest

// Slack is how many times more a test may allocate: under the race detector pools forget at random (sync.Pool).
const Slack = 2
