package reporting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/report"
)

// conversation is a pull request's comments in memory. Everybody who writes is
// github-actions[bot].
type conversation struct {
	mu       sync.Mutex
	next     int64
	comments []Comment
	calls    []string
	// before is called before each call, and may answer with an error.
	before func(call string) error
	// after is called when a call was carried out, and may lose its answer.
	after func(call string) error
}

func (c *conversation) do(call string, f func()) error {
	if c.before != nil {
		if err := c.before(call); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.calls = append(c.calls, call)
	f()
	c.mu.Unlock()
	if c.after != nil {
		return c.after(call)
	}
	return nil
}

func (c *conversation) List(context.Context) (all []Comment, err error) {
	err = c.do("list", func() { all = slices.Clone(c.comments) })
	return all, err
}

func (c *conversation) Save(_ context.Context, id int64, body string) (saved Comment, err error) {
	if id == 0 {
		err = c.do("create", func() {
			c.next++
			saved = Comment{ID: c.next, Author: actionsBot, Body: body, URL: fmt.Sprintf("url-%d", c.next)}
			c.comments = append(c.comments, saved)
		})
		if err != nil {
			return Comment{}, err
		}
		return saved, nil
	}
	found := false
	err = c.do("update", func() {
		for i := range c.comments {
			if c.comments[i].ID == id {
				c.comments[i].Body, found = body, true
				saved = c.comments[i]
			}
		}
	})
	if err == nil && !found {
		err = ErrGone
	}
	return saved, err
}

func (c *conversation) Delete(_ context.Context, id int64) error {
	return c.do("delete", func() {
		c.comments = slices.DeleteFunc(c.comments, func(o Comment) bool { return o.ID == id })
	})
}

func (c *conversation) add(author, body string) {
	c.next++
	c.comments = append(c.comments, Comment{ID: c.next, Author: author, Body: body, URL: fmt.Sprintf("url-%d", c.next)})
}

func (c *conversation) Login(context.Context) (string, error) { return actionsBot, nil }

// bodies are the comments as "id: author: what the draft said".
func (c *conversation) bodies() []string {
	var out []string
	for _, comment := range c.comments {
		_, text, _ := strings.Cut(comment.Body, "\n")
		out = append(out, fmt.Sprintf("%d: %s: %s", comment.ID, comment.Author, strings.TrimSpace(text)))
	}
	return out
}

func aDraft(run string, attempt int, text string) draft {
	m := report.Marker{ID: "iris", Run: run, Attempt: attempt, SHA: strings.Repeat("a", 40)}
	return draft{marker: m, body: m.String() + "\n" + text + "\n", create: true}
}

func TestWrite(t *testing.T) {
	const bot, stranger = actionsBot, "mallory"
	old, now := aDraft("100", 1, "old"), aDraft("200", 1, "now")
	tests := map[string]struct {
		there []Comment
		draft draft
		want  []string
		calls string
	}{
		"first comment":  {nil, now, []string{"1: github-actions[bot]: now"}, "list create list"},
		"update":         {[]Comment{{Author: bot, Body: old.body}}, now, []string{"1: github-actions[bot]: now"}, "list update"},
		"identical":      {[]Comment{{Author: bot, Body: strings.ReplaceAll(now.body, "\n", "\r\n")}}, now, []string{"1: github-actions[bot]: now"}, "list"},
		"older run":      {[]Comment{{Author: bot, Body: now.body}}, aDraft("100", 1, "late"), []string{"1: github-actions[bot]: now"}, "list"},
		"older attempt":  {[]Comment{{Author: bot, Body: aDraft("200", 3, "third").body}}, now, []string{"1: github-actions[bot]: third"}, "list"},
		"re-run of old":  {[]Comment{{Author: bot, Body: now.body}}, aDraft("100", 2, "late"), []string{"1: github-actions[bot]: now"}, "list"},
		"more digits":    {[]Comment{{Author: bot, Body: aDraft("999", 1, "old").body}}, aDraft("1000", 1, "now"), []string{"1: github-actions[bot]: now"}, "list update"},
		"planted marker": {[]Comment{{Author: stranger, Body: old.body}}, now, []string{"1: mallory: old", "2: github-actions[bot]: now"}, "list create list"},
		"another id": {
			[]Comment{{Author: bot, Body: strings.Replace(old.body, "id=iris", "id=iris-2", 1)}}, now,
			[]string{"1: github-actions[bot]: old", "2: github-actions[bot]: now"}, "list create list",
		},
		"quoted marker": {
			[]Comment{{Author: bot, Body: "> " + old.body}}, now,
			[]string{"1: github-actions[bot]: old", "2: github-actions[bot]: now"}, "list create list",
		},
		"duplicates": {
			[]Comment{{Author: bot, Body: old.body}, {Author: stranger, Body: "hello\nthere"}, {Author: bot, Body: aDraft("150", 1, "copy").body}}, now,
			[]string{"1: github-actions[bot]: now", "2: mallory: there"}, "list update list delete",
		},
		"not made": {nil, draft{marker: now.marker, body: now.body}, nil, "list"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := &conversation{}
			for _, there := range test.there {
				c.add(there.Author, there.Body)
			}
			if _, err := (Commenter{c, c}).write(t.Context(), test.draft); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, c.bodies()); diff != "" {
				t.Errorf("comments (-want +got):\n%s", diff)
			}
			if got := strings.Join(c.calls, " "); got != test.calls {
				t.Errorf("calls: %s, want %s", got, test.calls)
			}
		})
	}
}

// Two runs that both find nothing both make a comment. However their calls
// interleave, one comment remains, and it is the newer run's.
func TestRace(t *testing.T) {
	for _, newerFirst := range []bool{false, true} {
		t.Run(fmt.Sprintf("newer first %v", newerFirst), func(t *testing.T) {
			c := &conversation{}
			// Nobody creates before both have looked.
			var looked sync.WaitGroup
			looked.Add(2)
			var created sync.WaitGroup
			created.Add(1)
			write := func(d draft, first bool) error {
				mine := &racer{conversation: c, before: func(call string, n int) {
					switch {
					case call == "create":
						looked.Done()
						looked.Wait()
						if !first {
							created.Wait()
						}
					case call == "list" && n == 2 && first:
						created.Done()
					}
				}}
				_, err := (Commenter{mine, c}).write(t.Context(), d)
				return err
			}
			errs := make(chan error, 2)
			go func() { errs <- write(aDraft("100", 1, "old"), !newerFirst) }()
			go func() { errs <- write(aDraft("200", 1, "new"), newerFirst) }()
			if err := errors.Join(<-errs, <-errs); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"1: github-actions[bot]: new"}, c.bodies()); diff != "" {
				t.Errorf("comments (-want +got):\n%s", diff)
			}
		})
	}
}

// racer is one run's view of a conversation: it waits where a test says.
type racer struct {
	*conversation
	lists  int
	before func(call string, n int)
}

func (r *racer) List(ctx context.Context) ([]Comment, error) {
	r.lists++
	r.before("list", r.lists)
	return r.conversation.List(ctx)
}

func (r *racer) Save(ctx context.Context, id int64, body string) (Comment, error) {
	if id == 0 {
		r.before("create", 0)
	}
	return r.conversation.Save(ctx, id, body)
}

func TestManyRunsLeaveOneComment(t *testing.T) {
	c := &conversation{}
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			if _, err := (Commenter{c, c}).write(t.Context(), aDraft(fmt.Sprint(100+n), 1, "text")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(c.comments) != 1 {
		t.Errorf("%d comments remain, want 1: %q", len(c.comments), c.bodies())
	}
}

func TestLostAnswer(t *testing.T) {
	lose := func(times int) func(string) error {
		return func(call string) error {
			if call == "create" && times > 0 {
				times--
				return ErrLost
			}
			return nil
		}
	}
	t.Run("made", func(t *testing.T) {
		c := &conversation{after: lose(1)}
		w, err := (Commenter{c, c}).write(t.Context(), aDraft("1", 1, "text"))
		if err != nil || w.url != "url-1" || len(c.comments) != 1 {
			t.Errorf("got %+v, %v and comments %q; want url-1 and one comment", w, err, c.bodies())
		}
	})
	t.Run("not made", func(t *testing.T) {
		c := &conversation{before: lose(2)}
		if _, err := (Commenter{c, c}).write(t.Context(), aDraft("1", 1, "text")); err != nil || len(c.comments) != 1 {
			t.Errorf("got %v and comments %q; want one comment", err, c.bodies())
		}
	})
	t.Run("never made", func(t *testing.T) {
		c := &conversation{before: lose(100)}
		if _, err := (Commenter{c, c}).write(t.Context(), aDraft("1", 1, "text")); !errors.Is(err, ErrLost) {
			t.Errorf("got %v, want ErrLost", err)
		}
	})
}

// The comment is deleted by a person between the look and the update.
func TestGone(t *testing.T) {
	c := &conversation{}
	c.add(actionsBot, aDraft("1", 1, "old").body)
	c.before = func(call string) error {
		if call == "update" {
			c.comments = nil
		}
		return nil
	}
	if _, err := (Commenter{c, c}).write(t.Context(), aDraft("2", 1, "new")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2: github-actions[bot]: new"}, c.bodies()); diff != "" {
		t.Errorf("comments (-want +got):\n%s", diff)
	}
}
