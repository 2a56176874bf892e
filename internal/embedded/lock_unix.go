//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// dirLock is the right to write a data directory. The kernel takes it back when the process dies, however it dies.
type dirLock struct{ f *os.File }

// lockDir takes the lock of a data directory without waiting, and notes this process in the lock file.
func lockDir(dir string) (*dirLock, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("embedded broker: cannot open the lock of the data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner := readOwner(f)
		_ = f.Close() // nothing was written; the lock's error is the one that matters
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked(dir, owner, err)
		}
		return nil, fmt.Errorf("embedded broker: cannot lock the data directory %s: %w", dir, err)
	}
	l := &dirLock{f: f}
	if err := writeOwner(f); err != nil {
		return nil, errors.Join(err, l.release())
	}
	return l, nil
}

// release gives the directory back; a second call does nothing. The file stays: removing it would race with the next owner.
func (l *dirLock) release() error {
	if err := l.f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
