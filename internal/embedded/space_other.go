//go:build !(darwin || dragonfly || freebsd || linux)

package embedded

import "errors"

// freeSpace cannot tell on this system. See FreeSpaceFunc.
func freeSpace(string) (int64, error) { return 0, errors.ErrUnsupported }
