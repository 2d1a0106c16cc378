//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/report"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/testkit/github"
)

// TestAct runs the action as a workflow does: act reads action.yml in a clone
// of this repository, the engine and the registry are the lab's, and only
// GitHub is a fake one.
func TestAct(t *testing.T) {
	hub := github.New(t)
	planted := hub.Add("mallory", "<!-- slipway:v1 id=iris run=1 attempt=1 sha="+strings.Repeat("0", 40)+" -->\nnot by us")
	a := newActRunner(t, hub)

	first := a.run(t, 1001)
	comment := onlyOwn(t, hub, planted)
	if comment.Edits != 0 {
		t.Errorf("the first run edited its comment %d times", comment.Edits)
	}

	second := a.run(t, 1002)
	again := onlyOwn(t, hub, planted)
	if again.ID != comment.ID || again.Edits != 1 {
		t.Errorf("after the second run: comment %d with %d edits, want %d with 1", again.ID, again.Edits, comment.ID)
	}
	if m, ok := report.ParseMarker(again.Body); !ok || m.ID != "iris" || m.Run != "1002" || m.SHA != "0123456789abcdef0123456789abcdef01234567" {
		t.Errorf("the comment's marker is %+v, which is not the second run's:\n%s", m, again.Body)
	}

	for _, got := range []actRun{first, second} {
		got.checkIris(t, a.repository)
		got.checkBroken(t)
	}
	if !first.annotated() && !second.annotated() {
		t.Errorf("broken-test: no annotation with file and line in act's log:\n%s", second.log)
	}
	if first.iris["digest"] != second.iris["digest"] {
		t.Errorf("two runs of one commit gave two digests: %s, %s", first.iris["digest"], second.iris["digest"])
	}
}

// onlyOwn gives the one comment on the pull request that is not the planted one.
func onlyOwn(t *testing.T, hub *github.Server, planted int64) github.Comment {
	t.Helper()
	comments := slices.DeleteFunc(hub.Comments(), func(c github.Comment) bool { return c.ID == planted })
	if len(comments) != 1 {
		t.Fatalf("%d comments of ours, want 1: %+v", len(comments), comments)
	}
	return comments[0]
}

// actRunner runs the workflow of testdata/act.
type actRunner struct {
	hub        *github.Server
	clone      string
	workflow   string
	event      string
	repository string
}

// actRun is what one run of the workflow left behind.
type actRun struct {
	log    string
	iris   map[string]string // outputs
	broken map[string]string
}

func newActRunner(t *testing.T, hub *github.Server) actRunner {
	t.Helper()
	a := actRunner{
		hub:        hub,
		clone:      filepath.Join(t.TempDir(), "clone"),
		workflow:   filepath.Join(root, "e2e", "testdata", "act", "workflow.yml"),
		event:      filepath.Join(root, "e2e", "testdata", "act", "event.json"),
		repository: repository(t),
	}
	// A clone: what is not committed cannot make this pass, and act copies no build output.
	if out, err := command(t, nil, "git", "clone", "--quiet", root, a.clone).CombinedOutput(); err != nil {
		t.Fatalf("cloning: %v\n%s", err, out)
	}
	return a
}

func (a actRunner) run(t *testing.T, id int) actRun {
	t.Helper()
	dir := t.TempDir()
	cmd := command(t, []string{"ACT_TEST_DIR=" + dir}, filepath.Join(root, "bin", "act"), "pull_request",
		"--directory", a.clone, "--workflows", a.workflow, "--eventpath", a.event,
		"--platform", "ubuntu-latest=-self-hosted", // on this machine, without Docker
		"--container-daemon-socket", "-", "--no-cache-server",
		"--action-cache-path", filepath.Join(dir, "cache"),
		"--secret", "GITHUB_TOKEN="+a.hub.Token,
		"--var", "REPOSITORY="+a.repository,
		"--env", "GITHUB_API_URL="+a.hub.URL,
		"--env", "GITHUB_REPOSITORY="+a.hub.Repository,
		"--env", fmt.Sprintf("GITHUB_RUN_ID=%d", id),
		"--env", "GITHUB_RUN_ATTEMPT=1",
	)
	started := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("act: %v\n%s", err, out)
	}
	t.Logf("act: run %d took %.1f s", id, time.Since(started).Seconds())
	return actRun{
		log:    string(out),
		iris:   outputs(t, filepath.Join(dir, "iris.json")),
		broken: outputs(t, filepath.Join(dir, "broken-test.json")),
	}
}

func (r actRun) checkIris(t *testing.T, repository string) {
	t.Helper()
	if got := r.iris["status"]; got != string(result.Passed) {
		t.Fatalf("iris: output status is %q\n%s", got, r.log)
	}
	if want := regexp.MustCompile(`^` + regexp.QuoteMeta(repository) + `@sha256:[0-9a-f]{64}$`); !want.MatchString(r.iris["image"]) {
		t.Errorf("iris: output image is %q", r.iris["image"])
	}
	if !strings.HasSuffix(r.iris["image"], "@"+r.iris["digest"]) {
		t.Errorf("iris: outputs image %q and digest %q differ", r.iris["image"], r.iris["digest"])
	}
	if got := r.iris["tags"]; got != "pr-7" {
		t.Errorf("iris: output tags is %q, want pr-7", got)
	}
	if got := r.iris["verified"]; got != "true" {
		t.Errorf("iris: output verified is %q", got)
	}
	if got := r.iris["comment-url"]; !strings.Contains(got, "/pull/7#issuecomment-") {
		t.Errorf("iris: output comment-url is %q", got)
	}
}

func (r actRun) checkBroken(t *testing.T) {
	t.Helper()
	if got := r.broken["status"]; got != string(result.Failed) {
		t.Errorf("broken-test: output status is %q, of %v\n%s", got, slices.Sorted(maps.Keys(r.broken)), r.log)
	}
	if got := r.broken["image"]; got != "" {
		t.Errorf("broken-test: output image is %q, though it failed", got)
	}
	// act prints each step's summary into its log.
	if summary := regexp.MustCompile(`(?m)Summary - .*broken-test`); !summary.MatchString(r.log) {
		t.Errorf("broken-test: no summary in act's log:\n%s", r.log)
	}
}

// annotated is true when the log has the failing test's annotation. act does
// not wait for the last lines of a step that ends with an error, so one log in
// many lacks it.
func (r actRun) annotated() bool {
	return regexp.MustCompile(`(?m)::error file=testdata/models/broken-test/tests/test_app\.py,line=21,.*virginica`).MatchString(r.log)
}

func outputs(t *testing.T, path string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]string
	if err := json.Unmarshal(data, &values); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return values
}
