package protocol

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"slices"
)

// Files is the request with each file that it sends replaced.
func (r Request) Files(replace func(Binary) Binary) Request {
	if r.Binary != nil {
		file := replace(*r.Binary)
		r.Binary = &file
	}
	r.Form = slices.Clone(r.Form)
	for n, f := range r.Form {
		if f.File != nil {
			file := replace(*f.File)
			r.Form[n].File = &file
		}
	}
	return r
}

// ReadsFiles is true for a request that reads a file each time it is made.
func (r Request) ReadsFiles() bool {
	return r.Binary != nil && r.Binary.Path != "" ||
		slices.ContainsFunc(r.Form, func(f Field) bool { return f.File != nil && f.File.Path != "" })
}

// At is the same, but with the content in the file at a path.
func (b Binary) At(path string) Binary {
	return Binary{ContentType: b.ContentType, Path: path, SHA256: b.digest(), Name: b.Name}
}

// digest is the content's SHA-256 in hex.
func (b Binary) digest() string {
	if b.SHA256 != "" {
		return b.SHA256
	}
	return fmt.Sprintf("%x", sha256.Sum256(b.Content))
}

func mediaType(b Binary) string { return cmp.Or(b.ContentType, "application/octet-stream") }

// read is the content; not nil, even when there are no bytes.
func (b Binary) read() ([]byte, error) {
	switch {
	case b.Path != "":
		return os.ReadFile(b.Path)
	case b.Content == nil:
		return []byte{}, nil
	}
	return b.Content, nil
}

// writeTo writes the content, without holding that of a file in memory.
func (b Binary) writeTo(w io.Writer) error {
	if b.Path == "" {
		_, err := w.Write(b.Content)
		return err
	}
	f, err := os.Open(b.Path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = io.Copy(w, f)
	return err
}

// formBytes is about how long a form is.
func formBytes(fields []Field) int {
	const around = 512 // the headers of a part
	total := around
	for _, f := range fields {
		total += around + len(f.Value)
		if f.File == nil {
			continue
		}
		total += len(f.File.Content)
		if info, err := os.Stat(f.File.Path); err == nil { // if not, writing it says why
			total += int(info.Size())
		}
	}
	return total
}
