package engine

import "testing"

// TestFailedOutput reads a log as dagger 0.19.10 wrote it.
func TestFailedOutput(t *testing.T) {
	const log = `10  : ┆ [1/2] FROM docker.io/library/node:18-slim CACHED [0.0s]
11  : ┆ [2/2] RUN node -e "process.exit(3)"
14  : Directory.stat ERROR [0.0s]
14  : ! stat /Dockerfile.dockerignore: no such file or directory
11  : ┆ [1.4s] | 42000126
11  : ┆ [1.5s] | and more
12  : [0.1s] | of another step
11  : ┆ [2/2] RUN node -e "process.exit(3)" ERROR [2.2s]
11  : ┆ ! process did not complete successfully: exit code: 3
9   : Directory.dockerBuild ERROR [2.2s]
`
	if got, want := failedOutput(log), "42000126\nand more"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := failedOutput("9   : Directory.dockerBuild ERROR [2.2s]\n"); got != "" {
		t.Errorf("of a step that printed nothing: %q", got)
	}
}
