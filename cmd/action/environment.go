package main

import (
	"slices"
	"strings"
)

// allowed are the variables that the pipeline gets from the step's environment;
// a name that ends in * stands for every name that begins so. Everything else
// stays here: GITHUB_TOKEN, the OIDC and cache tokens of the runner
// (ACTIONS_*), the files that set outputs, and whatever secrets a workflow put
// into the environment of the job.
var allowed = []string{
	// the machine
	"PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_*", "TZ", "TERM", "NO_COLOR", "XDG_*",
	// the event and the repository: what package event reads, and that this is a CI log
	"CI", "GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_REF", "GITHUB_SHA", "GITHUB_REPOSITORY", "GITHUB_WORKFLOW_REF",
	"GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_SERVER_URL", "GITHUB_WORKSPACE", "RUNNER_TEMP",
	// registries: the logins of docker/login-action
	"DOCKER_CONFIG", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY",
	// who vouches for what is published
	"SLIPWAY_SIGNING_KEY",
	// the network
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "HF_ENDPOINT",
	// the engine
	"_EXPERIMENTAL_DAGGER_*", "DAGGER_SESSION_*", "DO_NOT_TRACK",
	// a pipeline that was built from source builds its probe from source
	"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOROOT", "GOTOOLCHAIN",
}

// environment picks the allowed variables and the declared secrets out of
// environ, and adds the registry's login under the names that the pipeline looks for.
func environment(environ, secrets []string, in inputs) []string {
	var out []string
	for _, pair := range environ {
		if name, _, _ := strings.Cut(pair, "="); passes(name) || slices.Contains(secrets, name) {
			out = append(out, pair)
		}
	}
	if in.password != "" {
		out = append(out, "SLIPWAY_REGISTRY_USERNAME="+in.username, "SLIPWAY_REGISTRY_PASSWORD="+in.password)
	}
	return out
}

func passes(name string) bool {
	for _, a := range allowed {
		if prefix, ok := strings.CutSuffix(a, "*"); name == a || ok && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
