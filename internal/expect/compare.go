package expect

import (
	"fmt"
	"math/big"
)

// comparison walks two values side by side and remembers the first difference
// and the largest ones. It visits each value once.
type comparison struct {
	tolerance bounds
	integers  bool              // the tolerance is for integers too: the case names it
	paths     map[*value]bounds // of expected numbers that have one of their own
	subset    bool              // objects may have more members
	path      path              // where the walk is
	first     path              // where the first difference is
	reason    string            // what it is
	offset    int               // where in a string it begins
	count     int               // of differences
	maxAbs    *big.Float        // nil when no numbers were compared
	maxRel    *big.Float        // nil when none was expected not to be 0
	numbers   int               // that were compared
	off       int               // of these, how many are not as expected
	worst     struct {          // of these, the one that is furthest off
		want, got *value
		by        *big.Float
	}
}

func newComparison(t *Tolerance) *comparison {
	if t == nil {
		return &comparison{tolerance: Default.bounds()}
	}
	return &comparison{tolerance: t.bounds(), integers: true}
}

// differ counts a difference. Only the first is put into words.
func (c *comparison) differ(reason func() string) {
	c.count++
	if c.count == 1 {
		c.first = append(path{}, c.path...)
		c.reason = reason()
	}
}

func (c *comparison) compare(want, got *value) {
	switch {
	case want.kind != got.kind:
		c.differ(func() string { return fmt.Sprintf("expected %s, got %s", describe(want), describe(got)) })
	case want.kind == number:
		c.number(want, got)
	case want.kind == array:
		c.array(want, got)
	case want.kind == object:
		c.object(want, got)
	case want.lit != got.lit:
		c.differ(func() string { return c.unequal(want, got) })
	}
}

// number: an integer is exact unless the case names a tolerance; 1 and 1.0 are the same number.
func (c *comparison) number(want, got *value) {
	tolerance, named := c.paths[want]
	if !named {
		tolerance, named = c.tolerance, c.integers
	}
	exact := isInteger(want.lit) && !named
	d := measure(want.lit, got.lit, tolerance)
	c.numbers++
	c.maxAbs, c.maxRel = larger(c.maxAbs, d.abs), larger(c.maxRel, d.rel)
	if d.equal || d.within && !exact {
		return
	}
	c.off++
	if c.worst.by == nil || d.abs.Cmp(c.worst.by) > 0 {
		c.worst.want, c.worst.got, c.worst.by = want, got, d.abs
	}
	c.differ(func() string {
		hint := fmt.Sprintf("off by %s", short(d.abs))
		switch {
		case d.abs.IsInf():
			hint = "too far apart to say how far"
		case !exact:
			hint += ", allowed " + short(d.allowed)
		case d.within:
			hint += "; integers are exact unless the case names a tolerance"
		}
		return fmt.Sprintf("expected %s, got %s (%s)", clip(want.lit), clip(got.lit), hint)
	})
}

func (c *comparison) array(want, got *value) {
	if len(want.items) != len(got.items) {
		c.differ(func() string {
			return fmt.Sprintf("expected %s, got %d", plural(len(want.items), "item"), len(got.items))
		})
	}
	for i := range min(len(want.items), len(got.items)) {
		c.path = append(c.path, step{index: i})
		c.compare(&want.items[i], &got.items[i])
		c.path = c.path[:len(c.path)-1]
	}
}

func (c *comparison) object(want, got *value) {
	missing, extra := without(want, got), without(got, want)
	if c.subset {
		extra = nil
	}
	switch {
	case len(missing) > 0 && len(extra) > 0:
		c.differ(func() string {
			return fmt.Sprintf("%s missing, and %s not expected", names(missing, "is", "are"), names(extra, "was", "were"))
		})
	case len(missing) > 0:
		c.differ(func() string { return names(missing, "is", "are") + " missing" })
	case len(extra) > 0:
		c.differ(func() string { return names(extra, "was", "were") + " not expected" })
	}
	for i, key := range want.keys {
		if other, ok := got.get(key); ok {
			c.path = append(c.path, step{key: key, index: -1})
			c.compare(&want.items[i], other)
			c.path = c.path[:len(c.path)-1]
		}
	}
}

// without are the keys of a that b does not have.
func without(a, b *value) []string {
	var keys []string
	for _, key := range a.keys {
		if _, ok := b.get(key); !ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// unequal describes two scalars of one kind, for long texts the place where they part.
func (c *comparison) unequal(want, got *value) string {
	if want.kind == text {
		c.offset = common(want.lit, got.lit)
	}
	if want.kind != text || len(want.lit) < 60 && len(got.lit) < 60 {
		return fmt.Sprintf("expected %s, got %s", plain(want), plain(got))
	}
	return fmt.Sprintf("the texts differ from byte %d on: expected %s, got %s", c.offset, around(want.lit, c.offset), around(got.lit, c.offset))
}

// common is the length of what two strings begin with.
func common(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func larger(a, b *big.Float) *big.Float {
	if a == nil || b != nil && b.Cmp(a) > 0 {
		return b
	}
	return a
}
