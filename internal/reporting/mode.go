package reporting

import (
	"fmt"
	"strings"

	"github.com/slipway-dev/slipway/internal/event"
	"github.com/slipway-dev/slipway/internal/result"
)

// Mode is when a pull request gets a comment.
type Mode string

// The modes of the input comment.
const (
	Always    Mode = "always"     // every run
	OnChange  Mode = "on-change"  // when it would say something else than the comment that is there
	OnFailure Mode = "on-failure" // when a run did not pass; a later run that passes corrects it
	Off       Mode = "off"
)

// Modes are the valid modes, in the order in which they are named to a user.
var Modes = []Mode{Always, OnChange, OnFailure, Off}

// ParseMode reads a mode; the error names the choices.
func ParseMode(s string) (Mode, error) {
	names := make([]string, len(Modes))
	for i, m := range Modes {
		if strings.EqualFold(s, string(m)) {
			return m, nil
		}
		names[i] = string(m)
	}
	return "", fmt.Errorf("%q is none of %s", s, strings.Join(names, ", "))
}

// creates says whether a run with this outcome starts a comment.
func (m Mode) creates(s result.Status) bool {
	return m != OnFailure || s != result.Passed
}

// Target is the pull request to comment on, or why there is none.
type Target struct {
	Number int // 0: none
	Why    string
}

// ChooseTarget decides whether this run may comment, before anything is asked of GitHub.
func ChooseTarget(mode Mode, e event.Event, token bool) Target {
	switch {
	case mode == Off:
		return Target{Why: "comment is off"}
	case e.PullRequest == nil:
		return Target{Why: "the run was not started by a pull request"}
	case e.PullRequest.Fork && e.Name == "pull_request":
		return Target{Why: "the pull request comes from a fork, and GitHub gives its runs a read-only token; the report is in the job summary"}
	case !token:
		return Target{Why: "there is no token; give the input github-token"}
	}
	return Target{Number: e.PullRequest.Number}
}
