//go:build race

package facturx_test

// slack is how many times more a test may allocate: under the race detector pools forget at random (sync.Pool).
const slack = 2
