//go:build e2e

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// get asks the registry for a manifest by plain HTTP, without any of the libraries under test.
func get(t *testing.T, repository, reference string) (status int, body []byte) {
	t.Helper()
	host, name, _ := strings.Cut(repository, "/")
	request, err := http.NewRequest(http.MethodGet, "http://"+host+"/v2/"+name+"/manifests/"+reference, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // read only
	if body, err = io.ReadAll(response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

// wantManifest asks for a manifest that must be there and have this digest.
func wantManifest(t *testing.T, repository, reference, digest string) {
	t.Helper()
	status, body := get(t, repository, reference)
	sum := sha256.Sum256(body)
	if got := "sha256:" + hex.EncodeToString(sum[:]); status != http.StatusOK || got != digest {
		t.Errorf("the registry answers %d, %s for %s %s; want %s", status, got, repository, reference, digest)
	}
}

// copyModel gives a test a model of its own to change.
func copyModel(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, model(name)))); err != nil {
		t.Fatal(err)
	}
	return dir
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// processes lists those with this text in their command line.
func processes(t *testing.T, text string) []string {
	t.Helper()
	out, err := exec.Command("ps", "-eo", "pid,args").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, text) && !strings.Contains(line, "ps -eo") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}
