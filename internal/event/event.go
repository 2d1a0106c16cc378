// Package event says what a run was started by: a pull request, a push, a
// person at a terminal. It reads GitHub's environment and event payload into
// values; it asks nobody.
package event

// Event is what started a run. Its zero value is a run on a laptop.
type Event struct {
	Name       string // "pull_request", "push", …; empty on a laptop
	Repository string // "owner/name"
	// Ref is the full git reference of the run ("refs/heads/main", "refs/pull/7/merge").
	Ref string
	// Commit is the commit to report on: on a pull request the head's, not GitHub's merge commit.
	Commit string
	// DefaultBranch is the repository's, without refs/heads/.
	DefaultBranch string
	PullRequest   *PullRequest
	// Prerelease is true for a release that its author marked as one.
	Prerelease bool
	RunID      string
	Attempt    int
	RunURL     string
	ServerURL  string
	// Workflow is the workflow's file and the ref it was taken from: "owner/name/.github/workflows/ship.yml@refs/heads/main".
	Workflow string
}

// PullRequest is the pull request an event belongs to.
type PullRequest struct {
	Number int
	// Fork is true when the head is in another repository: no secrets, read-only token.
	Fork    bool
	HeadRef string // branch name
	BaseRef string
	// BaseCommit is the commit of the base that the head is checked against:
	// GitHub checks out a merge of both, which is nobody's commit.
	BaseCommit string
}
