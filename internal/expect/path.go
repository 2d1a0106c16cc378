package expect

import (
	"slices"
	"strconv"
	"strings"
)

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

// pathTo is the path from root to target, which is in it.
func pathTo(root, target *value) path {
	p := wayBack(root, target)
	slices.Reverse(p)
	return p
}

// wayBack is the path from target up to root, nil when target is not in root.
func wayBack(root, target *value) path {
	if root == target {
		return path{}
	}
	for i := range root.items {
		if p := wayBack(&root.items[i], target); p != nil {
			return append(p, root.step(i))
		}
	}
	return nil
}

// find is the first value of a kind in v, or nil.
func (v *value) find(k kind) *value {
	if v.kind == k {
		return v
	}
	for i := range v.items {
		if found := v.items[i].find(k); found != nil {
			return found
		}
	}
	return nil
}

// step leads to an item.
func (v *value) step(i int) step {
	if v.kind == object {
		return step{key: v.keys[i], index: -1}
	}
	return step{index: i}
}
