//go:build e2e

package e2e

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestSecrets gives random secrets to tests, server and build that tell them in
// every form, and then looks for them in everything that a run leaves behind.
func TestSecrets(t *testing.T) {
	for name, kind := range map[string]string{"python": "python", "dockerfile": "dockerfile"} {
		t.Run(name, func(t *testing.T) {
			token := canary(t)
			dir := copyTree(t, filepath.Join("e2e", "testdata", "secrets", kind))
			repository := repository(t)
			o := shipEnv(t, []string{"CANARY=" + token}, dir, "--publish", repository)
			o.wantStatus(t, result.Passed)
			if seen := o.observations(t); !strings.Contains(seen.Log, "started with ***") {
				t.Errorf("the server did not have the secret, or it was not taken out: %s", seen.Log)
			}
			look(t, token, o, repository)

			// A test that fails tells it too.
			appendTo(t, filepath.Join(dir, "test_secret.py"), "\nsys.exit(1)\n")
			o = shipEnv(t, []string{"CANARY=" + token}, dir, "--publish", repository)
			o.wantStatus(t, result.Failed)
			if o.Tests == nil || !strings.Contains(o.Tests.Log, "tested with ***") {
				t.Errorf("the test did not have the secret, or it was not taken out: %+v", o.Tests)
			}
			look(t, token, o, repository)
		})
	}
}

// canary is a secret that is nowhere else, with characters that forms of it differ by.
func canary(t *testing.T) string {
	t.Helper()
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return "c4n/ry+" + hex.EncodeToString(b)
}

// look fails when the secret is anywhere in what a run left: its output, its
// files, and every byte of the repository.
func look(t *testing.T, token string, o outcome, repository string) {
	t.Helper()
	wantWithout(t, token, "the output", []byte(o.output))
	err := filepath.WalkDir(o.out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		wantWithout(t, token, filepath.Base(path), data)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for name, blob := range everything(t, repository) {
		wantWithout(t, token, name, blob)
	}
}

// wantWithout fails when data, or data uncompressed, has the secret in any form.
func wantWithout(t *testing.T, token, where string, data []byte) {
	t.Helper()
	if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
		if data, err = io.ReadAll(z); err != nil {
			t.Error(err)
		}
	}
	forms := []string{token, url.QueryEscape(token), base64.StdEncoding.EncodeToString([]byte(token)), hex.EncodeToString([]byte(token)), token[len("c4n/ry+"):]}
	for n := range 3 {
		forms = append(forms, base64.StdEncoding.EncodeToString([]byte("abc"[:n] + token + "..."))[4:20])
	}
	for _, form := range forms {
		if n := bytes.Index(data, []byte(form)); n >= 0 {
			t.Errorf("%s has the secret: %q", where, data[max(0, n-60):min(len(data), n+len(form)+20)])
		}
	}
}

// everything is every manifest, configuration and layer that the tags of a repository lead to.
func everything(t *testing.T, repository string) map[string][]byte {
	t.Helper()
	host, name, _ := strings.Cut(repository, "/")
	fetch := func(path string) []byte {
		request, err := http.NewRequest(http.MethodGet, "http://"+host+"/v2/"+name+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header["Accept"] = []string{"application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close() //nolint:errcheck // read only
		data, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", path, response.StatusCode, err)
		}
		return data
	}
	var list struct{ Tags []string }
	if err := json.Unmarshal(fetch("/tags/list"), &list); err != nil || len(list.Tags) == 0 {
		t.Fatalf("the repository has no tags: %v", err)
	}
	found := map[string][]byte{}
	var follow func(reference string)
	follow = func(reference string) {
		var m struct {
			Manifests, Layers []struct{ Digest string }
			Config            struct{ Digest string }
		}
		found[reference] = fetch("/manifests/" + reference)
		if err := json.Unmarshal(found[reference], &m); err != nil {
			t.Fatal(err)
		}
		for _, d := range m.Manifests {
			follow(d.Digest)
		}
		for _, d := range append(m.Layers, m.Config) {
			if d.Digest != "" && found[d.Digest] == nil {
				found[d.Digest] = fetch("/blobs/" + d.Digest)
			}
		}
	}
	for _, tag := range list.Tags {
		follow(tag)
	}
	return found
}
