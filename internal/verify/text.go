package verify

import (
	"fmt"
	"strings"
	"unicode"
)

// Text tells a person. What is told comes from the registry: nothing in it
// moves the cursor or begins a line of its own.
func (v Verification) Text() string {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "  %-11s %s\n", name, plain(value)) }
	mark := "✅ verified"
	if !v.Verified {
		mark = "❌ not verified"
	}
	fmt.Fprintf(&b, "%s: %s\n\n", mark, plain(v.Image))
	for _, p := range v.Problems {
		line("problem", p)
	}
	for _, d := range v.Documents {
		line(d.Kind, d.Trust+"  "+d.Digest)
	}
	s := v.Said
	if s == nil {
		return b.String()
	}
	commit := s.Commit
	switch {
	case commit == "":
		commit = "not known: it was built outside of a repository"
	case s.Source != "":
		commit += " of " + s.Source
	}
	if s.Changed {
		commit += ", with changes that are not in it"
	}
	b.WriteByte('\n')
	line("commit", commit)
	for _, base := range s.Base {
		line("base", base)
	}
	for _, l := range s.Lock {
		line("locked by", l)
	}
	line("built by", s.Builder)
	if s.Run != "" {
		line("run", s.Run)
	}
	return b.String()
}

// plain is a text without control characters.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '?'
		}
		return r
	}, text)
}
