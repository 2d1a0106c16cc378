package stage

import "strings"

// LastLine is the last line of a command's output that says anything: where most tools put what went wrong.
func LastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// lineStart and lineEnd are how much of an endless line is kept, in bytes:
// what it is about, and more of where a log puts what was raised.
const lineStart, lineEnd = 1 << 10, 3 << 10

// Tail is the end of a command's output, n lines at most, each of a few kilobytes at most.
func Tail(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	for i, l := range lines {
		if len(l) > lineStart+lineEnd {
			lines[i] = strings.ToValidUTF8(l[:lineStart], "") + " … " + strings.ToValidUTF8(l[len(l)-lineEnd:], "")
		}
	}
	return strings.Join(lines, "\n")
}
