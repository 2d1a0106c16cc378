package report

import (
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// logs are the ends of what was printed, folded away.
var logs = []section{
	{"End of training's output", trainingLog},
	{"End of the tests' output", testLog},
	{"End of the server's output", serverLog},
}

func testLog(r result.Result, d detail) string {
	if r.Tests == nil {
		return ""
	}
	return logTail(r.Tests.Log, d)
}

func serverLog(r result.Result, d detail) string {
	if r.Smoke == nil {
		return ""
	}
	return logTail(r.Smoke.Log, d)
}

func logTail(log string, d detail) string {
	if strings.TrimSpace(clean(log)) == "" || d.lines == 0 {
		return ""
	}
	return fence(tail(log, d.lines), d)
}
