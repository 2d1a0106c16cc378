package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/slipway-dev/slipway/internal/expect"
)

// jsonCase rewrites a case in JSON. There is no place for a mark in it.
func jsonCase(content []byte, e expect.Expectation, own bool) ([]byte, error) {
	whole, err := members(content)
	if err != nil {
		return nil, err
	}
	inner, err := members(whole.get("expect"))
	if err != nil {
		return nil, err
	}
	inner = inner.set("answer", e.Answer)
	if !own {
		inner = inner.drop("tolerance")
	}
	if e.Tolerance != nil && !own {
		t, err := json.Marshal(e.Tolerance)
		if err != nil {
			return nil, err
		}
		inner = inner.set("tolerance", t)
	}
	n, err := read(whole.set("expect", inner.bytes()).bytes())
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	n.write(&out, 0, 2)
	return []byte(out.String() + "\n"), nil
}

// member is one member of a JSON object, its value as it is written.
type member struct {
	key   string
	value json.RawMessage
}

type object []member

func members(data []byte) (object, error) {
	if len(data) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("an object is expected")
	}
	var o object
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var m member
		m.key = key.(string)
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		o = append(o, m)
	}
	return o, nil
}

func (o object) get(key string) json.RawMessage {
	for _, m := range o {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

func (o object) set(key string, value json.RawMessage) object {
	for i := range o {
		if o[i].key == key {
			o[i].value = value
			return o
		}
	}
	return append(o, member{key, value})
}

func (o object) drop(key string) object {
	var out object
	for _, m := range o {
		if m.key != key {
			out = append(out, m)
		}
	}
	return out
}

func (o object) bytes() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(quote(m.key))
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}
