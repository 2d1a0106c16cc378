package smoke

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/client"
	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// note says what green does not cover, and what its reader should know.
func note(run *stage.Run, cases []config.Case, seen protocol.Observations) {
	res := run.Result
	switch {
	case slices.ContainsFunc(cases, confirms):
	case slices.ContainsFunc(cases, func(c config.Case) bool { return c.Expect.Recorded() }):
		res.Unverified = append(res.Unverified, "the only recorded answers are refusals: no prediction was compared with a recorded one")
	case len(cases) == 1 && cases[0].From != "":
		res.Unverified = append(res.Unverified, "no answer was recorded: the request is from "+cases[0].From+", and its answer was checked for status, shape and finite numbers only")
	case len(cases) == 0:
		res.Unverified = append(res.Unverified, nothingToAsk(seen)+": the server was not asked for a prediction")
	default:
		res.Unverified = append(res.Unverified, "no answer was recorded to compare a prediction with")
	}
	if run.Plan.Smoke.Network == protocol.NetworkNone && seen.Network != protocol.NetworkNone {
		res.Unverified = append(res.Unverified, "the network was to be closed and could not be: "+seen.NetworkWhy)
	}
	for _, b := range res.Smoke.Budgets {
		if b.Status == result.StageSkipped {
			res.Unverified = append(res.Unverified, fmt.Sprintf("the budget for %s: %s", b.Name, b.Reason))
		}
	}
	res.Warnings = append(res.Warnings, ofLoad(seen.Load)...)
	if slices.ContainsFunc(seen.Answers, func(a protocol.Answer) bool { return a.Truncated && len(a.Body) < client.BodyBytes }) {
		res.Warnings = append(res.Warnings, fmt.Sprintf("the answers together have more bytes than are kept (%d MiB): what came after them can be compared by sha256 only", client.AllBodies>>20))
	}
	var early []string
	for _, c := range seen.Connections {
		if c.BeforeReady {
			early = append(early, c.Address)
		}
	}
	if len(early) > 0 {
		res.Warnings = append(res.Warnings, "the server connected to "+strings.Join(early, ", ")+" while it started: what it loads from there is not in the image; `smoke: {network: none}` finds out whether it starts without")
	}
	if seen.Killed {
		res.Warnings = append(res.Warnings, "the server did not stop on SIGTERM and was killed: whoever stops its container will wait, and requests under way are lost")
	}
}

// nothingToAsk says why there was no request.
func nothingToAsk(seen protocol.Observations) string {
	if seen.NoExample == "" {
		return "there is no case, and nothing to make a request of"
	}
	return "there is no case, and no request could be made up (" + seen.NoExample + ")"
}

// confirms is true for a case that holds a prediction against a recorded one:
// that a bad request is refused says nothing about the model.
func confirms(c config.Case) bool {
	refusal := c.Expect.Status != nil && (*c.Expect.Status < 200 || *c.Expect.Status > 299)
	failure := c.Expect.Exit != nil && *c.Expect.Exit != 0
	wrong := expect.ErrorBody(c.Expect.Answer) || expect.ErrorBody(c.Expect.Subset)
	return c.Expect.Recorded() && !refusal && !failure && !wrong
}

// withoutGPU is the end for a model that needs more GPUs than there are: nothing is wrong with it, and nothing is known of it.
func withoutGPU(run *stage.Run, there int) (stage.Outcome, error) {
	why := fmt.Sprintf("the model needs %s (smoke.requires), and the engine's machine has %d", gpus(run.Plan.Smoke.GPUs), there)
	run.Result.Unverified = append(run.Result.Unverified, "the server was not asked for a prediction: "+why)
	return stage.Skip("%s", why)
}

func gpus(n int) string {
	if n == 1 {
		return "1 GPU"
	}
	return fmt.Sprintf("%d GPUs", n)
}

// markTested notes that the image of this platform was really run.
func markTested(run *stage.Run) {
	if run.Result.Image == nil {
		return
	}
	for n := range run.Result.Image.Platforms {
		if run.Result.Image.Platforms[n].Platform == run.Image.Platform {
			run.Result.Image.Platforms[n].Tested = true
		}
	}
}
