package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"

	"github.com/slipway-dev/slipway/internal/protocol"
)

const (
	// otherBytes is how much of an answer under load is looked at: with it,
	// each worker has a buffer of that size.
	otherBytes = 32 << 10
	// maxOthers bounds what is kept for a server that never answers twice the same.
	maxOthers = 16
)

// key stands for the content of an answer. What the protocol wraps around it,
// such as an id or the time it took, does not count.
type key [sha256.Size]byte

func (s shot) key(status int, contentType string, body []byte) key {
	content := s.proto.Answer(protocol.Response{Path: s.path, Status: status, ContentType: contentType, Body: body})
	hash := sha256.New()
	for _, part := range [][]byte{content.JSON, []byte(content.Text), []byte(content.Problem)} {
		_, _ = hash.Write(part)
		_, _ = hash.Write([]byte{0})
	}
	return key(hash.Sum(nil))
}

// others collects, from all workers, the answers that were not the one given alone.
type others struct {
	mu      sync.Mutex
	at      map[key]int
	kept    []protocol.Other
	unknown int
}

func newOthers() *others { return &others{at: map[key]int{}} }

// compare holds an answer against the one that its case had alone.
func (o *others) compare(s shot, e exchange, body *bytes.Buffer, length int64) {
	if length > otherBytes || s.alone == nil {
		return // too long, here or alone: nothing is claimed
	}
	k := s.key(e.status, e.header.Get("Content-Type"), body.Bytes())
	if k == *s.alone {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if n, ok := o.at[k]; ok {
		o.kept[n].Count++
		return
	}
	if len(o.kept) == maxOthers {
		o.unknown++
		return
	}
	o.at[k] = len(o.kept)
	hash := sha256.Sum256(body.Bytes())
	o.kept = append(o.kept, protocol.Other{Count: 1, Answer: protocol.Answer{
		Name: s.name, Request: s.request, Status: e.status, ContentType: e.header.Get("Content-Type"),
		Body: bytes.Clone(body.Bytes()), Length: length, SHA256: hex.EncodeToString(hash[:]), LatencyMS: Milliseconds(e.took),
	}})
}

// beginning keeps what is looked at of a body, and reads all of it.
func beginning(into *bytes.Buffer, body io.Reader) (int64, error) {
	into.Reset()
	return read(writer(func(p []byte) {
		into.Write(p[:min(len(p), otherBytes-into.Len())])
	}), body)
}
