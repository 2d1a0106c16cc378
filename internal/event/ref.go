package event

import "strings"

// Tag is the git tag that the event is about, without refs/tags/; empty when it is about none.
func (e Event) Tag() string { return e.named("refs/tags/") }

// Branch is the branch that the event is about, without refs/heads/; empty when
// it is about none. A pull request is not about a branch of the repository, even
// when Ref names one: on pull_request_target that is the base.
func (e Event) Branch() string { return e.named("refs/heads/") }

// OnDefaultBranch is true when the event is about the default branch itself, not
// about a pull request or a merge queue that aims at it.
func (e Event) OnDefaultBranch() bool {
	return e.Branch() != "" && e.Branch() == e.DefaultBranch
}

func (e Event) named(prefix string) string {
	name, ok := strings.CutPrefix(e.Ref, prefix)
	if !ok || e.PullRequest != nil {
		return ""
	}
	return name
}
