//go:build !race

package pivot_test

// slack is how many times more a test may allocate than without the race detector.
const slack = 1
