package registry

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway-dev/slipway/internal/stage"
)

// TestDockerLogins: what `docker login`, docker/login-action, amazon-ecr-login and credential helpers
// leave behind is used for looking the base up, for fetching its layers and for publishing
// (https://docs.docker.com/reference/cli/docker/login/#configure-the-credential-store).
func TestDockerLogins(t *testing.T) {
	login := base64.StdEncoding.EncodeToString([]byte("AWS:secret"))
	for name, config := range map[string]string{
		"docker login":                      `{"auths": {"%[1]s": {"auth": "` + login + `"}}}`,
		"a helper for one registry":         `{"credHelpers": {"%[1]s": "slipway-test"}}`,
		"a helper for all":                  `{"credsStore": "slipway-test"}`,
		"docker login, beside a helper":     `{"auths": {"%[1]s": {"auth": "` + login + `"}}, "credHelpers": {"elsewhere.example": "slipway-test"}}`,
		"a helper, and an entry without it": `{"auths": {"%[1]s": {}}, "credsStore": "slipway-test"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			push(t, s)
			dir := t.TempDir()
			write(t, filepath.Join(dir, "config.json"), fmt.Sprintf(config, s.host), 0o600)
			// The protocol of helpers: https://github.com/docker/docker-credential-helpers#usage
			write(t, filepath.Join(dir, "docker-credential-slipway-test"), `#!/bin/sh
test "$1" = get || exit 2
read -r registry
test "$registry" = `+s.host+` || { echo "credentials not found in native keychain"; exit 1; }
echo '{"ServerURL": "'"$registry"'", "Username": "AWS", "Secret": "secret"}'
`, 0o755)
			t.Setenv("DOCKER_CONFIG", dir)
			t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
			refused := 0
			s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if user, password, _ := r.BasicAuth(); user == "AWS" && password == "secret" {
					return false
				}
				refused++
				w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
				w.WriteHeader(http.StatusUnauthorized)
				return true
			})
			c := New(Options{Cache: t.TempDir()})
			img := build(t, c, s.host+python)
			if _, err := c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/iris", []string{"one"}, nil); err != nil {
				t.Error(err)
			}
			if _, err := c.Publish(t.Context(), []stage.Image{img}, "oci:"+t.TempDir(), nil, nil); err != nil {
				t.Errorf("with the layers of the base: %v", err)
			}
			if refused == 0 {
				t.Error("the registry let everybody in")
			}
		})
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
