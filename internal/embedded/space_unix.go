//go:build darwin || dragonfly || freebsd || linux

package embedded

import (
	"math"
	"syscall"
)

// freeSpace asks the file system for the blocks that are left to users other than root. See FreeSpaceFunc.
func freeSpace(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	// The types of the two fields differ from system to system; a float holds both, and all digits that matter here.
	return int64(min(float64(st.Bavail)*float64(st.Bsize), math.MaxInt64/2)), nil
}
