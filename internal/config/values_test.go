package config_test

import (
	"testing"

	"github.com/slipway-dev/slipway/internal/config"
)

func TestCheckDestination(t *testing.T) {
	for _, test := range []struct{ to, want string }{
		{"ghcr.io/acme/iris", ""},
		{"localhost:5000/iris", ""},
		{"127.0.0.1:5000/a/b/c", ""},
		{"acme/iris", ""},
		{"oci:/anywhere", ""},
		{"oci:", "oci: names no directory: write it like oci:dist/iris/image"},
		{"iris:1", `"iris:1" names a tag: write the repository alone, and its tags apart (publish.tags)`},
		{"ghcr.io/a/b@sha256:0", `"ghcr.io/a/b@sha256:0" names a digest, which is what publishing finds out: write the repository alone`},
		{"ghcr.io/A/b", `"ghcr.io/A/b" is no repository: a repository has no upper-case letters; write it like ghcr.io/acme/iris`},
		{"https://ghcr.io/a/b", `"https://ghcr.io/a/b" is no repository: it begins with a scheme; write it like ghcr.io/acme/iris`},
		{"ghcr.io/a b", `"ghcr.io/a b" is no repository: it holds a space; write it like ghcr.io/acme/iris`},
		{"", `"" is no repository; write it like ghcr.io/acme/iris`},
		{"ghcr.io/a//b", `"ghcr.io/a//b" is no repository; write it like ghcr.io/acme/iris`},
		{"ghcr.io/-a/b", `"ghcr.io/-a/b" is no repository; write it like ghcr.io/acme/iris`},
		{"ghcr.io/a/b/", `"ghcr.io/a/b/" is no repository; write it like ghcr.io/acme/iris`},
		{"ghcr.io", ""}, // Docker Hub's library/ghcr.io, odd but a name
	} {
		got := ""
		if err := config.CheckDestination(test.to); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%q: got %q, want %q", test.to, got, test.want)
		}
	}
}
