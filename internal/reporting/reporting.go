package reporting

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/slipway-dev/slipway/internal/report"
	"github.com/slipway-dev/slipway/internal/result"
)

// Reporter tells GitHub about one run.
type Reporter struct {
	Commands Commands
	// Commenter writes to the pull request of Target; nil when Target is none.
	Commenter *Commenter
	Target    Target
	Mode      Mode
	// CommentID tells this comment from those of other models; empty: the model's name.
	CommentID string
	// ModelDir is the model's directory, relative to the top of the repository.
	ModelDir string
	Files    Files
	Log      io.Writer
}

// Report does what can be done. What cannot becomes a warning: a report that
// fails says nothing about the model. Local and quick things come first, as a
// runner that cancels leaves little time; ctx bounds the rest.
func (r Reporter) Report(ctx context.Context, res result.Result) {
	for _, a := range annotations(res, r.ModelDir) {
		r.Commands.Annotate(a)
	}
	if err := setOutputs(r.Commands, res, r.Files); err != nil {
		r.warn("the step's outputs could not be set", err)
	}
	if err := r.Commands.AppendSummary(report.Summary(res)); err != nil {
		r.warn("the job summary could not be written", err)
	}
	url, err := r.comment(ctx, res)
	if err != nil {
		r.warn("the comment could not be written", err)
	}
	if err := r.Commands.SetOutput(commentURL, url); err != nil {
		r.warn("the output comment-url could not be set", err)
	}
}

func (r Reporter) comment(ctx context.Context, res result.Result) (string, error) {
	if r.Commenter == nil || r.Target.Number == 0 {
		r.logf("no comment: %s", r.Target.Why)
		return "", nil
	}
	id := r.CommentID
	if id == "" {
		id = res.Model
	}
	m := report.Marker{ID: id, Run: res.Run.ID, Attempt: res.Run.Attempt, SHA: res.Commit}
	if _, ok := report.ParseMarker(m.String()); !ok {
		// Without it the next run would not find this comment, and make another.
		return "", fmt.Errorf("run %q and commit %q do not make a marker; GITHUB_RUN_ID and the event's head commit are needed", m.Run, m.SHA)
	}
	w, err := r.Commenter.write(ctx, draft{
		marker:   m,
		body:     withState(report.Comment(res, m), res),
		create:   r.Mode.creates(res.Status),
		onChange: r.Mode == OnChange,
	})
	if err != nil {
		return "", err
	}
	r.logf("%s", w.note)
	return w.url, nil
}

// permissions is what a user pastes; contents is named because a job with a
// permissions block of its own loses every right that the block does not name.
const permissions = `permissions:
  contents: read
  pull-requests: write`

func (r Reporter) warn(what string, err error) {
	message := fmt.Sprintf("%s: %v. The run's outcome stands.", what, err)
	if errors.Is(err, ErrForbidden) {
		message += "\nIf the token lacks the right, give it to the job in the workflow (runs from forks and of Dependabot never have it; their report is in the job summary):\n" + permissions
	}
	r.Commands.Annotate(Annotation{Level: LevelWarning, Title: "slipway: report", Message: message})
}

func (r Reporter) logf(format string, args ...any) {
	fmt.Fprintf(r.Log, "slipway: "+format+"\n", args...)
}
