package record

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
)

// change is a place where answers differ from the first one.
type change struct {
	at       string // JSONPath, with [*] for every index
	number   bool   // what changes is a number, by up to
	abs, rel float64
	how      string // what was there first, and then
}

// changes are the places where any of the answers differs from the first, in its order.
func changes(first node, others []node) []*change {
	var found []*change
	for _, other := range others {
		compare("$", first, other, func(c change) {
			at := slices.IndexFunc(found, func(f *change) bool { return f.at == c.at })
			if at < 0 {
				found = append(found, &c)
				return
			}
			f := found[at]
			f.number, f.abs, f.rel = f.number && c.number, max(f.abs, c.abs), max(f.rel, c.rel)
		})
	}
	return found
}

func compare(at string, was, is node, found func(change)) {
	switch {
	case was.open != is.open || was.open == "" && was.number() != is.number():
		found(change{at: at, how: clip(was.line()) + ", then " + clip(is.line())})
	case was.open == "[":
		if len(was.items) != len(is.items) {
			found(change{at: at, how: fmt.Sprintf("a list of %d, then of %d", len(was.items), len(is.items))})
		}
		for i := range min(len(was.items), len(is.items)) {
			compare(at+"[*]", was.items[i], is.items[i], found)
		}
	case was.open == "{":
		for i, key := range was.keys {
			if n := slices.Index(is.keys, key); n >= 0 {
				compare(at+step(key), was.items[i], is.items[n], found)
			} else {
				found(change{at: at + step(key), how: "there, then not"})
			}
		}
		for _, key := range is.keys {
			if !slices.Contains(was.keys, key) {
				found(change{at: at + step(key), how: "not there, then there"})
			}
		}
	case was.text == is.text:
	case !was.number():
		found(change{at: at, how: clip(was.text) + ", then " + clip(is.text)})
	default:
		if abs, rel := apart(was.text, is.text); abs > 0 {
			found(change{at: at, number: true, abs: abs, rel: rel, how: was.text + ", then " + is.text})
		}
	}
}

// number is true for a number: the other scalars begin with a quote or a letter.
func (n node) number() bool {
	return n.open == "" && strings.ContainsAny(n.text[:1], "-0123456789")
}

// apart is how far apart two numbers are, absolutely and relative to the first
// one unless that is 0. More digits than a double has: large integers that differ are not equal.
func apart(was, is string) (abs, rel float64) {
	w, _, wrong := big.ParseFloat(was, 10, 256, big.ToNearestEven)
	i, _, also := big.ParseFloat(is, 10, 256, big.ToNearestEven)
	if wrong != nil || also != nil {
		return math.MaxFloat64, math.MaxFloat64
	}
	d := new(big.Float).Sub(i, w)
	d.Abs(d)
	abs, _ = d.Float64()
	if w.Sign() == 0 {
		return abs, 0
	}
	rel, _ = d.Quo(d, w.Abs(w)).Float64()
	return abs, rel
}

// step is the one of a JSONPath to a key, which is quoted as in JSON.
func step(key string) string {
	name := strings.Trim(key, `"`)
	for i, c := range name {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return "[" + key + "]"
		}
	}
	if name == "" {
		return "[" + key + "]"
	}
	return "." + name
}

// leaves calls each for the place of every scalar, and of every list or object without items.
func (n node) leaves(at string, each func(at string, leaf node)) {
	if len(n.items) == 0 {
		each(at, n)
	}
	for i, item := range n.items {
		below := at + "[*]"
		if n.open == "{" {
			below = at + step(n.keys[i])
		}
		item.leaves(below, each)
	}
}

// others says where more than numbers changes, and what can be expected of
// such an answer; both are empty where only numbers do.
func others(first node, found []*change) (why, advice string) {
	var at []string
	how := ""
	moves := map[string]bool{}
	for _, c := range found {
		moves[c.at] = true
		if !c.number {
			at = append(at, c.at)
			if how == "" {
				how = c.how
			}
		}
	}
	switch {
	case len(at) == 0:
		return "", ""
	case at[0] == "$":
		why = "the answer changes from round to round (" + how + ")"
	case len(at) == 1:
		why = at[0] + " changes from round to round (" + how + ")"
	default:
		why = listed(at) + " change from round to round (the first: " + how + ")"
	}
	return why, instead(first, at, moves)
}

// instead is what can be expected of an answer that changes at these places.
func instead(first node, at []string, moves map[string]bool) string {
	const random = "have the request settle what is random (a seed, a temperature of 0)"
	stays := false
	first.leaves("$", func(at string, _ node) { stays = stays || !moves[at] })
	var left []string // what a subset leaves out: items of a list cannot be
	for _, at := range at {
		for strings.HasSuffix(at, "[*]") {
			at = strings.TrimSuffix(at, "[*]")
		}
		if !slices.Contains(left, at) {
			left = append(left, at)
		}
	}
	switch {
	case first.open == "":
		return "write what the text must have as `contains` or `matches`, or " + random
	case !stays:
		return random + "; nothing in the answer stays as it is, so `schema`, `type` and `length` are all that can be expected of it"
	case !slices.Contains(left, "$"):
		return "write what stays as `subset`, without " + listed(left)
	case first.open == "[":
		return "write the items that stay as `contains`, or " + random
	}
	return random
}

// strict says how the numbers that stay are compared as strictly as before,
// where only a few change.
func strict(first node, found []*change) string {
	places := map[string]bool{}
	first.leaves("$", func(at string, leaf node) {
		if leaf.number() {
			places[at] = true
		}
	})
	if len(found) > 3 || len(found) >= len(places) {
		return ""
	}
	var at, paths []string
	for _, c := range found {
		at = append(at, c.at)
		paths = append(paths, fmt.Sprintf("%q: {atol: %s}", c.at, float(up(margin*c.abs))))
	}
	return fmt.Sprintf("; only %s moves: `paths: {%s}` in place of the tolerance keeps the other numbers strict, a `subset` can leave it out", listed(at), strings.Join(paths, ", "))
}

// listed names at most three things.
func listed(names []string) string {
	switch n := len(names); {
	case n > 3:
		return fmt.Sprintf("%s, %s and %d more", names[0], names[1], n-2)
	case n > 1:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return names[0]
}

func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
