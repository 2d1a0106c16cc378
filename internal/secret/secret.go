// Package secret holds what a run is told in confidence: the values, which do
// not print themselves, and what takes them out of everything that leaves the
// process.
package secret

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// Secret is a value that nothing prints or stores. It goes into a container as
// a secret of the engine, and nowhere else.
type Secret struct {
	// Env is the variable of slipway's environment that it came from; it
	// tells secrets apart and is no secret itself.
	Env   string
	value string
}

// New gives a value the form in which it may be passed on.
func New(env, value string) Secret { return Secret{env, value} }

// Reveal is the value, for whom it is meant.
func (s Secret) Reveal() string { return s.value }

// String and the two below keep the value out of messages, logs and JSON.
func (s Secret) String() string { return removed }

// Format is String for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, removed) }

// MarshalJSON writes that there is one.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + removed + `"`), nil }

// MinLength is how long a value must be, in bytes: a shorter one is a part of
// ordinary text by chance, and taking it out would ruin that.
const MinLength = 6

// Set holds the secrets of a run by the variable that each came from.
type Set map[string]string

// Get returns a secret of the set.
func (s Set) Get(env string) Secret { return Secret{env, s[env]} }

// Scrubber takes all of them out.
func (s Set) Scrubber() Scrubber {
	return NewScrubber(slices.Collect(maps.Values(s))...)
}
