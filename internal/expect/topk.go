package expect

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

func prepareTopK(e Expectation) (*matcher, []Mistake) {
	if e.TopK == nil {
		return nil, nil
	}
	v, wrong := document("top_k.want", e.TopK.Want)
	if wrong != nil {
		return nil, wrong
	}
	if v.kind != array || len(v.items) == 0 {
		return nil, mistake("top_k.want", "%s is no list of the best: positions such as [2, 0], or names such as [\"cat\"]", describe(v))
	}
	var want []string
	for i := range v.items {
		item := &v.items[i]
		position := item.kind == number && isInteger(item.lit) && !strings.HasPrefix(item.lit, "-")
		switch {
		case item.kind != text && !position, item.kind != v.items[0].kind:
			return nil, mistake("top_k.want", "%s is no position (0 is the first), and no name; all are one or the other", describe(item))
		case slices.Contains(want, item.lit):
			return nil, mistake("top_k.want", "%s is there twice", plain(item))
		}
		want = append(want, item.lit)
	}
	if len(want) > maxTopK {
		return nil, mistake("top_k.want", "it has %d items, at most %d are compared", len(want), maxTopK)
	}
	return &matcher{expected: "top " + strconv.Itoa(len(want)) + ": " + list(want), judge: func(got *value) finding {
		scores, labelled, f := ranking(got)
		if f.reason != "" {
			return f
		}
		// Which labels come is up to the server; positions and keys are always the same.
		switch {
		case labelled || len(want) != len(scores):
		case len(want) == 1:
			return finding{reason: "every answer would pass: there is 1 score, which is always the best; expect what it is, by answer"}
		case e.TopK.AnyOrder:
			return finding{reason: fmt.Sprintf("every answer would pass: there are %d scores, and top_k wants them all in any order; want fewer, or leave out any_order", len(want))}
		}
		return ranked(want, scores, e.TopK.AnyOrder)
	}}, nil
}

// maxTopK is how many can be wanted.
const maxTopK = 1000

// scored is what a classification says of one thing.
type scored struct {
	name  string // position, key or label
	score *big.Float
}

// ranked holds the best of the scores against what is wanted. Things with the
// same score are equally good: their order is nobody's.
func ranked(want []string, scores []scored, anyOrder bool) finding {
	scoreOf := map[string]*big.Float{}
	for _, s := range scores {
		scoreOf[s.name] = s.score
	}
	for _, name := range want {
		if scoreOf[name] == nil {
			return finding{reason: fmt.Sprintf("%s is not among the %s of the answer", clip(name), plural(len(scores), "score"))}
		}
	}
	slices.SortStableFunc(scores, func(a, b scored) int { return b.score.Cmp(a.score) })
	last := scores[len(want)-1].score // every wanted name has a score of its own
	for i, name := range want {
		wrong := scoreOf[name].Cmp(scores[i].score) != 0
		if anyOrder {
			wrong = scoreOf[name].Cmp(last) < 0
		}
		if wrong {
			var best []string
			for _, s := range scores[:len(want)] {
				best = append(best, s.name)
			}
			return finding{reason: fmt.Sprintf("the top %d is %s, expected %s", len(want), list(best), list(want))}
		}
	}
	// A model that has collapsed gives everything the same score.
	if len(scores) > 1 && scores[0].score.Cmp(scores[len(scores)-1].score) == 0 {
		return finding{reason: fmt.Sprintf("all %d scores are the same: there is no best", len(scores))}
	}
	if n := len(want); n < len(scores) && scores[n].score.Cmp(last) == 0 {
		other := slices.IndexFunc(scores, func(s scored) bool { return s.score.Cmp(last) == 0 && !slices.Contains(want, s.name) })
		return finding{reason: fmt.Sprintf("%s, which is not expected among the top %d, has the same score as one that is", clip(scores[other].name), n)}
	}
	return finding{}
}

// list names the best for a sentence.
func list(names []string) string {
	const most = 10
	var out []string
	for _, name := range names[:min(len(names), most)] {
		out = append(out, clip(name))
	}
	if len(names) > most {
		out = append(out, fmt.Sprintf("… %d more", len(names)-most))
	}
	return strings.Join(out, ", ")
}

// ranking reads the scores of a classification, in any of the three forms that
// servers answer with, and whether they have labels; a finding says why they are none.
func ranking(v *value) (scores []scored, labelled bool, f finding) {
	var at path
	if v.kind == array && len(v.items) == 1 && v.items[0].kind == array { // a batch of one
		v, at = &v.items[0], path{{index: 0}}
	}
	if v.kind != array && v.kind != object || len(v.items) == 0 {
		return nil, false, finding{reason: fmt.Sprintf("%s is no classification: that is an array or an object of numbers, or an array of objects with label and score", describe(v))}
	}
	position := map[string]int{}
	for i := range v.items {
		item := &v.items[i]
		here := append(append(path{}, at...), v.step(i))
		name, score := strconv.Itoa(i), item
		if v.kind == object {
			name = v.keys[i]
		} else if item.kind == object {
			labelled = true
			var label *value
			label, score = item.member("label"), item.member("score")
			if label.kind != text && label.kind != number {
				return nil, false, finding{inside: true, path: here, reason: "expected an object with label and score, got " + describe(item)}
			}
			name, here = label.lit, append(here, step{key: "score", index: -1})
		}
		if score.kind != number {
			return nil, false, finding{inside: true, path: here, reason: fmt.Sprintf("expected a number, got %s", describe(score))}
		}
		s := scored{name, exactly(score.lit)}
		if n, ok := position[name]; ok { // a label that comes twice counts with its best score
			scores[n].score = larger(scores[n].score, s.score)
			continue
		}
		position[name] = len(scores)
		scores = append(scores, s)
	}
	return scores, labelled, finding{}
}

// member is the member of an object, or null.
func (v *value) member(key string) *value {
	if m, ok := v.get(key); ok {
		return m
	}
	return &value{}
}

// exactly is a number with every digit that is written, up to maxDigits.
func exactly(lit string) *big.Float {
	d := normal(lit)
	return d.float(uint(128 + 4*min(maxDigits, len(d.digits))))
}
