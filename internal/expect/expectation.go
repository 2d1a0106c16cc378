package expect

import "encoding/json"

// Expectation is what a case's answer must be. Everything that is set must hold.
type Expectation struct {
	// Answer is compared with the protocol's answer: numbers within Tolerance, the rest exactly.
	Answer    json.RawMessage `json:"answer,omitempty"`
	Tolerance *Tolerance      `json:"tolerance,omitempty"`
	// Paths are tolerances for parts of the answer, in the order they are
	// written: of those whose path holds a value the most specific applies.
	Paths []PathTolerance `json:"paths,omitempty"`
	// Subset is what the answer must have; objects may have more members than that.
	Subset json.RawMessage `json:"subset,omitempty"`
	// Contains are texts that a text must contain, or items that an array must have.
	Contains []json.RawMessage `json:"contains,omitempty"`
	// Matches is a regular expression (https://github.com/google/re2/wiki/Syntax) that a text must match somewhere.
	Matches string `json:"matches,omitempty"`
	// Schema is a JSON schema (https://json-schema.org, 2020-12 unless it says another) of the answer.
	Schema json.RawMessage `json:"schema,omitempty"`
	// Type is one of Types.
	Type string `json:"type,omitempty"`
	// Length is of an array, of an object in members or of a text in characters.
	Length *Length `json:"length,omitempty"`
	// Finite is true when no number of the answer may be NaN, infinite, or too large for a double.
	Finite bool    `json:"finite,omitempty"`
	Cosine *Cosine `json:"cosine,omitempty"`
	TopK   *TopK   `json:"top_k,omitempty"`
	// SHA256 of the whole body, in hex: for answers that are files.
	SHA256 string `json:"sha256,omitempty"`
	// Status is the HTTP status; nil means any 2xx.
	Status *int `json:"status,omitempty"`
	// Exit is the exit code of a command (protocol exec); nil means 0.
	Exit *int `json:"exit,omitempty"`
	// ContentType is the media type, without parameters unless it names some.
	ContentType string `json:"content_type,omitempty"`
	// MaxLatencyMS bounds the time of the whole exchange, in milliseconds; 0: no bound.
	MaxLatencyMS float64 `json:"max_latency_ms,omitempty"`
}

// Recorded is true when it says what the answer is, and not only what it looks like.
func (e Expectation) Recorded() bool {
	return len(e.Answer) > 0 || len(e.Subset) > 0 || len(e.Contains) > 0 || e.Matches != "" || e.Cosine != nil || e.TopK != nil || e.SHA256 != ""
}

// Types are the values of Expectation.Type; an integer is a number without a fraction, 1.0 is one.
var Types = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

// Tolerance bounds a numeric difference: |got - want| <= Atol + Rtol*|want|.
// It never applies to integers, strings or booleans unless it is written in the case.
type Tolerance struct {
	Rtol float64 `json:"rtol"`
	Atol float64 `json:"atol"`
}

// Default is the tolerance of floating-point numbers where a case names none.
var Default = Tolerance{Rtol: 1e-6, Atol: 1e-9}

// PathTolerance is the tolerance of what a JSONPath (https://www.rfc-editor.org/rfc/rfc9535) finds in the expected answer.
type PathTolerance struct {
	Path string `json:"path"`
	Tolerance
}

// Length bounds a length, both ends included; nil: no bound.
type Length struct {
	Min *int `json:"min,omitempty"`
	Max *int `json:"max,omitempty"`
}

// Cosine is the least cosine similarity of the answer with a recorded vector,
// or row by row with several.
type Cosine struct {
	To  json.RawMessage `json:"to"`
	Min float64         `json:"min"`
}

// TopK is the best of a classification, best first: positions in an array of
// numbers, keys of an object of numbers, or labels in an array of objects with
// label and score.
type TopK struct {
	Want json.RawMessage `json:"want"`
	// AnyOrder lets the best K be in any order among each other.
	AnyOrder bool `json:"any_order,omitempty"`
}

// Mistake is something wrong with an expectation itself.
type Mistake struct {
	Key     string // "matches", "paths.$[*]": where, relative to the expectation
	Message string
}
