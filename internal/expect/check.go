package expect

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Check finds what is wrong with an expectation itself: a pattern that does
// not compile, a path that is none, a tolerance for nothing. Keys are those of
// a case file: "max_latency", "paths.$[*]", "top_k.want".
func Check(e Expectation) []Mistake {
	_, mistakes := prepare(e)
	return mistakes
}

// mistake is a list of one.
func mistake(key, format string, args ...any) []Mistake {
	return []Mistake{{Key: key, Message: fmt.Sprintf(format, args...)}}
}

// matcher is one expectation about the content, ready to be held against answers.
type matcher struct {
	name     string // as the case file calls it
	expected string // for reading
	judge    func(got *value) finding
}

// families are what can be expected of the content of an answer besides what
// it is or has, in the order in which a verdict names them. Each prepares what
// the case says of it, nil when that is nothing.
var families = []struct {
	name    string
	prepare func(Expectation) (*matcher, []Mistake)
}{
	{"contains", prepareContains},
	{"matches", prepareMatches},
	{"schema", prepareSchema},
	{"type", prepareType},
	{"length", prepareLength},
	{"finite", prepareFinite},
	{"cosine", prepareCosine},
	{"top_k", prepareTopK},
}

// prepare makes ready whatever is expected, once.
func prepare(e Expectation) ([]*matcher, []Mistake) {
	matchers, mistakes := prepareComparisons(e)
	for _, f := range families {
		m, wrong := f.prepare(e)
		mistakes = append(mistakes, wrong...)
		if m != nil {
			m.name = f.name
			matchers = append(matchers, m)
		}
	}
	return matchers, append(mistakes, checkEnvelope(e)...)
}

// document reads a JSON value that a case holds.
func document(key string, data json.RawMessage) (*value, []Mistake) {
	v, err := parse(data)
	if err != nil {
		return nil, mistake(key, "is not valid JSON: %v", err)
	}
	return &v, nil
}

// compact is a JSON value of a case on one line, clipped.
func compact(data json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, data) != nil { // NaN is no JSON, and may be expected
		return clip(string(bytes.TrimSpace(data)))
	}
	return clip(b.String())
}
