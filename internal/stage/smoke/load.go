package smoke

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
)

// underLoad judges the answers that came only under load: a server that mixes
// requests up answers each of them well when it is asked alone.
func underLoad(record *result.Load, cases []config.Case, proto protocol.Protocol, seen *protocol.LoadSeen) {
	if record == nil || seen == nil {
		return
	}
	for _, other := range seen.Others {
		n := slices.IndexFunc(cases, func(c config.Case) bool { return c.Name == other.Name })
		if n < 0 || !other.For(cases[n].Request) {
			continue // judged again, with other cases
		}
		e := cases[n].Expect
		e.MaxLatencyMS = 0 // how long it takes under load has budgets of its own
		v := expect.Judge(e, Answer(proto, cases[n].Request, other.Answer))
		if v.Passed {
			continue
		}
		if record.Errors == nil {
			record.Errors = map[string]int{}
		}
		record.Errors["another answer than expected"] += other.Count
		record.Answered -= other.Count
		if record.Wrong == "" {
			record.Wrong = other.Name + ": " + v.Reason
		}
	}
}

// kinds counts the errors of a load.
func kinds(l result.Load) string {
	total := 0
	var each []string
	for _, kind := range slices.Sorted(maps.Keys(l.Errors)) {
		total += l.Errors[kind]
		each = append(each, fmt.Sprintf("%d × %s", l.Errors[kind], kind))
	}
	out := fmt.Sprintf("%d of %d requests were not answered as when asked alone: %s", total, l.Requests, strings.Join(each, ", "))
	if l.Wrong != "" {
		out += " (" + l.Wrong + ")"
	}
	return out
}
