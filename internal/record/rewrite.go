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
// of the answer's hash, and of that of a tolerance that was recorded with it:
// one that a person wrote, or changed, does not have it.
const mark = "# recorded by `slipway record`, "

// Ours says which of a case's answer and tolerance are in its file as they were
// recorded, and not written or changed by a person. JSON has no place for the mark.
func Ours(content []byte, e expect.Expectation) (answer, tolerance bool) {
	ours := func(e expect.Expectation) bool {
		m, err := markOf(e)
		return err == nil && bytes.Contains(content, []byte(m))
	}
	bare := e
	bare.Tolerance = nil
	return ours(bare), e.Tolerance != nil && ours(e)
}

func markOf(e expect.Expectation) (string, error) {
	n, err := read(e.Answer)
	if err != nil {
		return "", fmt.Errorf("the answer is not JSON: %w", err)
	}
	m := mark + hash(n.line())
	if e.Tolerance != nil {
		m += " " + hash(tolerant(e))
	}
	return m, nil
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

func tolerant(e expect.Expectation) string {
	if e.Tolerance == nil {
		return ""
	}
	return fmt.Sprintf("tolerance: {rtol: %s, atol: %s}", float(e.Tolerance.Rtol), float(e.Tolerance.Atol))
}

// Rewrite is a case file with the answer and tolerance of an expectation in
// place of the ones it has; a tolerance that is its author's own stays.
// Everything else stays as it is written, line ends too.
func Rewrite(file string, content []byte, e expect.Expectation, own bool) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil { // the YAML library's, over what it cannot read
			out, err = nil, fmt.Errorf("%s is not valid YAML: %v", file, p)
		}
	}()
	if own {
		e.Tolerance = nil // it is there already
	}
	write := yamlCase
	if path.Ext(file) == ".json" {
		write = jsonCase
	}
	text, bom := bytes.CutPrefix(content, []byte("\ufeff"))
	lines := bytes.Count(text, []byte("\n"))
	dos := lines > 0 && bytes.Count(text, []byte("\r\n")) == lines
	if dos {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	out, err = write(text, e, own)
	if err == nil {
		err = reads(text, out, e, own)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if dos {
		out = bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n"))
	}
	if bom {
		out = append([]byte("\ufeff"), out...)
	}
	return out, nil
}

// reads makes sure that the new file says what was meant, and nothing else that the old one did not.
func reads(before, after []byte, e expect.Expectation, own bool) error {
	asJSON, err := yaml.YAMLToJSON(after) // JSON is YAML
	if err != nil {
		return errors.New("the answer has no place in it: it would not be valid YAML any more")
	}
	var c struct {
		Expect struct {
			Answer json.RawMessage `json:"answer"`
		} `json:"expect"`
	}
	if err := json.Unmarshal(asJSON, &c); err != nil {
		return errors.New("the answer has no place in it: it would be no case any more")
	}
	// Through a YAML library numbers are doubles, so they are compared as such.
	if v := expect.Judge(expect.Expectation{Answer: e.Answer, Tolerance: &expect.Tolerance{Rtol: 1e-12}}, expect.Answer{Status: 200, JSON: c.Expect.Answer}); !v.Passed {
		return fmt.Errorf("the answer has no place in it: it would be read as another one: %s", v.Reason)
	}
	if rest(before, own) != rest(after, own) {
		return errors.New("the answer has no place in it: what else it says would be read as something else")
	}
	return nil
}

// rest is what a case says besides what is recorded; a mapping prints sorted.
func rest(content []byte, own bool) string {
	var whole map[string]any
	if err := yaml.Unmarshal(content, &whole); err != nil {
		return err.Error()
	}
	inner, _ := whole["expect"].(map[string]any)
	delete(inner, "answer")
	if !own {
		delete(inner, "tolerance")
	}
	if len(inner) == 0 {
		delete(whole, "expect")
	}
	return fmt.Sprintf("%#v", whole)
}

// layOut gives the lines of an answer in YAML, below their mark, at an indentation.
func layOut(e expect.Expectation, indent int) ([]string, error) {
	n, err := read(e.Answer)
	if err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w", err)
	}
	m, err := markOf(e)
	if err != nil {
		return nil, err
	}
	pad := strings.Repeat(" ", indent)
	var b strings.Builder
	b.WriteString(pad + m + "\n" + pad + "answer: ")
	n.write(&b, indent+len("answer: "), indent+2)
	return strings.Split(b.String(), "\n"), nil
}

func float(x float64) string { return number(strconv.FormatFloat(x, 'g', -1, 64)) }
