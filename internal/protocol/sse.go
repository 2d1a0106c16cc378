package protocol

import (
	"bytes"
	"mime"
)

// event is one of a stream of server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
type event struct {
	name string // empty: message
	data []byte
}

// isStream is true for an event stream. Some servers call it something else.
func isStream(r Response) bool {
	mediaType, _, _ := mime.ParseMediaType(r.ContentType)
	return mediaType == "text/event-stream" || bytes.HasPrefix(r.Body, []byte("data:"))
}

// events are those of a stream, the last one also when nothing follows it: it
// may have been cut off, and then its data tells.
func events(stream []byte) []event {
	var all []event
	var now event
	end := func() {
		if now.data != nil {
			now.data = now.data[:len(now.data)-1] // the newline that separates lines of data
			all = append(all, now)
		}
		now = event{}
	}
	stream = bytes.TrimPrefix(stream, []byte("\ufeff"))
	for len(stream) > 0 {
		var line []byte
		line, stream = cutLine(stream)
		if len(line) == 0 {
			end()
			continue
		}
		// A line that begins with a colon is a comment: its field has no name.
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			now.name = string(value)
		case "data":
			now.data = append(append(now.data, value...), '\n')
		}
	}
	end()
	return all
}

// cutLine ends a line at \n, \r or \r\n.
func cutLine(data []byte) (line, rest []byte) {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0:
		return data, nil
	case bytes.HasPrefix(data[i:], []byte("\r\n")):
		return data[:i], data[i+2:]
	}
	return data[:i], data[i+1:]
}
