//go:build !race

package facturx_test

// slack is how many times more a test may allocate than without the race detector.
const slack = 1
