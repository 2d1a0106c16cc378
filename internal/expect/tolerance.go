package expect

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/theory/jsonpath"
	"github.com/theory/jsonpath/spec"
)

// checkTolerances finds bounds that are none, and those with nothing to compare.
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
		mistakes = append(mistakes, p.check(p.key())...)
		if !compares {
			mistakes = append(mistakes, mistake(p.key(), "there is nothing to compare: add answer or subset")...)
		}
	}
	return mistakes
}

func (t Tolerance) check(key string) []Mistake {
	var mistakes []Mistake
	for _, bound := range []struct {
		name string
		x    float64
	}{{"rtol", t.Rtol}, {"atol", t.Atol}} {
		if bound.x < 0 || math.IsNaN(bound.x) || math.IsInf(bound.x, 0) {
			mistakes = append(mistakes, mistake(key+"."+bound.name, "a tolerance is 0 or a positive number")...)
		}
	}
	return mistakes
}

const (
	// maxPaths is how many a case can have: each goes through what is expected.
	maxPaths = 100
	// maxBranches bounds how often a path selects the same value.
	maxBranches = 64
	// maxNesting is for libraries that keep the whole way to each of many
	// values: those of a million brackets and numbers fill the memory.
	maxNesting = 64
)

// locate finds the tolerance of each number of the expected documents that a
// path holds, directly or by what it is in. Of several paths the one that holds
// the fewest numbers applies, of those the last.
func locate(paths []PathTolerance, documents []*value, tolerances map[*value]bounds) []Mistake {
	if len(paths) == 0 || len(documents) == 0 {
		return nil
	}
	if len(paths) > maxPaths {
		return mistake("paths", "there are %d, at most %d are followed: select more with each, $.scores[*]", len(paths), maxPaths)
	}
	compiled := make([]*jsonpath.Path, len(paths))
	selected, held := make([]int, len(paths)), make([]int, len(paths))
	var mistakes []Mistake
	for i, p := range paths {
		var wrong []Mistake
		compiled[i], wrong = p.compile()
		mistakes = append(mistakes, wrong...)
	}
	for _, want := range documents {
		if want.depth() > maxNesting {
			return append(mistakes, mistake("paths", "what is expected is nested more than %d deep: tolerances by path are for less", maxNesting)...)
		}
		tree := want.tree()
		numbers := make([]map[*value]bool, len(paths))
		var order []int
		for i, path := range compiled {
			if path == nil {
				continue
			}
			order, numbers[i] = append(order, i), map[*value]bool{}
			for _, node := range path.SelectLocated(tree) {
				want.follow(node.Path).numbers(numbers[i])
				selected[i]++
			}
			held[i] += len(numbers[i])
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(numbers[b]), len(numbers[a])) })
		for _, i := range order {
			tolerance := paths[i].bounds()
			for n := range numbers[i] {
				tolerances[n] = tolerance
			}
		}
	}
	for i, p := range paths {
		switch {
		case compiled[i] == nil:
		case selected[i] == 0:
			mistakes = append(mistakes, mistake(p.key(), "it selects nothing of what is expected")...)
		case held[i] == 0:
			mistakes = append(mistakes, mistake(p.key(), "it selects no number of what is expected, and a tolerance is for numbers")...)
		}
	}
	return mistakes
}

func (p PathTolerance) key() string { return "paths." + p.Path }

func (p PathTolerance) compile() (*jsonpath.Path, []Mistake) {
	compiled, err := jsonpath.Parse(p.Path)
	switch {
	case err != nil:
		return nil, mistake(p.key(), "%s (the syntax is RFC 9535's: $.scores[*], $['a b'][0])", strings.TrimPrefix(err.Error(), "jsonpath: "))
	case branches(compiled) > maxBranches:
		return nil, mistake(p.key(), "the path is too much work: use one .. at most, no $ in a filter, and fewer choices")
	}
	return compiled, nil
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
