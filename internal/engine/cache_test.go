package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCacheEnvironment(t *testing.T) {
	got := Cache{From: []string{"a/b:c", "localhost:5000/d:e"}, To: []string{"a/b:c"}}.environment()
	want := map[string]string{
		"_EXPERIMENTAL_DAGGER_CACHE_IMPORT_CONFIG": "type=registry,ref=a/b:c;type=registry,ref=localhost:5000/d:e",
		"_EXPERIMENTAL_DAGGER_CACHE_EXPORT_CONFIG": "type=registry,ref=a/b:c,mode=max",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := (Cache{}).environment(); len(got) != 0 {
		t.Errorf("without a cache: %v", got)
	}
}

// TestFailedRequest reads what an engine of 0.19.10 wrote.
func TestFailedRequest(t *testing.T) {
	const fine = `13  : cache export DONE [0.1s]
15  : Directory.stat(path: ".dockerignore"): Stat
15  : Directory.stat ERROR [0.0s]
15  : ! stat /.dockerignore: no such file or directory
17  : remotes.docker.resolver.HTTPRequest
18  : ┆ HTTP PUT
18  : ┆ HTTP PUT DONE [0.0s]
17  : remotes.docker.resolver.HTTPRequest DONE [0.0s]
`
	const fails = `18  : ┆ HTTP HEAD ERROR [0.0s]
18  : ┆ ! dial tcp 127.0.0.1:1: connect: connection refused
17  : remotes.docker.resolver.HTTPRequest ERROR [0.0s]
17  : ! dial tcp 127.0.0.1:1: connect: connection refused
`
	if got := failedRequest(fine); got != "" {
		t.Errorf("nothing failed, and it says %q", got)
	}
	if got, want := failedRequest(fine+fails), "dial tcp 127.0.0.1:1: connect: connection refused"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
