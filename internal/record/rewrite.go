package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/slipway-dev/slipway/internal/expect"
)

// mark stands above an answer that was recorded, and behind it the beginning
// of the answer's hash: one that a person wrote, or changed, does not have it.
const mark = "# recorded by `slipway record`, "

// Recorded is true when an answer was recorded into the case file as it is
// now, and not written or changed by a person. JSON has no place for the mark.
func Recorded(content []byte, e expect.Expectation) bool {
	m, err := markOf(e)
	return err == nil && bytes.Contains(content, []byte(m))
}

func markOf(e expect.Expectation) (string, error) {
	n, err := read(e.Answer)
	if err != nil {
		return "", fmt.Errorf("the answer is not JSON: %w", err)
	}
	sum := sha256.Sum256([]byte(n.line() + tolerant(e)))
	return mark + hex.EncodeToString(sum[:4]), nil
}

func tolerant(e expect.Expectation) string {
	if e.Tolerance == nil {
		return ""
	}
	return fmt.Sprintf("tolerance: {rtol: %s, atol: %s}", float(e.Tolerance.Rtol), float(e.Tolerance.Atol))
}

// Rewrite is a case file with the answer and tolerance of an expectation in
// place of the ones it has. Everything else stays as it is written.
func Rewrite(file string, content []byte, e expect.Expectation) ([]byte, error) {
	write := yamlCase
	if path.Ext(file) == ".json" {
		write = jsonCase
	}
	out, err := write(content, e)
	if err != nil {
		return nil, fmt.Errorf("recording in %s: %w", file, err)
	}
	if err := reads(out, e); err != nil {
		return nil, fmt.Errorf("recording in %s: %w; write the answer by hand", file, err)
	}
	return out, nil
}

// reads makes sure that the new file says what was meant.
func reads(content []byte, e expect.Expectation) error {
	asJSON, err := yaml.YAMLToJSON(content) // JSON is YAML
	if err != nil {
		return errors.New("the result is not valid YAML")
	}
	var c struct {
		Expect struct {
			Answer json.RawMessage `json:"answer"`
		} `json:"expect"`
	}
	if err := json.Unmarshal(asJSON, &c); err != nil {
		return errors.New("the result is no case")
	}
	// Through a YAML library numbers are doubles, so they are compared as such.
	if v := expect.Judge(expect.Expectation{Answer: e.Answer, Tolerance: &expect.Tolerance{Rtol: 1e-12}}, expect.Answer{Status: 200, JSON: c.Expect.Answer}); !v.Passed {
		return fmt.Errorf("the result says something else: %s", v.Reason)
	}
	return nil
}

// lines are the lines of answer and tolerance in YAML, at an indentation.
func lines(e expect.Expectation, indent int) ([]string, error) {
	n, err := read(e.Answer)
	if err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w", err)
	}
	pad := strings.Repeat(" ", indent)
	var b strings.Builder
	m, err := markOf(e)
	if err != nil {
		return nil, err
	}
	b.WriteString(pad + m + "\n" + pad + "answer: ")
	n.write(&b, indent+len("answer: "), indent+2)
	if t := tolerant(e); t != "" {
		b.WriteString("\n" + pad + t)
	}
	return strings.Split(b.String(), "\n"), nil
}

func float(x float64) string { return number(strconv.FormatFloat(x, 'g', -1, 64)) }

// jsonCase rewrites a case in JSON. There is no place for a mark in it.
func jsonCase(content []byte, e expect.Expectation) ([]byte, error) {
	whole, err := members(content)
	if err != nil {
		return nil, err
	}
	inner, err := members(whole.get("expect"))
	if err != nil {
		return nil, err
	}
	inner = inner.set("answer", e.Answer)
	inner = inner.drop("tolerance")
	if e.Tolerance != nil {
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
