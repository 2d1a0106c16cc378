package github

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/reporting"
)

func none(string) string { return "" }

func TestAnnotate(t *testing.T) {
	tests := map[string]struct {
		a    reporting.Annotation
		want string
	}{
		"at a line":    {reporting.Annotation{Level: reporting.LevelError, Title: "test failed: a, b", Message: "1\n2", File: "models/a:b.py", Line: 3}, "::error file=models/a%3Ab.py,line=3,title=test failed%3A a%2C b::1%0A2\n"},
		"without line": {reporting.Annotation{Level: reporting.LevelWarning, Message: "100%"}, "::warning::100%25\n"},
		"injection":    {reporting.Annotation{Level: reporting.LevelError, Title: "x\n::error::y", Message: "m\r\n::set-output name=a::b"}, "::error title=x %3A%3Aerror%3A%3Ay::m%0D%0A::set-output name=a::b\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			NewCommands(&out, none).Annotate(test.a)
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnnotateStaysWithinGitHubsLimits(t *testing.T) {
	var out bytes.Buffer
	c := NewCommands(&out, none)
	for i := range 12 {
		c.Annotate(reporting.Annotation{Level: reporting.LevelError, Title: fmt.Sprintf("title %d", i), Message: strings.Repeat("é", 5000)})
	}
	c.Annotate(reporting.Annotation{Level: reporting.LevelWarning, Message: "a warning has a budget of its own"})
	if n := strings.Count(out.String(), "::error title="); n != reporting.MaxAnnotations {
		t.Errorf("%d errors, want %d", n, reporting.MaxAnnotations)
	}
	if !strings.Contains(out.String(), "::group::error: title 11\n::endgroup::\n") || !strings.Contains(out.String(), "::warning::") {
		t.Errorf("what is over the limit is not shown, or a warning is missing")
	}
	line, _, _ := strings.Cut(out.String(), "\n")
	if message := strings.TrimPrefix(line, "::error title=title 0::"); len([]rune(message)) != maxMessage {
		t.Errorf("the message has %d characters, want %d", len([]rune(message)), maxMessage)
	}
}

func TestMask(t *testing.T) {
	var out bytes.Buffer
	c := NewCommands(&out, none)
	c.Mask("")
	c.MaskLogin("user", "")
	if out.Len() > 0 {
		t.Errorf("nothing to hide, but: %s", out.String())
	}
	c.MaskLogin("user", "p%ss\nword")
	want := "::add-mask::p%25ss%0Aword\n::add-mask::p%25ss\n::add-mask::word\n::add-mask::p%2525ss%250Aword\n::add-mask::cCVzcwp3b3Jk\n::add-mask::dXNlcjpwJXNzCndvcmQ=\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// readOutputs reads a GITHUB_OUTPUT file as the runner does
// (https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs).
func readOutputs(t *testing.T, text string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for text != "" {
		head, rest, _ := strings.Cut(text, "\n")
		name, delimiter, ok := strings.Cut(head, "<<")
		if !ok {
			t.Fatalf("neither name=value nor name<<delimiter: %q", head)
		}
		value, rest, ok := strings.Cut("\n"+rest, "\n"+delimiter+"\n")
		if !ok {
			t.Fatalf("no line %q ends %s", delimiter, name)
		}
		out[name] = strings.TrimPrefix(value, "\n")
		text = rest
	}
	return out
}

func TestSetOutputCannotBeForged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "output")
	c := NewCommands(&bytes.Buffer{}, func(name string) string { return map[string]string{"GITHUB_OUTPUT": path}[name] })
	values := map[string]string{
		"plain": "x", "empty": "", "lines": "a\nb\n",
		"library":  "x\n_GitHubActionsFileCommandDelimeter_\nimage<<_GitHubActionsFileCommandDelimeter_\nforged",
		"toolkit":  "x\nghadelimiter_0\nimage=forged",
		"ownstyle": "x\nslipway_00000000000000000000000000000000\nimage=forged",
	}
	for name, value := range values {
		if err := c.SetOutput(name, value); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(values, readOutputs(t, string(text))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := c.SetOutput("a\nb", ""); err == nil {
		t.Error("a name of two lines was taken")
	}
}

// By hand, outside of a runner, no file is named.
func TestNoRunner(t *testing.T) {
	c := NewCommands(&bytes.Buffer{}, none)
	if err := c.SetOutput("a", "b"); err != nil {
		t.Error(err)
	}
	if err := c.AppendSummary("text"); err != nil {
		t.Error(err)
	}
}

func TestAppendSummary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "summary")
	c := NewCommands(&bytes.Buffer{}, func(name string) string { return map[string]string{"GITHUB_STEP_SUMMARY": path}[name] })
	for _, s := range []string{"# one", "two\n\n"} {
		if err := c.AppendSummary(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.AppendSummary(strings.Repeat("x", maxSummary-5)); err == nil {
		t.Error("a summary over GitHub's limit was taken")
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != "# one\ntwo\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestForeign(t *testing.T) {
	const input = "plain\n::group::test\n::error::forged\n##[error]forged\r\n  ::add-mask::e\nprogress\r::warning::x\n::endgroup::\n::group::a\r::error::b\nlast, without a line end"
	const want = `::stop-commands::TOKEN
plain
::TOKEN::
::group::test
::stop-commands::TOKEN
::error::forged
##[error]forged
  ::add-mask::e
progress
::warning::x
::TOKEN::
::endgroup::
::stop-commands::TOKEN
::group::a
::error::b
last, without a line end
::TOKEN::
`
	for _, size := range []int{1, 7, len(input)} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			var out bytes.Buffer
			f := NewForeign(&out)
			for rest := input; rest != ""; {
				n := min(size, len(rest))
				if _, err := f.Write([]byte(rest[:n])); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			tokens := regexp.MustCompile(`[0-9a-f]{32}`)
			if diff := cmp.Diff(want, tokens.ReplaceAllString(out.String(), "TOKEN")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			seen := map[string]int{}
			for _, token := range tokens.FindAllString(out.String(), -1) {
				seen[token]++
			}
			if len(seen) != 3 {
				t.Errorf("%d tokens for 3 windows: one that was printed before could be forged", len(seen))
			}
		})
	}
}
