package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	fake "github.com/slipway-dev/slipway/internal/testkit/github"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"action": main, "slipway": fakeSlipway})
}

// TestScripts runs the whole action: scripts in testdata/script start it as
// the runner would, against a fake GitHub and a fake slipway.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			server := fake.New(t)
			env.Values["github"] = server
			for k, v := range map[string]string{
				"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": env.WorkDir, "GITHUB_API_URL": server.URL, "GITHUB_REPOSITORY": server.Repository,
				"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": filepath.Join(env.WorkDir, "event.json"),
				"GITHUB_RUN_ID": "200", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_REF": "refs/pull/7/merge",
				"GITHUB_SHA":    strings.Repeat("c", 40),
				"GITHUB_OUTPUT": filepath.Join(env.WorkDir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(env.WorkDir, "summary"),
				"ACTION_GITHUB_TOKEN": server.Token, "ACTION_MODEL": "iris",
			} {
				env.Setenv(k, v)
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "event.json"), []byte(pullRequest(1)), 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"event": setEvent, "seed": seed, "deny": deny, "comments": comments, "outputs": outputs, "waitfor": waitFor,
		},
	})
}

// pullRequest is the part of a pull_request event's payload that is read; head is the id of the head's repository.
func pullRequest(head int) string {
	return fmt.Sprintf(`{"repository": {"default_branch": "main"}, "pull_request": {"number": 7,
		"head": {"ref": "change", "sha": %q, "repo": {"id": %d}}, "base": {"ref": "main", "sha": %q, "repo": {"id": 1}}}}`,
		strings.Repeat("a", 40), head, strings.Repeat("b", 40))
}

func server(ts *testscript.TestScript) *fake.Server { return ts.Value("github").(*fake.Server) }

// setEvent is "event fork|push": what started the run, when not a pull request of the same repository.
func setEvent(ts *testscript.TestScript, _ bool, args []string) {
	payload := `{"repository": {"default_branch": "main"}}`
	if args[0] == "fork" {
		payload = pullRequest(2)
	} else {
		ts.Setenv("GITHUB_EVENT_NAME", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs("event.json"), []byte(payload), 0o644))
}

// seed N AUTHOR [FILE]: N comments that are there already.
func seed(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	body := "hello"
	if len(args) > 2 {
		body = ts.ReadFile(args[2])
	}
	for range n {
		server(ts).Add(args[1], body)
	}
}

// deny STATUS MESSAGE: GitHub refuses every request.
func deny(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	message := args[1]
	server(ts).Intercept(func(http.Handler) http.Handler { return fake.Refuse(status, message) })
}

// comments AUTHOR FILE: writes the author's comments to the file, and how
// often each request was made to requests.txt.
func comments(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	for _, c := range server(ts).Comments() {
		if c.Author == args[0] {
			fmt.Fprintf(&b, "=== edits: %d\n%s\n", c.Edits, c.Body)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o644))
	var counts []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		counts = append(counts, fmt.Sprintf("%s %d", method, server(ts).Count(method)))
	}
	ts.Check(os.WriteFile(ts.MkAbs("requests.txt"), []byte(strings.Join(counts, "\n")+"\n"), 0o644))
}

// outputs FILE: writes the step's outputs as name=value lines.
func outputs(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	for rest := ts.ReadFile("output"); rest != ""; {
		head, after, _ := strings.Cut(rest, "\n")
		name, delimiter, _ := strings.Cut(head, "<<")
		value, end, ok := strings.Cut("\n"+after, "\n"+delimiter+"\n")
		if !ok {
			ts.Fatalf("output %s has no end", name)
		}
		fmt.Fprintf(&b, "%s=%s\n", name, strings.TrimPrefix(value, "\n"))
		rest = end
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}

// waitfor FILE: until the file exists.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	for range 500 {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("%s did not appear within 10 s", args[0])
}

// fakeSlipway stands for the pipeline: it records how it was called, prints
// MODEL/output.txt, and leaves MODEL/result.json as the result. MODEL/then says
// how it goes on: a number to exit with, "hang" until a signal, "kill" itself.
func fakeSlipway() {
	if err := slipway(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "fake slipway:", err)
		os.Exit(99)
	}
}

func slipway(args []string) error {
	if len(args) < 5 || args[0] != "run" || args[1] != "--out" || args[len(args)-2] != "--" {
		return fmt.Errorf("called as %q", args)
	}
	model, out := args[len(args)-1], args[2]
	record := strings.Join(args, " ") + "\n" + strings.Join(os.Environ(), "\n") + "\n"
	if err := os.WriteFile(filepath.Join(model, "called.txt"), []byte(record), 0o644); err != nil {
		return err
	}
	if text, err := os.ReadFile(filepath.Join(model, "output.txt")); err == nil {
		fmt.Print(string(text))
	}
	if text, err := os.ReadFile(filepath.Join(model, "result.json")); err == nil {
		err := errors.Join(os.MkdirAll(out, 0o755), os.WriteFile(filepath.Join(out, "result.json"), text, 0o644), os.WriteFile(filepath.Join(out, "report.md"), []byte("# report\n"), 0o644))
		if err != nil {
			return err
		}
	}
	then, err := os.ReadFile(filepath.Join(model, "then"))
	if err != nil {
		return err
	}
	return carryOn(strings.TrimSpace(string(then)), model)
}
