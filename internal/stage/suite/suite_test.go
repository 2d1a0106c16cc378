package suite

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// TestJudge: what a test command left behind, and what it means.
func TestJudge(t *testing.T) {
	const failing = `<testsuite><testcase name="test_a" file="tests/test_a.py" line="3"><failure message="no"/></testcase></testsuite>`
	const passing = `<testsuite><testcase name="test_a"/></testsuite>`
	for _, test := range []struct {
		name       string
		files      map[string]string
		status     result.StageStatus
		reason     string
		unverified bool
	}{
		{"passed", map[string]string{"exit.json": `{"code":0}`, "log": "", "junit.xml": passing}, result.StagePassed, "", false},
		{"no report", map[string]string{"exit.json": `{"code":0}`, "log": ""}, result.StagePassed, "", false},
		{"nothing ran", map[string]string{"exit.json": `{"code":0}`, "log": "", "junit.xml": `<testsuite/>`}, result.StagePassed, "", true},
		{"failed", map[string]string{"exit.json": `{"code":1}`, "log": "", "junit.xml": failing}, result.StageFailed, "1 test failed: test_a", false},
		{"failed, and said nothing of it", map[string]string{"exit.json": `{"code":0}`, "log": "", "junit.xml": failing}, result.StageFailed, "1 test failed: test_a", false},
		{"no tests", map[string]string{"exit.json": `{"code":5}`, "log": "no tests ran in 0.01s"}, result.StageFailed, "pytest found no tests", false},
		{"too long", map[string]string{"exit.json": `{"code":2,"signal":"SIGINT","timed_out":true,"after_ms":3000}`, "log": ""}, result.StageFailed, "did not end within 3 s", false},
		{"out of memory", map[string]string{"exit.json": `{"code":137,"signal":"SIGKILL","oom":true}`, "log": ""}, result.StageFailed, "out of memory", false},
		{"something else", map[string]string{"exit.json": `{"code":4}`, "log": "a\nusage: pytest\n"}, result.StageFailed, "exit code 4: usage: pytest", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range test.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			run := &stage.Run{Result: &result.Result{}}
			got, err := judge(run, dir)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != test.status || !strings.Contains(got.Reason, test.reason) {
				t.Errorf("%s: %q; want %s: %q", got.Status, got.Reason, test.status, test.reason)
			}
			if unverified := len(run.Result.Unverified) > 0; unverified != test.unverified {
				t.Errorf("unverified: %v", run.Result.Unverified)
			}
		})
	}
}

// TestCopyFiles: a checkout under umask 077 gives tests that every user can read.
func TestCopyFiles(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "tests")
	if err := os.WriteFile(filepath.Join(from, "test_a.py"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "run.sh"), []byte("b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("test_a.py", filepath.Join(from, "link.py")); err != nil {
		t.Fatal(err)
	}
	if err := copyFiles(from, to, []string{"test_a.py", "run.sh", "link.py"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"test_a.py": 0o644, "run.sh": 0o755} {
		info, err := os.Stat(filepath.Join(to, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
	if target, err := os.Readlink(filepath.Join(to, "link.py")); err != nil || target != "test_a.py" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
}
