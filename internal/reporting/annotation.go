package reporting

import (
	"fmt"
	"path"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// Level is how loud an annotation is.
type Level string

// The levels that GitHub knows.
const (
	LevelError   Level = "error"
	LevelWarning Level = "warning"
)

// Annotation is a message beside a line of the code, or beside the run when it has no file.
type Annotation struct {
	Level   Level
	Title   string
	Message string
	// File is relative to the top of the repository.
	File string
	Line int // from 1; 0: not known
}

// MaxAnnotations is how many annotations of one level GitHub keeps of a step;
// the rest it drops without a word
// (https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs).
const MaxAnnotations = 10

// maxWarnings leaves room for what reporting itself has to warn of.
const maxWarnings = MaxAnnotations - 2

// annotations chooses what is worth one of the few places. modelDir is the
// model's directory, relative to the top of the repository: tests name their
// files from there, problems of the configuration from the top.
//
// What names a line comes first: it appears in the diff, where a reviewer
// looks. How the run as a whole went always has a place.
func annotations(r result.Result, modelDir string) []Annotation {
	place := func(file string) string {
		if file == "" || strings.HasPrefix(file, "-") { // a flag of the command line is no file
			return ""
		}
		return path.Join(modelDir, file)
	}
	fromTop := func(file string) string {
		if place(file) == "" {
			return ""
		}
		return path.Clean(file)
	}
	var errs, rest []Annotation
	add := func(a Annotation) {
		a.Level = LevelError
		if a.File != "" && a.Line > 0 {
			errs = append(errs, a)
		} else {
			rest = append(rest, a)
		}
	}
	for _, p := range r.Problems {
		message := p.Message
		if p.File != "" && fromTop(p.File) == "" {
			message = p.File + ": " + message
		}
		add(Annotation{Title: "configuration", Message: message, File: fromTop(p.File), Line: p.Line})
	}
	if r.Tests != nil {
		for _, f := range r.Tests.Failures {
			add(Annotation{Title: "test failed: " + f.Name, Message: orElse(f.Message, "failed without a message"), File: place(f.File), Line: f.Line})
		}
	}
	if r.Smoke != nil {
		for _, c := range r.Smoke.Cases {
			if c.Status == result.StageFailed || c.Status == result.StageErrored {
				add(Annotation{Title: "case " + string(c.Status) + ": " + c.Name, Message: orElse(c.Reason, "no reason was given")})
			}
		}
	}
	errs = append(errs, rest...)

	var run []Annotation
	if e := r.Error; e != nil && r.Status != result.Passed {
		run = append(run, Annotation{Level: LevelError, Title: r.Model + ": " + string(r.Status), Message: sentence(*e)})
	}
	if room := MaxAnnotations - len(run); len(errs) > room {
		more := len(errs) - (room - 1)
		errs = append(errs[:room-1], Annotation{Level: LevelError, Title: r.Model, Message: fmt.Sprintf("%d more like these: see the job summary", more)})
	}
	return append(append(errs, run...), warnings(r)...)
}

func warnings(r result.Result) []Annotation {
	var out []Annotation
	if r.Status == result.Passed && !r.Verified {
		out = append(out, Annotation{Level: LevelWarning, Title: r.Model + ": passed, not verified", Message: orElse(strings.Join(r.Unverified, "\n"), "no reason was given")})
	}
	for _, w := range r.Warnings {
		out = append(out, Annotation{Level: LevelWarning, Title: r.Model, Message: w})
	}
	if len(out) > maxWarnings {
		more := len(out) - (maxWarnings - 1)
		out = append(out[:maxWarnings-1], Annotation{Level: LevelWarning, Title: r.Model, Message: fmt.Sprintf("%d more warnings: see the job summary", more)})
	}
	return out
}

func sentence(e result.Error) string {
	s := e.What
	if e.Where != "" {
		s = e.Where + ": " + s
	}
	if e.Remedy != "" {
		s += "\nWhat to do: " + e.Remedy
	}
	return s
}

func orElse(s, other string) string {
	if strings.TrimSpace(s) == "" {
		return other
	}
	return s
}
