package protocol

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"
)

// errNoBody is for protocols that ask for nothing without a body.
var errNoBody = errors.New("the request has no body: give json, text, file or form")

const jsonType = "application/json"

// payload is the body of a request and its media type, in no envelope; it is
// nil where the request has none. More than one body is an error.
func payload(r Request) (contentType string, data Body, err error) {
	var bodies []string
	if r.JSON != nil {
		bodies = append(bodies, "json")
		contentType, data = jsonType, bodyOf(r.JSON)
	}
	if r.Text != nil {
		bodies = append(bodies, "text")
		contentType, data = "text/plain; charset=utf-8", bodyOf([]byte(*r.Text))
	}
	if r.Binary != nil {
		bodies = append(bodies, "file")
		contentType = mediaType(*r.Binary)
		data = Body{*r.Binary}
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
func form(fields []Field) (contentType string, data Body, err error) {
	var b bytes.Buffer // what stands between the files
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary(fields)); err != nil {
		return "", nil, err
	}
	for _, f := range fields {
		if err := writeField(w, f); err != nil {
			return "", nil, err
		}
		if f.File != nil {
			data = append(data, Binary{Content: bytes.Clone(b.Bytes())}, *f.File)
			b.Reset()
		}
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return w.FormDataContentType(), append(data, Binary{Content: b.Bytes()}), nil
}

// writeField writes a value, or what comes before a file. It gives a file
// without a name the field's: servers take a part without filename for a plain
// value.
func writeField(w *multipart.Writer, f Field) error {
	switch {
	case f.Name == "":
		return errors.New("a field of the form has no name")
	case f.File == nil:
		return w.WriteField(f.Name, f.Value)
	case strings.ContainsAny(mediaType(*f.File), "\r\n"):
		return fmt.Errorf("the content type of the form's field %q is not one line", f.Name)
	}
	_, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition(f.Name, cmp.Or(f.File.Name, f.Name))},
		"Content-Type":        {mediaType(*f.File)},
	})
	return err
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
