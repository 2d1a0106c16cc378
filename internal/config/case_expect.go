package config

import (
	"encoding/json"
	"path"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/expect"
)

// expect reads what must come of a case. What the values mean to each other is
// for expect.Check to judge.
func (r *caseReader) expect(n *node, path string) {
	e := &r.into.Expect
	r.object(n, path, []field{
		{"answer", func(n *node, path string) { e.Answer = r.recorded(n, path) }},
		{"tolerance", func(n *node, path string) { t := r.tolerance(n, path); e.Tolerance = &t }},
		{"paths", func(n *node, path string) { e.Paths = r.paths(n, path) }},
		{"subset", func(n *node, path string) { e.Subset = r.recorded(n, path) }},
		{"contains", func(n *node, path string) { e.Contains = r.contains(n, path) }},
		{"matches", func(n *node, path string) { e.Matches = r.str(n, path, "a regular expression such as ^[0-9]+$") }},
		{"schema", func(n *node, path string) { e.Schema = r.schema(n, path) }},
		{"type", func(n *node, path string) { e.Type = r.choice(n, path, expect.Types) }},
		{"length", func(n *node, path string) { e.Length = r.length(n, path) }},
		{"finite", func(n *node, path string) { e.Finite = r.flag(n, path) }},
		{"cosine", func(n *node, path string) { e.Cosine = r.cosine(n, path) }},
		{"top_k", func(n *node, path string) { e.TopK = r.topK(n, path) }},
		{"sha256", func(n *node, path string) { e.SHA256 = r.str(n, path, "64 hexadecimal digits") }},
		{"status", func(n *node, path string) { e.Status = r.from(n, path, 100, 599, "200") }},
		{"exit", func(n *node, path string) { e.Exit = r.from(n, path, 0, 255, "0") }},
		{"content_type", func(n *node, path string) { e.ContentType = r.mediaType(n, path) }},
		{"max_latency", func(n *node, path string) {
			e.MaxLatencyMS = float64(r.duration(n, path)) / float64(time.Millisecond)
		}},
	})
}

// recorded reads a value that an answer may have. YAML's .nan and .inf are the
// tokens NaN and Infinity there: not JSON, but what Python's json module writes.
func (r *caseReader) recorded(n *node, path string) json.RawMessage {
	return r.encoded(n, path, func(s string) (string, bool) {
		if token, ok := notFinite[strings.ToLower(s)]; ok {
			return token, true
		}
		return numberLiteral(s)
	})
}

var notFinite = map[string]string{".nan": "NaN", ".inf": "Infinity", "-.inf": "-Infinity"}

// from reads a whole number that may be 0; nil when it is none.
func (r *caseReader) from(n *node, path string, least, most int, example string) *int {
	before := len(r.problems.list)
	v := r.whole(n, path, least, most, example)
	if len(r.problems.list) > before {
		return nil
	}
	return &v
}

// tolerance reads rtol, atol or both; what is not written is the default.
func (r *caseReader) tolerance(n *node, path string) expect.Tolerance {
	t := expect.Default
	bound := func(into *float64) func(n *node, path string) {
		return func(n *node, path string) {
			switch v := r.real(n, path, "1.0e-6"); {
			case v == nil:
			case *v < 0:
				r.problemf(n, "%s: a difference has no sign: write it without the minus", path)
			default:
				*into = *v
			}
		}
	}
	r.object(n, path, []field{{"rtol", bound(&t.Rtol)}, {"atol", bound(&t.Atol)}})
	if n.kind == object && len(n.pairs) == 0 {
		r.problemf(n, "%s: expected rtol, atol or both", path)
	}
	return t
}

func (r *caseReader) paths(n *node, path string) []expect.PathTolerance {
	if n.kind != object || len(n.pairs) == 0 {
		r.wrong(n, path, `a mapping such as {"$[*][2]": {atol: 0.005}}`)
		return nil
	}
	var out []expect.PathTolerance
	for _, p := range r.unique(n, path) {
		full := join(path, p.key)
		r.keys[full] = p
		out = append(out, expect.PathTolerance{Path: p.key, Tolerance: r.tolerance(p.value, full)})
	}
	return out
}

func (r *caseReader) contains(n *node, path string) []json.RawMessage {
	if n.kind != list {
		return []json.RawMessage{r.value(n, path)}
	}
	out := []json.RawMessage{} // an empty list is a mistake, and not nothing
	for _, item := range n.items {
		out = append(out, r.value(item, path))
	}
	return out
}

// schema reads a JSON schema that is written in the case, or in a file of its own.
func (r *caseReader) schema(n *node, field string) json.RawMessage {
	if n.kind != text {
		if n.kind != object {
			r.wrong(n, field, "a JSON schema such as {type: array}, or the path of one")
			return nil
		}
		return r.value(n, field)
	}
	file := r.named(n, field, "the path of a JSON schema such as answer.schema.json")
	if file == "" {
		return nil
	}
	s, f := r.model.readNodes(file)
	switch {
	case f != nil && f.line > 0:
		r.problemf(n, "%s: %s, line %d, column %d: %s", field, quote(file), f.line, f.col, f.message)
	case f != nil:
		r.problemf(n, "%s: %s %s", field, quote(file), f.message)
	case s == nil || s.kind != object:
		r.problemf(n, "%s: %s holds no schema: a mapping such as {type: array} is expected", field, quote(file))
	default:
		other := &caseReader{reader: reader{file: path.Join(r.model.rel, file), problems: r.problems}}
		return other.value(s, "the schema")
	}
	return nil
}

// length reads the length itself, or its bounds.
func (r *caseReader) length(n *node, path string) *expect.Length {
	const most = 1 << 30
	var out expect.Length
	before := len(r.problems.list)
	if n.kind == object {
		r.object(n, path, []field{
			{"min", func(n *node, path string) { out.Min = r.from(n, path, 0, most, "1") }},
			{"max", func(n *node, path string) { out.Max = r.from(n, path, 0, most, "3") }},
		})
	} else {
		out.Min = r.from(n, path, 0, most, "3, or {min: 1, max: 3}")
		out.Max = out.Min
	}
	if len(r.problems.list) > before {
		return nil
	}
	return &out
}

func (r *caseReader) cosine(n *node, path string) *expect.Cosine {
	var out expect.Cosine
	r.object(n, path, []field{
		{"to", func(n *node, path string) { out.To = r.value(n, path) }},
		{"min", func(n *node, path string) {
			if least := r.real(n, path, "0.99"); least != nil {
				out.Min = *least
			}
		}},
	})
	if n.kind != object {
		return nil
	}
	complete := true
	for _, key := range []string{"to", "min"} {
		if !r.has(join(path, key)) {
			r.keyProblemf(join(path, key), "is missing: write {to: [0.1, …], min: 0.99}")
			complete = false
		}
	}
	if !complete {
		return nil
	}
	return &out
}

// topK reads the best of a classification: a list, or one with a say about its order.
func (r *caseReader) topK(n *node, path string) *expect.TopK {
	const expected = "a list such as [cat, dog], best first, or {want: [cat, dog], any_order: true}"
	if n.kind == list {
		return &expect.TopK{Want: r.value(n, path)}
	}
	if n.kind != object {
		r.wrong(n, path, expected)
		return nil
	}
	var out expect.TopK
	r.object(n, path, []field{
		{"want", func(n *node, path string) { out.Want = r.value(n, path) }},
		{"any_order", func(n *node, path string) { out.AnyOrder = r.flag(n, path) }},
	})
	if !r.has(join(path, "want")) {
		r.keyProblemf(join(path, "want"), "is missing: expected %s", expected)
		return nil
	}
	return &out
}
