//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestPrivateIndex installs a package that only an index behind a login has,
// and looks for the login in everything that is left.
func TestPrivateIndex(t *testing.T) {
	token := canary(t)
	address := serveIndex(t, "reader", token)
	dir := copyTree(t, filepath.Join("e2e", "testdata", "packages"))
	write(t, filepath.Join(dir, "requirements.txt"), "acme-private==1.0\niniconfig==2.0.0\n")
	yaml, err := os.ReadFile(filepath.Join(dir, "slipway.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	index := fmt.Sprintf("build: {index: [{url: \"http://reader@%s/simple\", secret: INDEX_TOKEN}], ", address)
	write(t, filepath.Join(dir, "slipway.yaml"), strings.Replace(string(yaml), "build: {", index, 1))
	to := repository(t)
	o := shipEnv(t, []string{"INDEX_TOKEN=" + token}, dir, "--publish", to)
	o.wantStatus(t, result.Passed)
	var found []string
	for _, d := range o.Dependencies {
		found = append(found, d.Name)
	}
	if strings.Join(found, " ") != "acme-private iniconfig" {
		t.Errorf("the image has %v", found)
	}
	look(t, token, o, to)

	// Another password gets nothing, and is not told either. What was asked before, the engine remembers.
	write(t, filepath.Join(dir, "requirements.txt"), "acme-private==1.0\n")
	wrong := canary(t)
	o = shipEnv(t, []string{"INDEX_TOKEN=" + wrong}, dir, "--publish", "none", "--fresh")
	if s := o.stage(t, "deps"); s.Status == result.StagePassed || strings.Contains(o.output, wrong) {
		t.Errorf("with another password deps is %s: %s", s.Status, s.Reason)
	}
}

// serveIndex serves one package behind a login, and returns an address that containers reach.
func serveIndex(t *testing.T, user, password string) string {
	t.Helper()
	wheel, name := privateWheel(t), "acme_private-1.0-py3-none-any.whl"
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, p, ok := r.BasicAuth(); !ok || u != user || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="packages"`)
			http.Error(w, "log in", http.StatusUnauthorized)
			return
		}
		switch r.URL.Path {
		case "/simple/acme-private/":
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprintf(w, `<!DOCTYPE html><a href="/files/%s#sha256=%x">%[1]s</a>`, name, sha256.Sum256(wheel))
		case "/files/" + name:
			_, _ = w.Write(wheel)
		default:
			http.NotFound(w, r)
		}
	})
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return reachable(t, l, net.IP.IsPrivate)
}

// privateWheel is the smallest wheel (https://packaging.python.org/en/latest/specifications/binary-distribution-format/).
func privateWheel(t *testing.T) []byte {
	t.Helper()
	files := [][2]string{
		{"acme_private/__init__.py", "value = 1\n"},
		{"acme_private-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme-private\nVersion: 1.0\n"},
		{"acme_private-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
	}
	record := ""
	for _, f := range files {
		sum := sha256.Sum256([]byte(f[1]))
		record += fmt.Sprintf("%s,sha256=%s,%d\n", f[0], base64.RawURLEncoding.EncodeToString(sum[:]), len(f[1]))
	}
	files = append(files, [2]string{"acme_private-1.0.dist-info/RECORD", record + "acme_private-1.0.dist-info/RECORD,,\n"})
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
