package stage

import (
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	x := strings.Repeat("x", 5<<20)
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"all", "a\nb\n\n", "a\nb"},
		{"the last three", "a\nb\nc\nd\n", "b\nc\nd"},
		{"an endless line", "a\n<" + x + ">\nc", "a\n<" + x[:lineStart-1] + " … " + x[:lineEnd-1] + ">\nc"},
		{"cut in a character", "é" + strings.Repeat("é", 4<<10), strings.Repeat("é", lineStart/2) + " … " + strings.Repeat("é", lineEnd/2)},
		{"cut beside one", "." + strings.Repeat("é", 4<<10) + ".", "." + strings.Repeat("é", lineStart/2-1) + " … " + strings.Repeat("é", lineEnd/2-1) + "."},
	} {
		if got := Tail(test.in, 3); got != test.want {
			t.Errorf("%s: %d bytes, want %d: %.60q", test.name, len(got), len(test.want), got)
		}
	}
}
