package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// maxPayload is GitHub's own limit for a webhook payload, in bytes
// (https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap).
const maxPayload = 25 << 20

// Parse reads what started the run from GitHub's default variables
// (https://docs.github.com/actions/reference/workflows-and-actions/variables)
// and the event payload that GITHUB_EVENT_PATH names. Outside GitHub Actions it
// returns the zero Event.
//
// Errors name the variable or the file that is wrong.
func Parse(getenv func(string) string, readFile func(string) ([]byte, error)) (Event, error) {
	name := getenv("GITHUB_EVENT_NAME")
	if name == "" {
		if getenv("GITHUB_ACTIONS") == "true" {
			return Event{}, errors.New("GITHUB_EVENT_NAME is not set, though GITHUB_ACTIONS is; pass both on, or neither")
		}
		return Event{}, nil
	}
	p, err := readPayload(getenv("GITHUB_EVENT_PATH"), readFile)
	if err != nil {
		return Event{}, err
	}
	e := Event{
		Name:          name,
		Repository:    getenv("GITHUB_REPOSITORY"),
		Ref:           getenv("GITHUB_REF"),
		Commit:        getenv("GITHUB_SHA"),
		DefaultBranch: p.Repository.DefaultBranch,
		RunID:         getenv("GITHUB_RUN_ID"),
		Prerelease:    p.Release.Prerelease,
		ServerURL:     getenv("GITHUB_SERVER_URL"),
		Workflow:      getenv("GITHUB_WORKFLOW_REF"),
	}
	if e.ServerURL == "" {
		e.ServerURL = "https://github.com"
	}
	if e.Attempt, err = attempt(getenv("GITHUB_RUN_ATTEMPT")); err != nil {
		return Event{}, err
	}
	if e.Repository != "" && e.RunID != "" {
		// The URL with the attempt keeps showing this attempt after a re-run.
		e.RunURL = fmt.Sprintf("%s/%s/actions/runs/%s/attempts/%d", e.ServerURL, e.Repository, e.RunID, e.Attempt)
	}
	if e.DefaultBranch == "" && name == "schedule" {
		// Not every schedule payload names the repository; schedules run on its default branch
		// (https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule).
		e.DefaultBranch = e.Branch()
	}
	if pr := p.PullRequest; pr != nil {
		if pr.Number <= 0 || pr.Head.SHA == "" {
			return Event{}, fmt.Errorf("event payload %s: pull_request has no number or no head.sha", getenv("GITHUB_EVENT_PATH"))
		}
		// GITHUB_SHA is the merge of head and base (pull_request) or the base
		// itself (pull_request_target); people look at the head.
		e.Commit = pr.Head.SHA
		e.PullRequest = &PullRequest{Number: pr.Number, Fork: pr.fork(), HeadRef: pr.Head.Ref, BaseRef: pr.Base.Ref, BaseCommit: pr.Base.SHA}
	} else if name == "pull_request" || name == "pull_request_target" {
		return Event{}, fmt.Errorf("event payload %s: no pull_request, though the event is %s", getenv("GITHUB_EVENT_PATH"), name)
	}
	return e, nil
}

// payload is the part of the webhook payload that we use
// (https://docs.github.com/webhooks/webhook-events-and-payloads).
type payload struct {
	Repository struct {
		DefaultBranch string `json:"default_branch"`
	} `json:"repository"`
	PullRequest *pullRequest `json:"pull_request"`
	Release     struct {
		Prerelease bool `json:"prerelease"`
	} `json:"release"`
}

type pullRequest struct {
	Number int  `json:"number"`
	Head   side `json:"head"`
	Base   side `json:"base"`
}

// side is one end of a pull request.
type side struct {
	Ref string `json:"ref"`
	SHA string `json:"sha"`
	// Repo is null when the fork was deleted after the pull request was opened.
	Repo *struct {
		ID int64 `json:"id"`
	} `json:"repo"`
}

// fork compares ids, not names: a name can be changed and taken over. What is
// not known counts as a fork, because a fork is trusted with less.
func (p *pullRequest) fork() bool {
	return p.Head.Repo == nil || p.Base.Repo == nil || p.Head.Repo.ID != p.Base.Repo.ID
}

func readPayload(path string, readFile func(string) ([]byte, error)) (payload, error) {
	if path == "" {
		return payload{}, errors.New("GITHUB_EVENT_PATH is not set, though GITHUB_EVENT_NAME is; pass both on, or neither")
	}
	body, err := readFile(path)
	if err != nil {
		return payload{}, fmt.Errorf("event payload %s: %w", path, err)
	}
	if len(body) > maxPayload {
		return payload{}, fmt.Errorf("event payload %s has %d bytes; GitHub sends at most %d", path, len(body), maxPayload)
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return payload{}, fmt.Errorf("event payload %s is not the JSON that GitHub sends: %w", path, err)
	}
	return p, nil
}

// attempt counts from 1. Runners before 2.289 do not set the variable.
func attempt(s string) (int, error) {
	if s == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("GITHUB_RUN_ATTEMPT is %q; it must be a number from 1", s)
	}
	return n, nil
}
