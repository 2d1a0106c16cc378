// Package reporting decides what GitHub is told about a run, and where: job
// summary, annotations, outputs and the one comment on the pull request. It
// holds the policy; package github carries it out through the ports below.
//
// Nothing here changes the outcome of a run: what cannot be reported becomes a
// warning in the log.
package reporting

import (
	"context"
	"errors"
)

// Comment is one comment of a pull request.
type Comment struct {
	ID int64
	// Author is the login as the REST API spells it: "octocat", "github-actions[bot]".
	Author string
	Body   string
	URL    string
}

// Comments are the comments of one pull request.
type Comments interface {
	// List gives all of them, on however many pages they lie.
	List(ctx context.Context) ([]Comment, error)
	// Save writes body into the comment with this id, or into a new one when id is 0.
	Save(ctx context.Context, id int64, body string) (Comment, error)
	Delete(ctx context.Context, id int64) error
}

// Identity knows whose token we hold.
type Identity interface {
	// Login is the login that comments made with the token carry.
	Login(ctx context.Context) (string, error)
}

// Commands is what a step can tell the runner that executes it.
type Commands interface {
	Annotate(a Annotation)
	SetOutput(name, value string) error
	// AppendSummary adds Markdown to the job summary.
	AppendSummary(markdown string) error
}

// The ways in which a comment can fail that the policy answers differently;
// implementations of Comments wrap them.
var (
	// ErrForbidden: the token may not do this (status 401 or 403, rate limits excepted).
	ErrForbidden = errors.New("the token may not write this comment")
	// ErrLost: a new comment was sent, and whether GitHub made it is not known.
	ErrLost = errors.New("the answer to a new comment was lost")
	// ErrGone: the comment does not exist (any more).
	ErrGone = errors.New("the comment is gone")
)
