//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/stage"
)

// ownRegistry is a real registry of the test's own: it may be stopped, filled and broken.
type ownRegistry struct {
	host    string // "127.0.0.1:port"
	config  string
	process *exec.Cmd
}

// startRegistry starts the lab's registry program on a free port, with its own directory.
// extra is more of its configuration (https://distribution.github.io/distribution/about/configuration/).
func startRegistry(t *testing.T, dir, extra string) *ownRegistry {
	t.Helper()
	r := &ownRegistry{host: freeAddress(t), config: filepath.Join(t.TempDir(), "registry.yml")}
	text := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %q}}\nhttp: {addr: %q}\n%s", dir, r.host, extra)
	if err := os.WriteFile(r.config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r.start(t)
	t.Cleanup(func() { r.stop(t) })
	return r
}

func (r *ownRegistry) start(t *testing.T) {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(cache, "slipway", "lab", "bin", "docker-registry")
	if _, err := os.Stat(program); err != nil {
		t.Skipf("the lab has no registry program of its own here (%v): its registry is Docker's", err)
	}
	r.process = exec.Command(program, "serve", r.config)
	if err := r.process.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, r.host)
}

func (r *ownRegistry) stop(t *testing.T) {
	t.Helper()
	if err := r.process.Process.Kill(); err == nil {
		_ = r.process.Wait()
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it was only asked for its address
	return l.Addr().String()
}

// waitFor waits until somebody listens.
func waitFor(t *testing.T, address string) {
	t.Helper()
	for started := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Since(started) > 20*time.Second {
			t.Fatalf("nothing listens on %s: %v", address, err)
		}
	}
}

// toxiproxy is one process for all tests; its API adds and removes faults
// (https://github.com/Shopify/toxiproxy#http-api).
var toxiproxy struct {
	once    sync.Once
	api     string
	process *os.Process // killed when all tests are through
}

// proxy is a way to a registry on which things go wrong.
type proxy struct{ api, host string }

func startProxy(t *testing.T, upstream string) proxy {
	t.Helper()
	toxiproxy.once.Do(func() {
		program := filepath.Join(filepath.Dir(slipway), "toxiproxy")
		build := exec.Command("go", "build", "-o", program, "-modfile=tools/toxiproxy/go.mod", "github.com/Shopify/toxiproxy/v2/cmd/server")
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("building toxiproxy: %v\n%s", err, out)
		}
		address := freeAddress(t)
		host, port, _ := strings.Cut(address, ":")
		cmd := exec.Command(program, "-host", host, "-port", port)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		toxiproxy.process = cmd.Process
		waitFor(t, address)
		toxiproxy.api = "http://" + address + "/proxies"
	})
	if toxiproxy.api == "" {
		t.Fatal("toxiproxy does not run")
	}
	p := proxy{host: freeAddress(t)}
	name := strings.ReplaceAll(p.host, ":", "-")
	p.api = toxiproxy.api + "/" + name
	tell(t, http.MethodPost, toxiproxy.api, map[string]any{"name": name, "listen": p.host, "upstream": upstream, "enabled": true})
	t.Cleanup(func() { tell(t, http.MethodDelete, p.api, nil) })
	return p
}

// toxic adds a fault on what is sent to the registry.
func (p proxy) toxic(t *testing.T, kind string, attributes map[string]any) {
	t.Helper()
	tell(t, http.MethodPost, p.api+"/toxics", map[string]any{"name": kind, "type": kind, "stream": "upstream", "attributes": attributes})
}

func (p proxy) heal(t *testing.T, kind string) {
	t.Helper()
	tell(t, http.MethodDelete, p.api+"/toxics/"+kind, nil)
}

// up lets connections through, or refuses them and cuts those that are open.
func (p proxy) up(t *testing.T, yes bool) {
	t.Helper()
	tell(t, http.MethodPost, p.api, map[string]any{"enabled": yes})
}

func tell(t *testing.T, method, url string, body any) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, url, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // read only
	if answer, _ := io.ReadAll(response.Body); response.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %s", method, url, response.Status, answer)
	}
}

// fetch asks a registry by plain HTTP, without any of the libraries under test.
func fetch(t *testing.T, host, path, accept string) (int, []byte) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, "http://"+host+"/v2/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", accept)
	request.SetBasicAuth("robot", "secret") // for those that ask
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // read only
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

// tagged is what a tag leads to.
type tagged struct {
	digest string
	layers [][]byte // as they are stored
}

// sound fails unless everything that a tag of the repository leads to is there
// and is what its digest says, and returns what the tags lead to. A list of
// referrers is looked through, too, and left out: it is named by a digest.
func sound(t *testing.T, host, repository string) map[string]tagged {
	t.Helper()
	status, body := fetch(t, host, repository+"/tags/list", "application/json")
	if status == http.StatusNotFound {
		return nil // nothing was ever published there
	}
	var list struct{ Tags []string }
	if err := json.Unmarshal(body, &list); err != nil || status != http.StatusOK {
		t.Fatalf("tags of %s: %d %s", repository, status, body)
	}
	out := map[string]tagged{}
	for _, tag := range list.Tags {
		got := manifest(t, host, repository, tag)
		if !strings.HasPrefix(tag, "sha256-") {
			out[tag] = got
		}
	}
	return out
}

// manifest looks through a manifest, or an index, and everything that it names.
func manifest(t *testing.T, host, repository, reference string) tagged {
	t.Helper()
	status, body := fetch(t, host, repository+"/manifests/"+reference, "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json")
	got := tagged{digest: hash(body)}
	if status != http.StatusOK || strings.HasPrefix(reference, "sha256:") && got.digest != reference {
		t.Errorf("%s of %s leads nowhere: %d, its bytes are %s", reference, repository, status, got.digest)
		return got
	}
	type descriptor struct{ Digest string }
	var m struct {
		Config            *descriptor
		Layers, Manifests []descriptor
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("manifest of %s: %v\n%s", reference, err, body)
	}
	if m.Config != nil {
		whole(t, host, repository, m.Config.Digest)
	}
	for _, l := range m.Layers {
		got.layers = append(got.layers, whole(t, host, repository, l.Digest))
	}
	for _, below := range m.Manifests {
		manifest(t, host, repository, below.Digest)
	}
	return got
}

func whole(t *testing.T, host, repository, digest string) []byte {
	t.Helper()
	status, blob := fetch(t, host, repository+"/blobs/"+digest, "*/*")
	if status != http.StatusOK || hash(blob) != digest {
		t.Errorf("blob %s: %d, its bytes are %s", digest, status, hash(blob))
	}
	return blob
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func wantStageError(t *testing.T, err error, where, say string) {
	t.Helper()
	var known *stage.Error
	if !errors.As(err, &known) || !strings.Contains(known.Where, where) || !strings.Contains(known.What, say) || known.Remedy == "" {
		t.Errorf("it ends with %v; want %q of %s, and what to do", err, say, where)
	}
}
