//go:build race

package pdfdoc_test

// slack is how many times more a test may allocate: under the race detector pools forget at random (sync.Pool).
const slack = 2
