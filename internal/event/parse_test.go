package event

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	githubSHA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                        // of every run below
	headSHA   = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"                        // of the recorded pull request
	baseSHA   = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"                        // likewise
	runURL    = "https://github.com/octo/models/actions/runs/12345678/attempts/2" // likewise
)

// environment is what a runner sets, for an event with a reference.
func environment(name, ref string) map[string]string {
	return map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": "/event.json", "GITHUB_REF": ref, "GITHUB_SHA": githubSHA,
		"GITHUB_REPOSITORY": "octo/models", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "12345678", "GITHUB_RUN_ATTEMPT": "2",
	}
}

func parse(env map[string]string, payload []byte) (Event, error) {
	return Parse(func(k string) string { return env[k] }, func(path string) ([]byte, error) {
		if path != "/event.json" || payload == nil {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		return payload, nil
	})
}

func recorded(t testing.TB, name string) []byte {
	t.Helper()
	payload, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// changed is a payload with one member set to another value; path is dotted.
func changed(t *testing.T, payload []byte, path string, value any) []byte {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal(payload, &whole); err != nil {
		t.Fatal(err)
	}
	at, keys := whole, strings.Split(path, ".")
	for _, key := range keys[:len(keys)-1] {
		at = at[key].(map[string]any)
	}
	at[keys[len(keys)-1]] = value
	out, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestParse(t *testing.T) {
	pull := recorded(t, "pull_request")
	tests := []struct {
		title, name, ref string
		payload          []byte
		want             Event // what all have in common is added below
		tag, branch      string
		onDefault        bool
	}{
		{
			title: "pull request", name: "pull_request", ref: "refs/pull/2/merge", payload: pull,
			want: Event{Commit: headSHA, DefaultBranch: "master", PullRequest: &PullRequest{Number: 2, HeadRef: "changes", BaseRef: "master", BaseCommit: baseSHA}},
		}, {
			title: "pull request of a fork", name: "pull_request", ref: "refs/pull/2/merge",
			payload: changed(t, pull, "pull_request.head.repo.id", 42),
			want:    Event{Commit: headSHA, DefaultBranch: "master", PullRequest: &PullRequest{Number: 2, Fork: true, HeadRef: "changes", BaseRef: "master", BaseCommit: baseSHA}},
		}, {
			title: "pull request of a fork that was deleted", name: "pull_request", ref: "refs/pull/2/merge",
			payload: changed(t, pull, "pull_request.head.repo", nil),
			want:    Event{Commit: headSHA, DefaultBranch: "master", PullRequest: &PullRequest{Number: 2, Fork: true, HeadRef: "changes", BaseRef: "master", BaseCommit: baseSHA}},
		}, {
			title: "pull request from a fork with the base's name", name: "pull_request", ref: "refs/pull/2/merge",
			payload: changed(t, changed(t, pull, "pull_request.head.repo.id", 42), "pull_request.head.repo.fork", false),
			want:    Event{Commit: headSHA, DefaultBranch: "master", PullRequest: &PullRequest{Number: 2, Fork: true, HeadRef: "changes", BaseRef: "master", BaseCommit: baseSHA}},
		}, {
			title: "pull request of Dependabot", name: "pull_request", ref: "refs/pull/2/merge",
			payload: changed(t, changed(t, pull, "pull_request.user.login", "dependabot[bot]"), "pull_request.head.ref", "dependabot/pip/numpy-2.0"),
			want:    Event{Commit: headSHA, DefaultBranch: "master", PullRequest: &PullRequest{Number: 2, HeadRef: "dependabot/pip/numpy-2.0", BaseRef: "master", BaseCommit: baseSHA}},
		}, {
			title: "pull request target: the reference is the base's", name: "pull_request_target", ref: "refs/heads/master", payload: pull,
			want: Event{Commit: headSHA, DefaultBranch: "master", PullRequest: &PullRequest{Number: 2, HeadRef: "changes", BaseRef: "master", BaseCommit: baseSHA}},
		}, {
			title: "push of a branch", name: "push", ref: "refs/heads/master", payload: recorded(t, "push_branch"),
			want: Event{Commit: githubSHA, DefaultBranch: "master"}, branch: "master", onDefault: true,
		}, {
			title: "push of another branch", name: "push", ref: "refs/heads/feature/a", payload: recorded(t, "push_branch"),
			want: Event{Commit: githubSHA, DefaultBranch: "master"}, branch: "feature/a",
		}, {
			title: "push of a tag", name: "push", ref: "refs/tags/v1.2.3", payload: recorded(t, "push_tag"),
			want: Event{Commit: githubSHA, DefaultBranch: "master"}, tag: "v1.2.3",
		}, {
			title: "by hand", name: "workflow_dispatch", ref: "refs/heads/main", payload: recorded(t, "workflow_dispatch"),
			want: Event{Commit: githubSHA, DefaultBranch: "main"}, branch: "main", onDefault: true,
		}, {
			title: "schedule, whose payload may not name the repository", name: "schedule", ref: "refs/heads/main", payload: recorded(t, "schedule"),
			want: Event{Commit: githubSHA, DefaultBranch: "main"}, branch: "main", onDefault: true,
		}, {
			title: "merge queue", name: "merge_group", ref: "refs/heads/gh-readonly-queue/main/pr-104-929f8209d40f77f4abc622a499c93a83babdbe64", payload: recorded(t, "merge_group"),
			want: Event{Commit: githubSHA, DefaultBranch: "main"}, branch: "gh-readonly-queue/main/pr-104-929f8209d40f77f4abc622a499c93a83babdbe64",
		}, {
			title: "release", name: "release", ref: "refs/tags/0.0.1", payload: recorded(t, "release"),
			want: Event{Commit: githubSHA, DefaultBranch: "master"}, tag: "0.0.1",
		}, {
			title: "pre-release", name: "release", ref: "refs/tags/0.0.1", payload: changed(t, recorded(t, "release"), "release.prerelease", true),
			want: Event{Commit: githubSHA, DefaultBranch: "master", Prerelease: true}, tag: "0.0.1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.title, func(t *testing.T) {
			got, err := parse(environment(tt.name, tt.ref), tt.payload)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			want.Name, want.Ref, want.Repository, want.ServerURL = tt.name, tt.ref, "octo/models", "https://github.com"
			want.RunID, want.Attempt, want.RunURL = "12345678", 2, runURL
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
			if got.Tag() != tt.tag || got.Branch() != tt.branch || got.OnDefaultBranch() != tt.onDefault {
				t.Errorf("tag %q, branch %q, on the default branch %v; want %q, %q, %v",
					got.Tag(), got.Branch(), got.OnDefaultBranch(), tt.tag, tt.branch, tt.onDefault)
			}
		})
	}
}

func TestLaptop(t *testing.T) {
	// Codespaces sets some of GitHub's variables without there being a run.
	for _, env := range []map[string]string{{}, {"GITHUB_REPOSITORY": "octo/models", "GITHUB_SERVER_URL": "https://github.com"}} {
		got, err := parse(env, nil)
		if err != nil || got != (Event{}) {
			t.Errorf("Parse gave %+v, %v; want the zero event", got, err)
		}
		if got.OnDefaultBranch() {
			t.Error("a run on a laptop is on no default branch")
		}
	}
}

func TestDefaults(t *testing.T) {
	env := environment("push", "refs/heads/master")
	delete(env, "GITHUB_SERVER_URL")
	delete(env, "GITHUB_RUN_ATTEMPT")
	got, err := parse(env, recorded(t, "push_branch"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://github.com/octo/models/actions/runs/12345678/attempts/1"; got.RunURL != want {
		t.Errorf("run URL %q, want %q", got.RunURL, want)
	}
}

func TestErrors(t *testing.T) {
	pull := recorded(t, "pull_request")
	set := func(key, value string) map[string]string {
		env := environment("pull_request", "refs/pull/2/merge")
		env[key] = value
		return env
	}
	standard := set("GITHUB_ACTIONS", "true")
	tests := []struct {
		title   string
		env     map[string]string
		payload []byte
		want    string // part of the error
	}{
		{"no file", standard, nil, "/event.json"},
		{"empty", standard, []byte{}, "/event.json"},
		{"not JSON", standard, []byte("<html>"), "/event.json"},
		{"JSON of another shape", standard, []byte(`{"pull_request": 7}`), "/event.json"},
		{"too big", standard, bytes.Repeat([]byte(" "), maxPayload+1), "/event.json has 26214401 bytes"},
		{"no pull request", standard, []byte("{}"), "no pull_request"},
		{"no commit", standard, changed(t, pull, "pull_request.head.sha", ""), "head.sha"},
		{"no number", standard, changed(t, pull, "pull_request.number", 0), "number"},
		{"no path", set("GITHUB_EVENT_PATH", ""), pull, "GITHUB_EVENT_PATH"},
		{"no name", set("GITHUB_EVENT_NAME", ""), pull, "GITHUB_EVENT_NAME"},
		{"attempt is no number", set("GITHUB_RUN_ATTEMPT", "two"), pull, `"two"`},
		{"attempt before the first", set("GITHUB_RUN_ATTEMPT", "0"), pull, `"0"`},
	}
	for _, tt := range tests {
		t.Run(tt.title, func(t *testing.T) {
			got, err := parse(tt.env, tt.payload)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if got != (Event{}) {
				t.Errorf("an error came with %+v", got)
			}
		})
	}
}

// FuzzParse: whatever the payload is, a pull request that is accepted can be reported on.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"pull_request", "push_branch", "schedule", "merge_group"} {
		f.Add("pull_request", recorded(f, name))
	}
	f.Add("push", []byte(`{"repository": null, "pull_request": {"number": 1, "head": {"sha": "x", "repo": null}}}`))
	f.Fuzz(func(t *testing.T, name string, payload []byte) {
		e, err := parse(environment(name, "refs/heads/main"), payload)
		if err != nil {
			return
		}
		if name == "pull_request" && e.PullRequest == nil {
			t.Error("a pull_request event without a pull request")
		}
		if pr := e.PullRequest; pr != nil && (pr.Number < 1 || e.Commit == "") {
			t.Errorf("cannot be reported on: %+v", e)
		}
	})
}
