package engine

import (
	"slices"
	"testing"
)

func TestLiteral(t *testing.T) {
	got := literal("tests/test_app.py", "tests/test_[x].py", "!x.py", `a\b*.py`)
	want := []string{"tests/test_app.py", "tests/test_?x?.py", "?x.py", "a?b?.py"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
