// Package github is a fake GitHub for tests: a server on loopback that answers
// as the REST API does for the comments of a pull request, with paging, and as
// GraphQL does for the viewer. It is strict: a request that the real one would
// refuse, or that it does not know, fails the test.
package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// Comment is one comment on the fake's only pull request.
type Comment struct {
	ID     int64
	Author string
	Body   string
	Edits  int
}

// Request is one request that the fake was sent.
type Request struct {
	Method string
	Path   string
}

// Server is the fake.
type Server struct {
	// URL is the base of the REST API, as in GITHUB_API_URL.
	URL string
	// Repository and Number are the one pull request that exists.
	Repository string
	Number     int
	// Token is the only one that is accepted, Login whose it is.
	Token string
	Login string

	t         testing.TB
	mu        sync.Mutex
	next      int64
	comments  []Comment
	requests  []Request
	intercept func(api http.Handler) http.Handler
}

// New starts a fake for acme/models#7 that accepts the token "test-token" as
// GITHUB_TOKEN's. It stops with the test.
func New(t testing.TB) *Server { return start(t, "") }

// NewEnterprise starts a fake that answers below /api/v3, as GitHub Enterprise Server does.
func NewEnterprise(t testing.TB) *Server { return start(t, "/api/v3") }

func start(t testing.TB, prefix string) *Server {
	s := &Server{Repository: "acme/models", Number: 7, Token: "test-token", Login: "github-actions[bot]", t: t, next: 1001}
	api := s.api(prefix)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, Request{r.Method, r.URL.RequestURI()})
		handler := api
		if s.intercept != nil {
			handler = s.intercept(api)
		}
		s.mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.URL = server.URL + prefix
	return s
}

// Intercept puts a handler before the API, for each request anew: it may answer
// by itself, break the connection, or let the API answer and throw the answer away.
func (s *Server) Intercept(f func(api http.Handler) http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

// Add puts a comment there, as if author had written it, and gives its id.
func (s *Server) Add(author, body string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(author, body).ID
}

func (s *Server) add(author, body string) Comment {
	c := Comment{ID: s.next, Author: author, Body: body}
	s.next++
	s.comments = append(s.comments, c)
	return c
}

// Comments are all comments, oldest first.
func (s *Server) Comments() []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.comments)
}

// Requests are all requests so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Count is the number of requests so far with this method.
func (s *Server) Count(method string) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Method == method {
			n++
		}
	}
	return n
}

var (
	ofIssue   = regexp.MustCompile(`^/repos/([^/]+/[^/]+)/issues/(\d+)/comments$`)
	ofComment = regexp.MustCompile(`^/repos/([^/]+/[^/]+)/issues/comments/(\d+)$`)
)

func (s *Server) api(prefix string) http.Handler {
	graphql := strings.TrimSuffix(prefix, "/v3") + "/graphql"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.check(w, r) {
			return
		}
		path := strings.TrimPrefix(r.URL.Path, prefix)
		issue, comment := ofIssue.FindStringSubmatch(path), ofComment.FindStringSubmatch(path)
		switch {
		case r.URL.Path == graphql && r.Method == http.MethodPost:
			s.viewer(w, r)
		case issue != nil && issue[1] == s.Repository && issue[2] == strconv.Itoa(s.Number) && r.Method == http.MethodGet:
			s.list(w, r)
		case issue != nil && issue[1] == s.Repository && issue[2] == strconv.Itoa(s.Number) && r.Method == http.MethodPost:
			s.create(w, r)
		case comment != nil && comment[1] == s.Repository && (r.Method == http.MethodPatch || r.Method == http.MethodDelete):
			s.change(w, r, comment[2])
		default:
			s.t.Errorf("fake GitHub: no such endpoint: %s %s", r.Method, r.URL.Path)
			refuse(w, http.StatusNotFound, "Not Found")
		}
	})
}

// check holds every request to what GitHub asks of all
// (https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api).
func (s *Server) check(w http.ResponseWriter, r *http.Request) bool {
	if agent := r.Header.Get("User-Agent"); agent == "" || strings.HasPrefix(agent, "Go-http-client") {
		s.t.Errorf("fake GitHub: %s %s: no User-Agent of its own", r.Method, r.URL.Path)
	}
	if accept := r.Header.Get("Accept"); !strings.HasPrefix(accept, "application/vnd.github") {
		s.t.Errorf("fake GitHub: %s %s: Accept is %q", r.Method, r.URL.Path, accept)
	}
	if r.Header.Get("Authorization") != "Bearer "+s.Token {
		refuse(w, http.StatusUnauthorized, "Bad credentials")
		return false
	}
	return true
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	size, page := number(query, "per_page", 30), number(query, "page", 1)
	if size > 100 {
		s.t.Errorf("fake GitHub: per_page is %d, of at most 100", size)
	}
	pages := max(1, (len(s.comments)+size-1)/size)
	if page < pages {
		link := *r.URL
		link.Scheme, link.Host = "http", r.Host
		to := func(n int) string {
			query.Set("page", strconv.Itoa(n))
			link.RawQuery = query.Encode()
			return link.String()
		}
		w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next", <%s>; rel="last"`, to(page+1), to(pages)))
	}
	from := min((page-1)*size, len(s.comments))
	answer := []any{}
	for _, c := range s.comments[from:min(from+size, len(s.comments))] {
		answer = append(answer, s.render(c))
	}
	write(w, http.StatusOK, answer)
}

func (s *Server) create(w http.ResponseWriter, r *http.Request) {
	if body, ok := s.body(w, r); ok {
		write(w, http.StatusCreated, s.render(s.add(s.Login, body)))
	}
}

func (s *Server) change(w http.ResponseWriter, r *http.Request, id string) {
	i := slices.IndexFunc(s.comments, func(c Comment) bool { return strconv.FormatInt(c.ID, 10) == id })
	switch {
	case i < 0:
		refuse(w, http.StatusNotFound, "Not Found")
	case s.comments[i].Author != s.Login:
		s.t.Errorf("fake GitHub: %s of a comment by %s", r.Method, s.comments[i].Author)
		refuse(w, http.StatusForbidden, "Resource not accessible by integration")
	case r.Method == http.MethodDelete:
		s.comments = slices.Delete(s.comments, i, i+1)
		w.WriteHeader(http.StatusNoContent)
	default:
		if body, ok := s.body(w, r); ok {
			s.comments[i].Body = body
			s.comments[i].Edits++
			write(w, http.StatusOK, s.render(s.comments[i]))
		}
	}
}

// body reads {"body": …}, which must be all there is.
func (s *Server) body(w http.ResponseWriter, r *http.Request) (string, bool) {
	var in struct {
		Body *string `json:"body"`
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil || in.Body == nil || *in.Body == "" {
		s.t.Errorf("fake GitHub: %s %s: not a comment's body: %v", r.Method, r.URL.Path, err)
		refuse(w, http.StatusUnprocessableEntity, "Validation Failed")
		return "", false
	}
	if utf8.RuneCountInString(*in.Body) > 65536 {
		refuse(w, http.StatusUnprocessableEntity, "Body is too long (maximum is 65536 characters)")
		return "", false
	}
	return *in.Body, true
}

func (s *Server) viewer(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Query string `json:"query"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || strings.Join(strings.Fields(in.Query), " ") != "query { viewer { login } }" {
		s.t.Errorf("fake GitHub: GraphQL query not known: %q, %v", in.Query, err)
	}
	write(w, http.StatusOK, map[string]any{"data": map[string]any{"viewer": map[string]any{"login": s.Login}}})
}

func (s *Server) render(c Comment) map[string]any {
	kind := "User"
	if strings.HasSuffix(c.Author, "[bot]") {
		kind = "Bot"
	}
	return map[string]any{
		"id": c.ID, "body": c.Body,
		"user":     map[string]any{"login": c.Author, "type": kind},
		"html_url": fmt.Sprintf("https://github.com/%s/pull/%d#issuecomment-%d", s.Repository, s.Number, c.ID),
	}
}

func number(query url.Values, key string, otherwise int) int {
	if n, err := strconv.Atoi(query.Get(key)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: its test will say so
}

func refuse(w http.ResponseWriter, status int, message string) {
	write(w, status, map[string]any{"message": message, "documentation_url": "https://docs.github.com/rest"})
}

// Refuse gives a handler that answers with GitHub's form of an error.
func Refuse(status int, message string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { refuse(w, status, message) })
}
