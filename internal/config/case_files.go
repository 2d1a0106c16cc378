package config

import (
	"bytes"
	"encoding/base64"
	"mime"
	"path"
	"path/filepath"
	"strings"

	"github.com/slipway-dev/slipway/internal/protocol"
)

const anyBytes = "application/octet-stream"

// mediaTypes are those of files that models are asked with. The table of the
// machine (mime.TypeByExtension) is not used: the same case must be the same
// request everywhere.
var mediaTypes = map[string]string{
	".csv":     "text/csv",
	".flac":    "audio/flac",
	".gif":     "image/gif",
	".jpeg":    "image/jpeg",
	".jpg":     "image/jpeg",
	".json":    "application/json",
	".mp3":     "audio/mpeg",
	".npy":     "application/x-npy", // what SageMaker's and other numpy decoders are told by
	".parquet": "application/vnd.apache.parquet",
	".pdf":     "application/pdf",
	".png":     "image/png",
	".txt":     "text/plain; charset=utf-8",
	".wav":     "audio/wav",
	".webp":    "image/webp",
}

// binary reads a body of any bytes.
func (r *caseReader) binary(n *node, path string) *protocol.Binary {
	if n.kind == object {
		return r.content(n, path)
	}
	return r.decoded(n, path, "")
}

// content reads bytes with the media type they are sent as.
func (r *caseReader) content(n *node, path string) *protocol.Binary {
	var file, encoded *node
	mediaType := ""
	r.object(n, path, []field{
		{"file", func(n *node, _ string) { file = n }},
		{"base64", func(n *node, _ string) { encoded = n }},
		{"content_type", func(n *node, path string) { mediaType = r.mediaType(n, path) }},
	})
	switch {
	case file != nil && encoded != nil:
		r.keyProblemf(join(path, "base64"), "there is a file too: keep one of the two")
	case file != nil:
		return r.sent(file, join(path, "file"), mediaType)
	case encoded != nil:
		return r.decoded(encoded, join(path, "base64"), mediaType)
	default:
		r.problemf(n, "%s: expected file or base64", path)
	}
	return nil
}

// sent reads a file of the model; its name tells the media type where nothing else does.
func (r *caseReader) sent(n *node, field, mediaType string) *protocol.Binary {
	file := r.named(n, field, "a path such as smoke/cat.png")
	if file == "" {
		return nil
	}
	content, f := readBytes(filepath.Join(r.model.dir, filepath.FromSlash(file)), maxFileBytes)
	switch {
	case f != nil:
		r.problemf(n, "%s: %s %s", field, quote(file), f.message)
		return nil
	case bytes.HasPrefix(content, []byte("version https://git-lfs.github.com/spec/")):
		r.problemf(n, "%s: %s is a Git LFS pointer, not the file: run git lfs pull", field, quote(file))
		return nil
	}
	if r.model.sent += len(content); r.model.sent > maxFilesBytes {
		r.problemf(n, "%s: the files of all cases are more than %d MiB: send fewer or smaller ones", field, maxFilesBytes>>20)
		return nil
	}
	mediaType = or(mediaType, or(mediaTypes[strings.ToLower(path.Ext(file))], anyBytes))
	return &protocol.Binary{ContentType: mediaType, Content: content, Name: path.Base(file)}
}

// decoded reads base64 (https://www.rfc-editor.org/rfc/rfc4648#section-4), over any number of lines.
func (r *caseReader) decoded(n *node, path, mediaType string) *protocol.Binary {
	const expected = "base64 such as AAEC"
	if n.kind != text {
		r.wrong(n, path, expected)
		return nil
	}
	content, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.value), ""))
	if err != nil {
		r.problemf(n, "%s: %s is no base64 (A-Z a-z 0-9 + / with = at the end); a file is sent with file: PATH", path, quote(n.value))
		return nil
	}
	return &protocol.Binary{ContentType: or(mediaType, anyBytes), Content: content}
}

func (r *caseReader) mediaType(n *node, path string) string {
	const expected = "a media type such as image/png"
	s := r.str(n, path, expected)
	if s == "" {
		return ""
	}
	if t, _, err := mime.ParseMediaType(s); err != nil || !strings.Contains(t, "/") {
		r.wrong(n, path, expected)
		return ""
	}
	return s
}

// named reads the path of a file of the model. A file that a case names is no case.
func (r *caseReader) named(n *node, field, expected string) string {
	p := r.str(n, field, expected)
	if p == "" {
		return ""
	}
	clean := filepath.ToSlash(filepath.Clean(p))
	if message := r.model.check(clean, aFile); message != "" {
		r.problemf(n, "%s: %s", field, message)
		return ""
	}
	r.names = append(r.names, clean)
	return clean
}
