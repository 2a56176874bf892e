package pdftest

import (
	"bytes"
	"compress/zlib"
	"io"
	"testing"
)

// What is put together without deflating it all is a stream like any other, and small.
func TestZeros(t *testing.T) {
	const mebibytes = 5
	data := Zeros(mebibytes)
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, make([]byte, mebibytes<<20)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if len(data) > mebibytes<<11 {
		t.Errorf("%d bytes are no bomb", len(data))
	}
}
