package expect

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/theory/jsonpath"
	"github.com/theory/jsonpath/spec"
)

// checkTolerances finds bounds that are none, and those for nothing. What the
// paths hold is found by what they are for: the answer and the subset.
func checkTolerances(e Expectation) []Mistake {
	var mistakes []Mistake
	compares := len(e.Answer) > 0 || len(e.Subset) > 0
	if t := e.Tolerance; t != nil {
		mistakes = append(mistakes, t.check("tolerance")...)
		if !compares && len(e.Contains) == 0 {
			mistakes = append(mistakes, mistake("tolerance", "there is nothing to compare: add answer, subset or contains")...)
		}
	}
	for _, p := range e.Paths {
		mistakes = append(mistakes, p.check("paths."+p.Path)...)
		if !compares {
			mistakes = append(mistakes, mistake("paths."+p.Path, "there is nothing to compare: add answer or subset")...)
		}
	}
	return mistakes
}

func (t Tolerance) check(key string) []Mistake {
	for name, x := range map[string]float64{"rtol": t.Rtol, "atol": t.Atol} {
		if x < 0 || math.IsNaN(x) || math.IsInf(x, 0) {
			return mistake(key+"."+name, "a tolerance is 0 or a positive number")
		}
	}
	return nil
}

const (
	// maxBranches bounds what a path can select more than once, and
	// maxPathDepth what the normalized paths of nested values take.
	maxBranches  = 64
	maxPathDepth = 100
)

// locate finds the tolerance of each number of an expected document that a
// path holds, directly or by what it is in. Of several paths the one that
// holds the fewest numbers applies, of those the last.
func locate(paths []PathTolerance, want *value) (map[*value]bounds, []Mistake) {
	if len(paths) == 0 {
		return nil, nil
	}
	if depth(want) > maxPathDepth {
		return nil, mistake("paths", "the expected answer is nested more than %d deep: tolerances by path are for less", maxPathDepth)
	}
	type held struct {
		numbers []*value
		bounds  bounds
	}
	var all []held
	var mistakes []Mistake
	tree := want.tree()
	for _, p := range paths {
		key := "paths." + p.Path
		compiled, err := jsonpath.Parse(p.Path)
		switch {
		case err != nil:
			mistakes = append(mistakes, mistake(key, "%s (the syntax is RFC 9535's: $.scores[*], $['a b'][0])", strings.TrimPrefix(err.Error(), "jsonpath: "))...)
			continue
		case branches(compiled) > maxBranches:
			mistakes = append(mistakes, mistake(key, "the path is too much work: use one .. at most, no $ in a filter, and fewer choices")...)
			continue
		}
		numbers := map[*value]bool{}
		nodes := compiled.SelectLocated(tree)
		for _, node := range nodes {
			want.follow(node.Path).numbers(numbers)
		}
		switch {
		case len(nodes) == 0:
			mistakes = append(mistakes, mistake(key, "it selects nothing of what is expected")...)
		case len(numbers) == 0:
			mistakes = append(mistakes, mistake(key, "it selects no number of what is expected, and a tolerance is for numbers")...)
		}
		h := held{bounds: p.bounds()}
		for n := range numbers {
			h.numbers = append(h.numbers, n)
		}
		all = append(all, h)
	}
	slices.SortStableFunc(all, func(a, b held) int { return cmp.Compare(len(b.numbers), len(a.numbers)) })
	tolerances := map[*value]bounds{}
	for _, h := range all {
		for _, n := range h.numbers {
			tolerances[n] = h.bounds
		}
	}
	return tolerances, mistakes
}

// branches says how often one value can be selected by a path, at worst. Two
// descents (..) or a look from the root in a filter are work without bound.
func branches(p *jsonpath.Path) int {
	n, descents := 1, 0
	for _, segment := range p.Query().Segments() {
		if segment.IsDescendant() {
			descents++
		}
		n *= len(segment.Selectors())
		for _, s := range segment.Selectors() {
			if filter, ok := s.(*spec.FilterSelector); ok {
				written := filter.String()
				descents += strings.Count(written, "..") + 2*strings.Count(written, "$")
				n <<= min(strings.Count(written, ","), 10)
			}
		}
		if n > maxBranches || descents > 1 {
			return maxBranches + 1
		}
	}
	return n
}

// follow goes down a normalized path, which is one of v.
func (v *value) follow(p spec.NormalizedPath) *value {
	for _, s := range p {
		switch s := s.(type) {
		case spec.Name:
			v, _ = v.get(string(s))
		case spec.Index:
			v = &v.items[s]
		}
	}
	return v
}

// numbers adds the numbers in v to a set.
func (v *value) numbers(to map[*value]bool) {
	if v.kind == number {
		to[v] = true
	}
	for i := range v.items {
		v.items[i].numbers(to)
	}
}

func depth(v *value) int {
	deepest := 0
	for i := range v.items {
		deepest = max(deepest, 1+depth(&v.items[i]))
	}
	return deepest
}
