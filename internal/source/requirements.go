package source

import (
	"bufio"
	"bytes"
	"regexp"

	"github.com/slipway-dev/slipway/internal/result"
)

// elsewhere matches lines of a requirements file that take something from
// another file (https://pip.pypa.io/en/stable/reference/requirements-file-format/).
var elsewhere = regexp.MustCompile(`^\s*(-r|-c|-e|--requirement|--constraint|--editable)\b|^\s*(/|\.{1,2}(/|\s|$))`)

// Requirements finds what a requirements file of an image may not hold. The
// file alone decides what is installed: it is what the dependency layer is
// looked up by, and all that is there when it is made.
func Requirements(file string, data []byte) []result.Problem {
	var problems []result.Problem
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if m := elsewhere.FindIndex(lines.Bytes()); m != nil {
			problems = append(problems, result.Problem{File: file, Line: n, Column: 1,
				Message: "takes packages from other files, and this file alone must say what is installed: `uv pip compile` writes all into one; the model's own code is not installed, it lies in /app"})
		}
	}
	if err := lines.Err(); err != nil {
		problems = append(problems, result.Problem{File: file, Message: "is not a text of lines: " + err.Error()})
	}
	return problems
}
