package expect

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
)

// rounding is what a similarity of equal vectors may lack of 1: sums of a
// thousand doubles.
const rounding = 1e-12

func prepareCosine(e Expectation) (*matcher, []Mistake) {
	if e.Cosine == nil {
		return nil, nil
	}
	least := e.Cosine.Min
	var mistakes []Mistake
	switch {
	case !(least >= -1 && least <= 1):
		mistakes = mistake("cosine.min", "a cosine similarity lies between -1 and 1")
	case least <= 0:
		mistakes = mistake("cosine.min", "at 0 and below are vectors that have nothing in common: equal ones have 1, write a bound near it such as 0.999")
	}
	to, wrong := document("cosine.to", e.Cosine.To)
	if wrong != nil {
		return nil, append(mistakes, wrong...)
	}
	want, f := rows(to)
	if f.reason != "" {
		if len(f.path) > 0 {
			f.reason = clip(f.path.String()) + ": " + f.reason
		}
		mistakes = append(mistakes, mistake("cosine.to", "%s", f.reason)...)
	}
	if mistakes != nil {
		return nil, mistakes
	}
	return &matcher{expected: show(to, nil, 0), judge: func(got *value) finding {
		f := alike(want, got, least)
		if f.reason != "" {
			f.expected, f.got = show(to, f.path, 0), show(got, f.path, 0)
		}
		return f
	}}, nil
}

// alike holds the rows of an answer against those that are wanted; what
// differs most is what is said.
func alike(want []vector, got *value, least float64) finding {
	has, f := rows(got)
	if f.reason != "" {
		return f
	}
	if len(has) != len(want) {
		return finding{reason: fmt.Sprintf("the answer has %s, expected %d", plural(len(has), "vector"), len(want))}
	}
	var off, worst int
	similarity := make([]float64, len(want))
	for i := range want {
		if len(has[i].x) != len(want[i].x) {
			return finding{inside: true, path: has[i].path, reason: fmt.Sprintf("the vector has %s, expected %d", plural(len(has[i].x), "number"), len(want[i].x))}
		}
		similarity[i] = cosine(want[i].x, has[i].x)
		if similarity[i] < least-rounding {
			off++
		}
		if similarity[i] < similarity[worst] {
			worst = i
		}
	}
	if off == 0 {
		return finding{}
	}
	f = finding{inside: true, path: has[worst].path, reason: fmt.Sprintf("the cosine similarity is %s, expected at least %s",
		below(similarity[worst], least), strconv.FormatFloat(least, 'g', -1, 64))}
	if off > 1 {
		f.reason += fmt.Sprintf("; %d of %s are below, this one most", off, plural(len(want), "vector"))
	}
	return f
}

// below is x with as many digits as it takes to look smaller than bound.
func below(x, bound float64) string {
	for digits := 4; digits < 17; digits++ {
		s := strconv.FormatFloat(x, 'g', digits, 64)
		if shown, _ := strconv.ParseFloat(s, 64); shown < bound {
			return s
		}
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// cosine of two vectors of length 1.
func cosine(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return max(-1, min(1, sum))
}

// vector is a row of numbers, made 1 long.
type vector struct {
	x    []float64
	path path
}

// rows reads one vector or several; a finding says why they are none.
func rows(v *value) ([]vector, finding) {
	if v.kind == array && len(v.items) > 0 && v.items[0].kind != array {
		row, f := unit(v, nil)
		return []vector{row}, f
	}
	if v.kind != array || len(v.items) == 0 {
		return nil, finding{reason: fmt.Sprintf("%s is no vector: it takes an array of numbers, or an array of those", describe(v))}
	}
	var all []vector
	for i := range v.items {
		row, f := unit(&v.items[i], path{{index: i}})
		if f.reason != "" {
			return nil, f
		}
		all = append(all, row)
	}
	return all, finding{}
}

// unit makes a vector 1 long. It is scaled exactly first: squares of large or
// small numbers do not fit a double.
func unit(v *value, at path) (vector, finding) {
	wrong := func(at path, format string, args ...any) (vector, finding) {
		return vector{}, finding{inside: true, path: at, reason: fmt.Sprintf(format, args...)}
	}
	if v.kind != array || len(v.items) == 0 {
		return wrong(at, "%s is no vector", describe(v))
	}
	exact := make([]*big.Float, len(v.items))
	var largest *big.Float
	for i := range v.items {
		item := &v.items[i]
		here := append(append(path{}, at...), step{index: i})
		if item.kind != number {
			return wrong(here, "expected a number, got %s", describe(item))
		}
		exact[i] = normal(item.lit).float(64)
		if exact[i].IsInf() {
			return wrong(here, "%s is infinite to a calculation", clip(item.lit))
		}
		largest = larger(largest, new(big.Float).Abs(exact[i]))
	}
	if largest.Sign() == 0 {
		return wrong(at, "a vector of zeros has no direction")
	}
	row := vector{x: make([]float64, len(exact)), path: at}
	sum := 0.0
	for i, x := range exact {
		row.x[i], _ = x.Quo(x, largest).Float64()
		sum += row.x[i] * row.x[i]
	}
	for i := range row.x {
		row.x[i] /= math.Sqrt(sum)
	}
	return row, finding{}
}
