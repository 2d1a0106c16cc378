package expect

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	complaint "github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// nowhere loads no schema: what is expected stands in the case, and a verdict
// is the same on any machine. The drafts of json-schema.org come with the library.
type nowhere struct{}

func (nowhere) Load(string) (any, error) {
	return nil, errors.New("nothing is loaded: put it under $defs in the schema")
}

func prepareSchema(e Expectation) (*matcher, []Mistake) {
	if len(e.Schema) == 0 {
		return nil, nil
	}
	v, mistakes := document("schema", e.Schema)
	if mistakes != nil {
		return nil, mistakes
	}
	if first, _ := infinite(v); first != nil {
		return nil, mistake("schema", "%s is no JSON number that others can read", clip(first.lit))
	}
	const url = "case:///schema"
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	if err := c.AddResource(url, v.tree()); err != nil {
		return nil, mistake("schema", "%v", err)
	}
	schema, err := c.Compile(url)
	if err != nil {
		return nil, mistake("schema", "%s", badSchema(v, err))
	}
	return &matcher{expected: show(v, nil, 0), judge: func(got *value) finding { return validate(schema, got) }}, nil
}

// badSchema says what is wrong with a schema, by its path.
func badSchema(v *value, err error) string {
	var load *jsonschema.LoadURLError
	var invalid *jsonschema.SchemaValidationError
	var verr *jsonschema.ValidationError
	switch {
	case errors.As(err, &load):
		return fmt.Sprintf("%s cannot be loaded: %v", clip(load.URL), load.Err)
	case errors.As(err, &invalid) && errors.As(invalid.Err, &verr):
		at, words := first(v, verr)
		return fmt.Sprintf("is no JSON schema: %s: %s", clip(at.String()), words)
	}
	return clip(strings.ReplaceAll(err.Error(), "case:///schema", ""))
}

func validate(schema *jsonschema.Schema, got *value) finding {
	if odd, _ := oddity(got); odd != nil {
		return finding{inside: true, path: pathTo(got, odd), reason: describe(odd) + ", so no schema describes it"}
	}
	if got.depth() > maxNesting {
		return finding{reason: fmt.Sprintf("the answer is nested more than %d deep, too deep for a schema", maxNesting)}
	}
	var verr *jsonschema.ValidationError
	if err := schema.Validate(got.tree()); !errors.As(err, &verr) {
		return finding{}
	}
	at, words := first(got, verr)
	return finding{inside: true, path: at, reason: words + " (schema)", got: show(got, at, 0)}
}

// first is the first of a schema's complaints, by where it is in v.
func first(v *value, verr *jsonschema.ValidationError) (path, string) {
	var best *jsonschema.ValidationError
	var order []int
	var visit func(e *jsonschema.ValidationError)
	visit = func(e *jsonschema.ValidationError) {
		if len(e.Causes) > 0 && !alternatives(e.ErrorKind) {
			for _, cause := range e.Causes {
				visit(cause)
			}
			return
		}
		if _, at := v.pointed(e.InstanceLocation); best == nil || slices.Compare(at, order) < 0 {
			best, order = e, at
		}
	}
	visit(verr)
	at, _ := v.pointed(best.InstanceLocation)
	return at, words(v, best)
}

func alternatives(k jsonschema.ErrorKind) bool {
	switch k.(type) {
	case *complaint.AnyOf, *complaint.OneOf:
		return true
	}
	return false
}

// english is how the library words what is not worded here.
var english = message.NewPrinter(language.English)

func words(v *value, e *jsonschema.ValidationError) string {
	at := v
	for _, token := range e.InstanceLocation {
		at = at.child(token)
	}
	bound := func(what string, want *big.Rat) string {
		x, _ := want.Float64()
		return fmt.Sprintf("%s %s %s", clip(at.lit), what, strconv.FormatFloat(x, 'g', -1, 64))
	}
	switch k := e.ErrorKind.(type) {
	case *complaint.Type:
		return fmt.Sprintf("expected type %s, got %s", strings.Join(k.Want, " or "), describe(at))
	case *complaint.Required:
		return names(k.Missing, "is", "are") + " missing"
	case *complaint.AdditionalProperties:
		slices.Sort(k.Properties)
		return names(k.Properties, "is", "are") + " not allowed"
	case *complaint.Minimum:
		return bound("is below the minimum", k.Want)
	case *complaint.Maximum:
		return bound("is above the maximum", k.Want)
	case *complaint.ExclusiveMinimum:
		return bound("is not above", k.Want)
	case *complaint.ExclusiveMaximum:
		return bound("is not below", k.Want)
	case *complaint.MultipleOf:
		return bound("is no multiple of", k.Want)
	case *complaint.FalseSchema:
		return "nothing is allowed here"
	case *complaint.AnyOf, *complaint.OneOf:
		if len(e.Causes) > 0 {
			return fmt.Sprintf("fits none of %s; the closest says: %s", plural(len(e.Causes), "alternative"), closest(v, e))
		}
	}
	return clip(e.ErrorKind.LocalizedString(english))
}

// closest is the complaint of the alternative that got furthest into v.
func closest(v *value, e *jsonschema.ValidationError) string {
	deepest, said := -1, ""
	for _, cause := range e.Causes {
		at, why := first(v, cause)
		if len(at) <= deepest {
			continue
		}
		deepest, said = len(at), why
		if len(at) > len(e.InstanceLocation) {
			said = clip(at.String()) + ": " + why
		}
	}
	return said
}

// child is the item or member that a token of a JSON pointer names; v itself when there is none.
func (v *value) child(token string) *value {
	if v.kind == object {
		if m, ok := v.get(token); ok {
			return m
		}
	}
	if i, err := strconv.Atoi(token); v.kind == array && err == nil && i >= 0 && i < len(v.items) {
		return &v.items[i]
	}
	return v
}

// pointed is the path that the tokens of a JSON pointer mean, and the positions it goes by.
func (v *value) pointed(tokens []string) (path, []int) {
	var at path
	var order []int
	for _, token := range tokens {
		i, ok := v.index[token]
		if !ok {
			i, _ = strconv.Atoi(token)
		}
		if i >= len(v.items) {
			break
		}
		at, order = append(at, v.step(i)), append(order, i)
		v = &v.items[i]
	}
	return at, order
}

// oddity is the first number that JSON does not have.
func oddity(v *value) (*value, bool) {
	if v.kind == nonFinite || v.kind == binary {
		return v, true
	}
	for i := range v.items {
		if odd, ok := oddity(&v.items[i]); ok {
			return odd, true
		}
	}
	return nil, false
}
