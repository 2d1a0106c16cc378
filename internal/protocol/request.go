package protocol

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"
)

// errNoBody is for protocols that ask for nothing without a body.
var errNoBody = errors.New("the request has no body: give json, text, file or form")

// Hash stands for what a request asks: the SHA-256, in hex, of its JSON, less
// its name, the time it has and where its files are.
func (r Request) Hash() string {
	r.Name, r.TimeoutMS = "", 0
	r = r.Files(func(b Binary) Binary { return b.At("") })
	data, err := json.Marshal(r)
	if err != nil { // its json is none, so no spec with it was ever written
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

const jsonType = "application/json"

// payload is the body of a request and its media type, in no envelope; data is
// nil where the request has none. More than one body is an error.
func payload(r Request) (contentType string, data []byte, err error) {
	var bodies []string
	if r.JSON != nil {
		bodies = append(bodies, "json")
		contentType, data = jsonType, r.JSON
	}
	if r.Text != nil {
		bodies = append(bodies, "text")
		contentType, data = "text/plain; charset=utf-8", []byte(*r.Text)
	}
	if r.Binary != nil {
		bodies = append(bodies, "file")
		contentType = mediaType(*r.Binary)
		data, err = r.Binary.read()
	}
	if r.Form != nil {
		bodies = append(bodies, "form")
		contentType, data, err = form(r.Form)
	}
	if len(bodies) > 1 {
		return "", nil, fmt.Errorf("the request has more than one body (%s): keep one", strings.Join(bodies, ", "))
	}
	return contentType, data, err
}

// form writes multipart/form-data. The boundary is made from the content, so
// that the same case is the same bytes each time.
func form(fields []Field) (contentType string, data []byte, err error) {
	var b bytes.Buffer
	b.Grow(formBytes(fields)) // a buffer that grows by itself takes up to three times its content
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary(fields)); err != nil {
		return "", nil, err
	}
	for _, f := range fields {
		if err := writeField(w, f); err != nil {
			return "", nil, err
		}
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return w.FormDataContentType(), b.Bytes(), nil
}

// writeField gives a file without a name the field's: servers take a part
// without filename for a plain value.
func writeField(w *multipart.Writer, f Field) error {
	switch {
	case f.Name == "":
		return errors.New("a field of the form has no name")
	case f.File == nil:
		return w.WriteField(f.Name, f.Value)
	case strings.ContainsAny(mediaType(*f.File), "\r\n"):
		return fmt.Errorf("the content type of the form's field %q is not one line", f.Name)
	}
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition(f.Name, cmp.Or(f.File.Name, f.Name))},
		"Content-Type":        {mediaType(*f.File)},
	})
	if err != nil {
		return err
	}
	return f.File.writeTo(part)
}

func boundary(fields []Field) string {
	h := sha256.New()
	for _, f := range fields {
		value := f.Value
		if f.File != nil {
			value = f.File.digest()
		}
		_, _ = fmt.Fprintf(h, "%q %q ", f.Name, value)
	}
	return fmt.Sprintf("slipway-%x", h.Sum(nil)[:16])
}
