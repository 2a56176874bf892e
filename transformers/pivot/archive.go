package pivot

import (
	"archive/zip"
	"bytes"
	"io"
)

// zipStart is how a zip begins (APPNOTE.TXT 4.3.7).
const zipStart = "PK\x03\x04"

// unzip returns the one file of the zip that an attachment may be, and the attachment itself where it is none or cannot be
// opened: recognition names it then. It refuses (ok false) any other number of files, and one that does not fit.
func (r *reading) unzip(a attachment, data []byte) (file []byte, ok bool) {
	if !bytes.HasPrefix(data, []byte(zipStart)) {
		return data, true
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return data, true
	}
	if len(archive.File) != 1 {
		r.report(archiveFiles, a.content, "", len(archive.File))
		return nil, false
	}
	in, err := archive.File[0].Open()
	if err != nil {
		return data, true
	}
	limit := min(maxAttachment, r.room)
	file, err = io.ReadAll(io.LimitReader(in, int64(limit)+1)) // whatever size it announces
	switch {
	case len(file) > limit:
		r.report(archiveSize, a.content, "", limit)
		return nil, false
	case err != nil: // damaged, or encrypted
		return data, true
	}
	r.room -= len(file)
	return file, true
}
