package expect

import "encoding/json"

// tree is the value as libraries for JSONPath and JSON schema take it. They
// compare numbers only with what a path or a schema says; numbers that are
// compared with an answer stay as they are.
func (v *value) tree() any {
	switch v.kind {
	case array:
		items := make([]any, len(v.items))
		for i := range v.items {
			items[i] = v.items[i].tree()
		}
		return items
	case object:
		members := make(map[string]any, len(v.items))
		for i, key := range v.keys {
			members[key] = v.items[i].tree()
		}
		return members
	case number:
		return json.Number(bounded(v.lit))
	case boolean:
		return v.lit == "true"
	case null:
		return nil
	default:
		return v.lit
	}
}

// depth is how deep arrays and objects are nested in v.
func (v *value) depth() int {
	deepest := 0
	for i := range v.items {
		deepest = max(deepest, 1+v.items[i].depth())
	}
	return deepest
}
