package embedded

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// lockFile lies in the data directory beside what kfake writes; kfake ignores it.
const lockFile = "passerelle.lock"

// readOwner returns the process number noted in a lock file, or "" when there is none.
func readOwner(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 20)) // no process number is longer
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(b))
}

// writeOwner notes this process in the lock file, so that the next one can name it.
func writeOwner(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("embedded broker: cannot write the lock file: %w", err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("embedded broker: cannot write the lock file: %w", err)
	}
	return nil
}

func errLocked(dir, owner string, err error) error {
	en, fr := "another process", "un autre processus"
	if owner != "" {
		en, fr = "process "+owner, "le processus "+owner
	}
	path := filepath.Join(dir, lockFile)
	return &StartError{
		Kind: ErrDataDirLocked,
		EN: fmt.Sprintf("the data directory %s is in use by %s (lock file %s). "+
			"Stop that process, or give this one its own directory (embedded.data_dir).", dir, en, path),
		FR: fmt.Sprintf("le répertoire de données %s est utilisé par %s (fichier de verrou %s). "+
			"Arrêtez ce processus, ou donnez à celui-ci son propre répertoire (embedded.data_dir).", dir, fr, path),
		Err: err,
	}
}
