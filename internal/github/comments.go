package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/slipway-dev/slipway/internal/reporting"
)

// PullRequest is the conversation of one pull request. GitHub keeps it with
// the issue of the same number
// (https://docs.github.com/en/rest/issues/comments).
type PullRequest struct {
	client      *Client
	owner, name string
	number      int
}

// PullRequest names a pull request of repository, which is "owner/name".
func (c *Client) PullRequest(repository string, number int) (*PullRequest, error) {
	owner, name, ok := strings.Cut(repository, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("GITHUB_REPOSITORY is %q: expected owner/name", repository)
	}
	return &PullRequest{client: c, owner: owner, name: name, number: number}, nil
}

// List implements reporting.Comments.
func (p *PullRequest) List(ctx context.Context) ([]reporting.Comment, error) {
	var all []reporting.Comment
	opts := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: 100}}
	for {
		page, resp, err := p.client.api.Issues.ListComments(ctx, p.owner, p.name, p.number, opts)
		if err != nil {
			return nil, explain(err)
		}
		for _, c := range page {
			all = append(all, comment(c))
		}
		if resp.NextPage == 0 {
			return all, nil
		}
		opts.Page = resp.NextPage
	}
}

// Save implements reporting.Comments.
func (p *PullRequest) Save(ctx context.Context, id int64, body string) (reporting.Comment, error) {
	if id == 0 {
		c, _, err := p.client.api.Issues.CreateComment(onlyOnce(ctx), p.owner, p.name, p.number, &github.IssueComment{Body: &body})
		if err != nil {
			if unanswered(err) {
				return reporting.Comment{}, fmt.Errorf("%w: %w", reporting.ErrLost, err)
			}
			return reporting.Comment{}, explain(err)
		}
		return comment(c), nil
	}
	c, _, err := p.client.api.Issues.EditComment(ctx, p.owner, p.name, id, &github.IssueComment{Body: &body})
	if err != nil {
		return reporting.Comment{}, gone(explain(err))
	}
	return comment(c), nil
}

// Delete implements reporting.Comments.
func (p *PullRequest) Delete(ctx context.Context, id int64) error {
	if _, err := p.client.api.Issues.DeleteComment(ctx, p.owner, p.name, id); err != nil {
		return gone(explain(err))
	}
	return nil
}

// Login implements reporting.Identity. The REST API's /user refuses the tokens
// of apps, GITHUB_TOKEN among them; GraphQL's viewer answers for every kind.
func (c *Client) Login(ctx context.Context) (string, error) {
	query := map[string]string{"query": "query { viewer { login } }"}
	req, err := c.api.NewRequest(http.MethodPost, c.graphql, query)
	if err != nil {
		return "", err
	}
	var answer struct {
		Data struct{ Viewer struct{ Login string } }
	}
	if _, err := c.api.Do(ctx, req, &answer); err != nil {
		return "", fmt.Errorf("asking whose the token is: %w", explain(err))
	}
	return answer.Data.Viewer.Login, nil
}

func comment(c *github.IssueComment) reporting.Comment {
	return reporting.Comment{ID: c.GetID(), Author: c.GetUser().GetLogin(), Body: c.GetBody(), URL: c.GetHTMLURL()}
}

// unanswered says whether a call may have been carried out although it failed.
func unanswered(err error) bool {
	var answer *github.ErrorResponse
	var limit *github.RateLimitError
	var abuse *github.AbuseRateLimitError
	switch {
	case errors.As(err, &answer):
		return answer.Response.StatusCode >= 500
	case errors.As(err, &limit), errors.As(err, &abuse):
		return false
	}
	return true // no answer at all
}

// explain puts the errors that reporting answers differently into its words.
func explain(err error) error {
	var answer *github.ErrorResponse
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.Response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		if limited(answer.Response) {
			return err
		}
		if needs := answer.Response.Header.Get("X-Accepted-GitHub-Permissions"); needs != "" {
			return fmt.Errorf("%w (%w; GitHub asks for %s)", reporting.ErrForbidden, err, needs)
		}
		return fmt.Errorf("%w (%w)", reporting.ErrForbidden, err)
	}
	return err
}

// gone reads 404 as "no such comment", which it means only where a comment was named.
func gone(err error) error {
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && (answer.Response.StatusCode == http.StatusNotFound || answer.Response.StatusCode == http.StatusGone) {
		return fmt.Errorf("%w (%w)", reporting.ErrGone, err)
	}
	return err
}
