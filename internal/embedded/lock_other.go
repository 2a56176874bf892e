//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// dirLock is the right to write a data directory. Without flock it is a file that exists: it outlives a process that is killed,
// and the operator removes it, which errs on the safe side.
type dirLock struct{ f *os.File }

// lockDir takes the lock of a data directory without waiting, and notes this process in the lock file.
func lockDir(dir string) (*dirLock, error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		owner := ""
		if old, oerr := os.Open(path); oerr == nil {
			owner = readOwner(old)
			_ = old.Close() // only read
		}
		return nil, errLocked(dir, owner, err)
	}
	if err != nil {
		return nil, fmt.Errorf("embedded broker: cannot lock the data directory %s: %w", dir, err)
	}
	l := &dirLock{f: f}
	if err := writeOwner(f); err != nil {
		return nil, errors.Join(err, l.release())
	}
	return l, nil
}

// release gives the directory back; a second call does nothing.
func (l *dirLock) release() error {
	if err := l.f.Close(); err != nil {
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		return err
	}
	return os.Remove(l.f.Name())
}
