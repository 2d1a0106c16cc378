package protocol

import (
	"cmp"
	"crypto/sha256"
	"fmt"
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
