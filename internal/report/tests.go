package report

import (
	"strconv"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// failedTests lists the tests that failed, each with its place and message.
func failedTests(r result.Result, d detail) string {
	if r.Tests == nil || d.items == 0 {
		return ""
	}
	var blocks []string
	for i, f := range r.Tests.Failures {
		if i >= d.items {
			blocks = append(blocks, more(i, len(r.Tests.Failures)))
			break
		}
		line := "❌ " + code(f.Name, d.runes)
		if at := place(f.File, f.Line, 0); at != "" {
			line += " at " + code(at, d.runes)
		}
		blocks = append(blocks, line)
		if strings.TrimSpace(f.Message) != "" {
			blocks = append(blocks, fence(tail(f.Message, d.lines), d))
		}
	}
	return strings.TrimSuffix(join(blocks), "\n")
}

// place is file:line:column as far as it is known, the form that editors and terminals understand.
func place(file string, line, column int) string {
	if file == "" || line <= 0 {
		return file
	}
	at := file + ":" + strconv.Itoa(line)
	if column > 0 {
		at += ":" + strconv.Itoa(column)
	}
	return at
}
