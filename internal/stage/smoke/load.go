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

// ofLoad is what a reader of the measured load should know of it.
func ofLoad(seen *protocol.LoadSeen) (warnings []string) {
	if seen == nil {
		return nil
	}
	if seen.Cut {
		warnings = append(warnings, "the load was cut short: its time was over")
	}
	if len(seen.WarmupErrors) > 0 {
		warnings = append(warnings, "before the load, while the server warmed up, "+unlike(seen.WarmupErrors, seen.Warmup))
	}
	if seen.Unknown > 0 {
		warnings = append(warnings, fmt.Sprintf("%d answers under load were different from each other and not compared with what is expected", seen.Unknown))
	}
	return warnings
}

// kinds counts the errors of a load.
func kinds(l result.Load) string {
	out := unlike(l.Errors, l.Requests)
	if l.Wrong != "" {
		out += " (" + l.Wrong + ")"
	}
	return out
}

func unlike(errors map[string]int, requests int) string {
	total := 0
	var each []string
	for _, kind := range slices.Sorted(maps.Keys(errors)) {
		total += errors[kind]
		each = append(each, fmt.Sprintf("%d × %s", errors[kind], kind))
	}
	return fmt.Sprintf("%d of %d requests were not answered as when asked alone: %s", total, requests, strings.Join(each, ", "))
}
