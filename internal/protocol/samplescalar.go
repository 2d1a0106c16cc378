package protocol

import (
	"encoding/json"
	"math"
	"regexp"
	"regexp/syntax"
	"strings"
)

// boundDigits is more than any double has; what is longer is meant to take time.
const boundDigits = 400

// bound is a limit that the schema names, or else none.
func bound(node map[string]any, key string, none float64) float64 {
	if n, ok := node[key].(json.Number); ok && len(n) <= boundDigits {
		f, _ := n.Float64() // infinite where it is too large for a double
		return f
	}
	return none
}

// number prefers 1, and then what is near a limit.
func number(node map[string]any, whole bool) (any, bool) {
	low, high := bound(node, "minimum", math.Inf(-1)), bound(node, "maximum", math.Inf(1))
	// A number of its own, or in OpenAPI 3.0 a word about the other limit.
	above, below := bound(node, "exclusiveMinimum", math.Inf(-1)), bound(node, "exclusiveMaximum", math.Inf(1))
	if node["exclusiveMinimum"] == true {
		above = low
	}
	if node["exclusiveMaximum"] == true {
		below = high
	}
	step := bound(node, "multipleOf", 0)
	bottom, top := max(low, above), min(high, below)
	for _, x := range []float64{
		1, 0, bottom, math.Floor(bottom) + 1, top, math.Ceil(top) - 1, (bottom + top) / 2,
		step, math.Ceil(bottom/step) * step, (math.Floor(bottom/step) + 1) * step, math.Floor(top/step) * step,
	} {
		fits := x >= low && x <= high && x > above && x < below && !math.IsInf(x, 0)
		if fits && (!whole || x == math.Trunc(x)) && (step <= 0 || math.Mod(x, step) == 0) {
			return x, true
		}
	}
	return nil, false
}

// formats are texts of the formats that a server checks.
var formats = map[string]string{
	"date": "2024-01-31", "date-time": "2024-01-31T12:00:00Z", "time": "12:00:00Z", "duration": "PT1S",
	"email": "ping@example.com", "uuid": "123e4567-e89b-42d3-a456-426614174000", "ipv4": "127.0.0.1", "ipv6": "::1",
}

func (s *sampler) text(node map[string]any) (any, bool) {
	format, _ := node["format"].(string)
	switch format {
	case "uri", "url", "iri", "uri-reference", "binary", "byte", "base64", "image", "audio", "video":
		return nil, false // a file, or where there is one
	}
	if node["contentMediaType"] != nil || node["contentEncoding"] != nil {
		return nil, false
	}
	if v, ok := formats[format]; ok {
		return v, true
	}
	least, most := bound(node, "minLength", 0), bound(node, "maxLength", sampleItems)
	if least > most || least < 0 || least > sampleItems {
		return nil, false
	}
	out := strings.Repeat("ping", int(least)/4+1)[:int(max(min(max(4, least), most), 0))]
	s.left -= len(out) / 8
	pattern, ok := node["pattern"].(string)
	if ok && !s.matches(pattern, out) {
		return nil, false
	}
	return out, s.left >= 0
}

// matches is also false where the pattern asks for more work than is left: a
// few characters can stand for a program of megabytes.
func (s *sampler) matches(pattern, text string) bool {
	if len(pattern) > sampleItems {
		return false
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return false
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return false
	}
	if s.left -= len(program.Inst) * (1 + len(text)/8); s.left < 0 {
		return false
	}
	compiled, err := regexp.Compile(pattern)
	return err == nil && compiled.MatchString(text)
}
