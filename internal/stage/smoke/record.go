package smoke

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/record"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Recording asks every case several times and writes what came back into the
// case files, as what is expected from now on.
type Recording struct {
	Stage
	Dir    string // of the model
	Rounds int
	Force  bool // also over answers that a person wrote
	DryRun bool // only show what would be written
	// Show is where differences are printed to.
	Show io.Writer
}

// Run records, and then judges the first round against what was recorded.
func (r Recording) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	seen, err := r.Observe(ctx, run, r.Rounds)
	if err != nil {
		return stage.Outcome{}, err
	}
	p := run.Plan.Smoke
	if notStarted(seen) != "" {
		return Judge(run, seen)
	}
	proto, err := protocol.For(seen.Protocol)
	if err != nil {
		return stage.Outcome{}, err
	}
	p.Cases = asked(p.Cases, seen)
	if len(p.Cases) == 0 {
		return stage.Fail("there is no case, and nothing to make a request of", "write one: smoke/NAME.yaml with `request: {json: …}`; what is expected will be added to it")
	}
	var kept []string
	for n := range p.Cases {
		why, err := r.one(&p.Cases[n], proto, seen.Answers)
		if err != nil {
			return stage.Outcome{}, err
		}
		if why != "" {
			kept = append(kept, why)
		}
	}
	run.Result.Warnings = append(run.Result.Warnings, kept...)
	outcome, err := Judge(run, seen)
	if outcome.Remedy != "" && len(kept) > 0 {
		outcome.Remedy = "see the warnings, which say what was not recorded and why"
	}
	return outcome, err
}

// one records a case. why says what was left alone.
func (r Recording) one(c *config.Case, proto protocol.Protocol, answers []protocol.Answer) (why string, err error) {
	var rounds []expect.Answer
	for _, a := range answers {
		if a.Name != c.Name {
			continue
		}
		if a.Error != "" {
			return "", nil // judged as a case without an answer
		}
		rounds = append(rounds, Answer(proto, c.Request, a))
	}
	if len(rounds) == 0 {
		return "", nil
	}
	holds := !slices.ContainsFunc(rounds, func(a expect.Answer) bool { return !expect.Judge(c.Expect, a).Passed })
	if c.Expect.Recorded() && holds {
		return "", nil
	}
	file, content, err := r.read(*c)
	if err != nil {
		return "", err
	}
	if c.Expect.Recorded() && !r.Force && !record.Recorded(content, c.Expect) {
		return c.Name + " was left alone: a person wrote what it expects; --force replaces it", nil
	}
	p := record.Propose(c.Expect, rounds)
	if len(p.Expect.Answer) == 0 {
		return c.Name + " was not recorded: " + p.Why, nil
	}
	after, err := record.Rewrite(file, content, p.Expect)
	if err != nil {
		return "", err
	}
	c.Expect, c.From, c.File = p.Expect, "", file
	if p.Why != "" {
		why = c.Name + ": " + p.Why
	}
	_, _ = r.Show.Write(diff.Diff("a/"+file, content, "b/"+file, after))
	if r.DryRun {
		return why, nil
	}
	path := filepath.Join(r.Dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return why, err
	}
	return why, os.WriteFile(path, after, 0o644)
}

// read gives a case's file; for a request that nobody wrote down it is a new one.
func (r Recording) read(c config.Case) (file string, content []byte, err error) {
	if c.From == "" {
		content, err = os.ReadFile(filepath.Join(r.Dir, filepath.FromSlash(c.File)))
		return c.File, content, err
	}
	content, err = record.Request(c.Request, c.From)
	return "smoke/" + strings.TrimSpace(c.Name) + ".yaml", content, err
}
