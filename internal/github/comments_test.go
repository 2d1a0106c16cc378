package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/reporting"
	fake "github.com/slipway-dev/slipway/internal/testkit/github"
)

func conversation(t *testing.T, s *fake.Server) (*Client, *PullRequest) {
	t.Helper()
	c, err := New(Options{APIURL: s.URL, Token: s.Token, RetryWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	pr, err := c.PullRequest(s.Repository, s.Number)
	if err != nil {
		t.Fatal(err)
	}
	return c, pr
}

func TestListReadsAllPages(t *testing.T) {
	for _, n := range []int{0, 31, 100, 101, 1001} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			s := fake.New(t)
			for i := range n {
				s.Add("octocat", fmt.Sprintf("comment %d", i))
			}
			_, pr := conversation(t, s)
			all, err := pr.List(t.Context())
			if err != nil || len(all) != n {
				t.Fatalf("got %d comments, %v; want %d", len(all), err, n)
			}
			if n > 0 && (all[n-1].Body != fmt.Sprintf("comment %d", n-1) || all[n-1].Author != "octocat" || all[n-1].URL == "") {
				t.Errorf("last comment: %+v", all[n-1])
			}
			if want := max(1, (n+99)/100); s.Count(http.MethodGet) != want {
				t.Errorf("%d requests, want %d", s.Count(http.MethodGet), want)
			}
		})
	}
}

// On GitHub Enterprise Server REST lies under /api/v3 and GraphQL under /api.
func TestSaveAndLogin(t *testing.T) {
	for name, s := range map[string]*fake.Server{"github.com": fake.New(t), "GHES": fake.NewEnterprise(t)} {
		t.Run(name, func(t *testing.T) {
			c, pr := conversation(t, s)
			made, err := pr.Save(t.Context(), 0, "one")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := pr.Save(t.Context(), made.ID, "two"); err != nil {
				t.Fatal(err)
			}
			if got := s.Comments(); len(got) != 1 || got[0].Body != "two" || got[0].Edits != 1 {
				t.Errorf("comments: %+v", got)
			}
			if login, err := c.Login(t.Context()); err != nil || login != made.Author {
				t.Errorf("login is %q, %v; want the author, %q", login, err, made.Author)
			}
			if err := pr.Delete(t.Context(), made.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := pr.Save(t.Context(), made.ID, "three"); !errors.Is(err, reporting.ErrGone) {
				t.Errorf("got %v, want ErrGone", err)
			}
		})
	}
}

// first answers the first n requests with h, the rest by the API.
func first(n int, h func(api http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(api http.Handler) http.Handler {
		if n > 0 {
			n--
			return h(api)
		}
		return api
	}
}

func answer(status int, header map[string]string, message string) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for k, v := range header {
				w.Header().Set(k, v)
			}
			fake.Refuse(status, message).ServeHTTP(w, r)
		})
	}
}

// lost lets the API carry the request out and breaks the connection.
func lost(api http.Handler) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		api.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	})
}

func TestRetry(t *testing.T) {
	secondary := "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
	tests := map[string]struct {
		fault    func(http.Handler) http.Handler
		create   error // what a create ends with; nil: it succeeds
		comments int   // that exist after the create
		update   error
	}{
		"502":             {answer(502, nil, "Server Error"), reporting.ErrLost, 0, nil},
		"lost":            {lost, reporting.ErrLost, 1, nil},
		"429":             {answer(429, map[string]string{"Retry-After": "0"}, "slow down"), nil, 1, nil},
		"secondary limit": {answer(403, nil, secondary), nil, 1, nil},
		"primary limit":   {answer(403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, "API rate limit exceeded"), nil, 1, nil},
		"no permission":   {answer(403, map[string]string{"X-Accepted-GitHub-Permissions": "pull_requests=write"}, "Resource not accessible by integration"), reporting.ErrForbidden, 0, reporting.ErrForbidden},
		"bad token":       {answer(401, nil, "Bad credentials"), reporting.ErrForbidden, 0, reporting.ErrForbidden},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := fake.New(t)
			_, pr := conversation(t, s)
			s.Intercept(first(1, test.fault))
			if _, err := pr.Save(t.Context(), 0, "text"); !errors.Is(err, test.create) {
				t.Errorf("create: %v, want %v", err, test.create)
			}
			if got := len(s.Comments()); got != test.comments {
				t.Errorf("%d comments, want %d", got, test.comments)
			}
			id := s.Add(s.Login, "old")
			s.Intercept(first(1, test.fault))
			if _, err := pr.Save(t.Context(), id, "new"); !errors.Is(err, test.update) {
				t.Errorf("update: %v, want %v", err, test.update)
			}
		})
	}
}

// A wait that does not fit into the time left is not begun: GitHub's answer is worth more.
func TestLongWaitIsNotBegun(t *testing.T) {
	s := fake.New(t)
	s.Intercept(answer(429, map[string]string{"Retry-After": "60"}, "slow down"))
	_, pr := conversation(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := pr.List(ctx)
	if err == nil || !strings.Contains(err.Error(), "slow down") {
		t.Errorf("got %v, want GitHub's message", err)
	}
	if len(s.Requests()) != 1 {
		t.Errorf("%d requests, want 1", len(s.Requests()))
	}
}

// The token does not follow a redirect to another host.
func TestRedirectToAnotherHost(t *testing.T) {
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked, with Authorization %q", r.Header.Get("Authorization"))
	}))
	defer thief.Close()
	s := fake.New(t)
	s.Intercept(func(http.Handler) http.Handler { return http.RedirectHandler(thief.URL, http.StatusFound) })
	_, pr := conversation(t, s)
	if _, err := pr.List(t.Context()); err == nil || !strings.Contains(err.Error(), "redirect to another host") {
		t.Errorf("got %v", err)
	}
}

func TestNewRefusesWhatIsNoURL(t *testing.T) {
	for _, url := range []string{"", "api.github.com", "https://"} {
		if _, err := New(Options{APIURL: url}); err == nil {
			t.Errorf("New with %q: no error", url)
		}
	}
	c, err := New(Options{APIURL: PublicAPI})
	if err != nil {
		t.Fatal(err)
	}
	for _, repository := range []string{"", "acme", "acme/", "a/b/c"} {
		if _, err := c.PullRequest(repository, 1); err == nil {
			t.Errorf("PullRequest of %q: no error", repository)
		}
	}
	if c.graphql != "https://api.github.com/graphql" {
		t.Errorf("GraphQL is at %s", c.graphql)
	}
}
