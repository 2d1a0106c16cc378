package expect

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

func prepareType(e Expectation) (*matcher, []Mistake) {
	switch {
	case e.Type == "":
		return nil, nil
	case !slices.Contains(Types, e.Type):
		return nil, mistake("type", "%q is no type: choose one of %s", clip(e.Type), strings.Join(Types, ", "))
	}
	return &matcher{expected: "type " + e.Type, judge: func(got *value) finding {
		if is(got, e.Type) {
			return finding{}
		}
		return finding{reason: fmt.Sprintf("the answer is %s, expected type %s", describe(got), e.Type)}
	}}, nil
}

// is says whether a value is of one of Types.
func is(v *value, name string) bool {
	switch name {
	case "integer":
		return v.kind == number && whole(v.lit)
	case "number":
		return v.kind == number
	case "string":
		return v.kind == text
	case "null":
		return v.kind == null
	case "boolean":
		return v.kind == boolean
	case "array":
		return v.kind == array
	default:
		return v.kind == object
	}
}

// whole is true for a number without a fraction, however it is written: 1.0 and 1e2 are.
func whole(lit string) bool { return !strings.HasPrefix(normal(lit).exp, "-") }

func prepareLength(e Expectation) (*matcher, []Mistake) {
	if e.Length == nil {
		return nil, nil
	}
	least, most := e.Length.Min, e.Length.Max
	var mistakes []Mistake
	switch {
	case least == nil && most == nil:
		return nil, mistake("length", "has no bound: give min, max or both")
	case most == nil && *least == 0:
		return nil, mistake("length", "no length is below 0: give a larger min, a max, or what is meant with type")
	case least != nil && *least < 0:
		mistakes = mistake("length.min", "no length is below 0")
	case most != nil && *most < 0:
		mistakes = mistake("length.max", "no length is below 0")
	case least != nil && most != nil && *least > *most:
		mistakes = mistake("length", "min is %d, and max only %d", *least, *most)
	}
	if mistakes != nil {
		return nil, mistakes
	}
	want := span(least, most)
	return &matcher{expected: "length " + want, judge: func(got *value) finding {
		n, noun := len(got.items), "item"
		switch got.kind {
		case array:
		case object:
			noun = "member"
		case text:
			n, noun = utf8.RuneCountInString(got.lit), "character"
		default:
			return finding{reason: fmt.Sprintf("the answer is %s, which has no length", describe(got))}
		}
		if least != nil && n < *least || most != nil && n > *most {
			return finding{reason: fmt.Sprintf("the answer has %s, expected %s", plural(n, noun), want)}
		}
		return finding{}
	}}, nil
}

// span puts bounds of which one is set into words.
func span(least, most *int) string {
	switch {
	case most == nil:
		return fmt.Sprintf("at least %d", *least)
	case least == nil:
		return fmt.Sprintf("at most %d", *most)
	case *least == *most:
		return strconv.Itoa(*least)
	}
	return fmt.Sprintf("%d to %d", *least, *most)
}

func prepareFinite(e Expectation) (*matcher, []Mistake) {
	if !e.Finite {
		return nil, nil
	}
	return &matcher{expected: "finite numbers", judge: func(got *value) finding {
		first, count := infinite(got)
		if count == 0 {
			return finding{}
		}
		why := "is not a finite number"
		if first.kind == number {
			why = "is too large for a double, and infinite to who reads it"
		}
		f := finding{inside: true, path: pathTo(got, first), reason: clip(first.lit) + " " + why}
		if count > 1 {
			f.reason += fmt.Sprintf("; %d numbers are not finite", count)
		}
		return f
	}}, nil
}

// infinite finds the first number in v that is not finite as a double, and how many there are.
func infinite(v *value) (first *value, count int) {
	switch v.kind {
	case nonFinite:
		return v, 1
	case number:
		if x, _ := strconv.ParseFloat(v.lit, 64); math.IsInf(x, 0) {
			return v, 1
		}
	}
	for i := range v.items {
		in, n := infinite(&v.items[i])
		if first == nil {
			first = in
		}
		count += n
	}
	return first, count
}
