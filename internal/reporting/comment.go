package reporting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-dev/slipway/internal/report"
)

// actionsBot is who GITHUB_TOKEN comments as.
const actionsBot = "github-actions[bot]"

// rounds bounds how often a race with other runs is taken up again.
const rounds = 3

// Commenter keeps one comment per marker id on a pull request: made the first
// time, updated afterwards, never taken back by a run that is older than the
// one that wrote it.
//
// GitHub's API cannot compare and swap. Two runs that find no comment both
// make one, so whoever made one looks again, and the oldest of them stays.
type Commenter struct {
	Comments Comments
	Identity Identity
}

// draft is a comment as this run would have it.
type draft struct {
	marker report.Marker
	body   string
	create bool // when there is none yet
	// onChange leaves an existing comment alone when it says the same already,
	// about whichever run.
	onChange bool
}

// written says what became of a draft.
type written struct {
	url  string
	note string // for the log
}

func (c Commenter) write(ctx context.Context, d draft) (written, error) {
	for round := 1; ; round++ {
		w, err := c.try(ctx, d)
		// Somebody deleted the comment between the look and the update.
		if errors.Is(err, ErrGone) && round < rounds {
			continue
		}
		return w, err
	}
}

func (c Commenter) try(ctx context.Context, d draft) (written, error) {
	all, err := c.Comments.List(ctx)
	if err != nil {
		return written{}, fmt.Errorf("looking for the comment: %w", err)
	}
	own := c.own(ctx, all, d.marker.ID, "")
	switch {
	case len(own) > 0:
		return c.settle(ctx, d, own, own[0].Author)
	case !d.create:
		return written{note: "no comment: nothing failed, and there is no earlier comment to correct"}, nil
	}
	return c.make(ctx, d)
}

// make posts the comment, and looks again until it is known to be there once.
func (c Commenter) make(ctx context.Context, d draft) (written, error) {
	for round := 1; ; round++ {
		made, err := c.Comments.Save(ctx, 0, d.body)
		if err != nil && (!errors.Is(err, ErrLost) || round == rounds) {
			return written{}, fmt.Errorf("making the comment: %w", err)
		}
		all, listErr := c.Comments.List(ctx)
		if listErr != nil {
			if err == nil { // made, and all that is unknown is whether another run made one too
				return written{url: made.URL, note: "made the comment " + made.URL}, nil
			}
			return written{}, fmt.Errorf("looking whether the comment was made: %w", listErr)
		}
		own := c.own(ctx, all, d.marker.ID, made.Author)
		if err == nil && !slices.ContainsFunc(own, func(o ownComment) bool { return o.ID == made.ID }) {
			own = append(own, ownComment{Comment: made, marker: d.marker}) // a list that lags behind
		}
		if len(own) > 0 {
			w, err := c.settle(ctx, d, own, own[0].Author)
			if err == nil && order(own[0].marker, d.marker) == 0 {
				w.note = "made the comment " + w.url
			}
			return w, err
		}
	}
}

// settle brings the oldest of our comments up to date and removes the others.
func (c Commenter) settle(ctx context.Context, d draft, own []ownComment, author string) (written, error) {
	for round := 1; ; round++ {
		oldest := own[0]
		newest := slices.MaxFunc(own, func(a, b ownComment) int { return order(a.marker, b.marker) })
		if order(newest.marker, d.marker) > 0 {
			// The newer run brings the oldest comment up to date itself; what this run added goes.
			c.remove(ctx, own[1:], func(m report.Marker) bool { return order(m, d.marker) == 0 })
			return written{url: oldest.URL, note: fmt.Sprintf("comment left as it is: run %s (attempt %d) is newer and has reported", newest.marker.Run, newest.marker.Attempt)}, nil
		}
		w := written{url: oldest.URL}
		switch {
		case same(oldest.Body, d.body):
			w.note = "comment up to date: " + oldest.URL
		case d.onChange && state(oldest.Body) != "" && state(oldest.Body) == state(d.body):
			w.note = "comment left as it is: nothing changed since it was written, and comment is on-change"
		default:
			saved, err := c.Comments.Save(ctx, oldest.ID, d.body)
			if err != nil {
				return written{}, fmt.Errorf("updating the comment: %w", err)
			}
			w = written{url: saved.URL, note: "updated the comment " + saved.URL}
		}
		if len(own) == 1 {
			return w, nil
		}
		// Duplicates mean a race: make sure that ours is what stayed before the others go.
		all, err := c.Comments.List(ctx)
		if err != nil {
			return w, nil //nolint:nilerr // the comment is written; the next run removes the duplicate
		}
		again := c.own(ctx, all, d.marker.ID, author)
		if len(again) == 0 || round == rounds || again[0].ID == oldest.ID && order(again[0].marker, d.marker) == 0 {
			c.remove(ctx, tail(again), func(m report.Marker) bool { return order(m, d.marker) <= 0 })
			return w, nil
		}
		own = again
	}
}

func tail(own []ownComment) []ownComment { return own[min(1, len(own)):] }

// remove deletes the comments whose marker is picked. One that stays is the next run's to remove.
func (c Commenter) remove(ctx context.Context, own []ownComment, pick func(report.Marker) bool) {
	for _, o := range own {
		if pick(o.marker) {
			_ = c.Comments.Delete(ctx, o.ID)
		}
	}
}

// ownComment is a comment that carries our marker and that we wrote.
type ownComment struct {
	Comment
	marker report.Marker
}

// own picks our comments, oldest first. Anybody can type a marker, so the
// author counts as well; it is asked for only when a marker was found.
func (c Commenter) own(ctx context.Context, all []Comment, id, author string) []ownComment {
	var own []ownComment
	for _, comment := range all {
		m, ok := report.ParseMarker(comment.Body)
		if !ok || m.ID != id {
			continue
		}
		if author == "" {
			author = c.login(ctx)
		}
		if strings.EqualFold(comment.Author, author) {
			own = append(own, ownComment{comment, m})
		}
	}
	slices.SortFunc(own, func(a, b ownComment) int { return cmp.Compare(a.ID, b.ID) })
	return own
}

// login is who we are. A token that may not ask is taken for the one every job gets.
func (c Commenter) login(ctx context.Context) string {
	if login, err := c.Identity.Login(ctx); err == nil && login != "" {
		return login
	}
	return actionsBot
}

// order compares two runs by age. Run ids grow with time, and a second attempt
// of an old run keeps its id: it does not win over a newer run.
func order(a, b report.Marker) int {
	return cmp.Or(cmp.Compare(number(a.Run), number(b.Run)), cmp.Compare(a.Attempt, b.Attempt))
}

func number(run string) uint64 {
	n, _ := strconv.ParseUint(run, 10, 64) // what is no number is older than every run
	return n
}

// same says whether two bodies read the same: GitHub may change line ends and trim.
func same(a, b string) bool { return plain(a) == plain(b) }

func plain(body string) string {
	return strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
}
