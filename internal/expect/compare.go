package expect

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// comparison walks two values side by side and remembers the first difference
// and the largest ones. It visits each value once.
type comparison struct {
	tolerance *Tolerance // nil: the case names none
	path      path       // where the walk is
	first     path       // where the first difference is
	reason    string     // what it is
	offset    int        // where in a string it begins
	count     int        // of differences
	maxAbs    *big.Float // nil when no numbers were compared
	maxRel    *big.Float // nil when none was expected not to be 0
}

func (c *comparison) differ(format string, args ...any) {
	c.count++
	if c.count == 1 {
		c.first = append(path{}, c.path...)
		c.reason = fmt.Sprintf(format, args...)
	}
}

func (c *comparison) compare(want, got *value) {
	switch {
	case want.kind != got.kind:
		c.differ("expected %s, got %s", describe(want), describe(got))
	case want.kind == number:
		c.number(want.lit, got.lit)
	case want.kind == array:
		c.array(want, got)
	case want.kind == object:
		c.object(want, got)
	case want.lit != got.lit:
		if c.count == 0 && want.kind == text {
			c.offset = common(want.lit, got.lit)
		}
		c.differ("%s", c.unequal(want, got))
	}
}

// number: an integer is exact unless the case names a tolerance; 1 and 1.0 are the same number.
func (c *comparison) number(want, got string) {
	tol, exact := Default, isInteger(want)
	if c.tolerance != nil {
		tol, exact = *c.tolerance, false
	}
	d := measure(want, got, tol)
	c.maxAbs, c.maxRel = larger(c.maxAbs, d.abs), larger(c.maxRel, d.rel)
	if d.equal {
		return
	}
	switch {
	case exact:
		c.differ("expected %s, got %s (off by %s; integers are exact unless the case names a tolerance)", clip(want), clip(got), short(d.abs))
	case !d.within():
		c.differ("expected %s, got %s (off by %s, allowed %s)", clip(want), clip(got), short(d.abs), short(d.allowed))
	}
}

func (c *comparison) array(want, got *value) {
	if len(want.items) != len(got.items) {
		c.differ("expected %s, got %d", plural(len(want.items), "item"), len(got.items))
	}
	for i := range min(len(want.items), len(got.items)) {
		c.path = append(c.path, step{index: i})
		c.compare(&want.items[i], &got.items[i])
		c.path = c.path[:len(c.path)-1]
	}
}

func (c *comparison) object(want, got *value) {
	var missing, extra []string
	for _, key := range want.keys {
		if _, ok := got.get(key); !ok {
			missing = append(missing, key)
		}
	}
	for _, key := range got.keys {
		if _, ok := want.get(key); !ok {
			extra = append(extra, key)
		}
	}
	switch {
	case len(missing) > 0 && len(extra) > 0:
		c.differ("%s missing, and %s not expected", names(missing, "is", "are"), names(extra, "was", "were"))
	case len(missing) > 0:
		c.differ("%s missing", names(missing, "is", "are"))
	case len(extra) > 0:
		c.differ("%s not expected", names(extra, "was", "were"))
	}
	for i, key := range want.keys {
		if other, ok := got.get(key); ok {
			c.path = append(c.path, step{key: key, index: -1})
			c.compare(&want.items[i], other)
			c.path = c.path[:len(c.path)-1]
		}
	}
}

func (c *comparison) unequal(want, got *value) string {
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

// step is an array index, or an object key when index is negative.
type step struct {
	key   string
	index int
}

type path []step

// String is the path as a JSONPath, https://www.rfc-editor.org/rfc/rfc9535.
func (p path) String() string {
	out := []byte("$")
	for _, s := range p {
		switch {
		case s.index >= 0:
			out = append(out, '[')
			out = strconv.AppendInt(out, int64(s.index), 10)
			out = append(out, ']')
		case isName(s.key):
			out = append(append(out, '.'), s.key...)
		default:
			out = append(out, "['"...)
			out = append(out, strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s.key)...)
			out = append(out, "']"...)
		}
	}
	return string(out)
}

func isName(key string) bool {
	for i, c := range key {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return key != ""
}
