package expect

import "regexp/syntax"

// anything is true for a pattern that is found in every text: it matches the
// empty one, at its beginning or at its end. With a bound at both sides (^$)
// or of a word it may be found in none.
func anything(re *syntax.Regexp) bool {
	empty, begin, end := hollow(re)
	return empty && !(begin && end)
}

// hollow says whether a pattern can match the empty text, and at which sides of it.
func hollow(re *syntax.Regexp) (empty, begin, end bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpStar, syntax.OpQuest:
		return true, false, false
	case syntax.OpBeginLine, syntax.OpBeginText:
		return true, true, false
	case syntax.OpEndLine, syntax.OpEndText:
		return true, false, true
	case syntax.OpCapture, syntax.OpPlus:
		return hollow(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			e, b, n := hollow(sub)
			if !e {
				return false, false, false
			}
			begin, end = begin || b, end || n
		}
		return true, begin, end
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if anything(sub) {
				return hollow(sub)
			}
		}
	}
	return false, false, false
}
