//go:build e2e

package e2e

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestVerify publishes with and without a key, and checks what is attached.
func TestVerify(t *testing.T) {
	dir, to := copyTree(t, filepath.Join("e2e", "testdata", "packages")), repository(t)
	write(t, filepath.Join(dir, "requirements.txt"), "iniconfig==2.0.0\n")
	private, public := keys(t, dir, "one")
	_, other := keys(t, dir, "other")

	o := shipEnv(t, []string{"SLIPWAY_SIGNING_KEY=" + private}, dir, "--publish", to)
	o.wantStatus(t, result.Passed)
	ref := to + "@" + o.Image.Digest
	kinds := map[string]int{}
	for _, a := range o.Image.Attestations {
		kinds[a.Kind]++
	}
	if kinds["sbom"] < 2 || kinds["provenance"] != 1 || kinds["result"] != 1 {
		t.Errorf("attached are %+v", o.Image.Attestations)
	}
	wantVerify(t, 0, "provenance  signed", ref, "--key", public)
	wantVerify(t, 1, "another key", ref, "--key", other)
	wantVerify(t, 1, "name the public key with --key", ref)
	for _, left := range []string{o.output, o.report(t)} {
		if strings.Contains(left, "PRIVATE") {
			t.Errorf("the key is in:\n%s", left)
		}
	}

	appendTo(t, filepath.Join(dir, "serve.py"), "# another image\n")
	o = ship(t, dir, "--publish", to)
	o.wantStatus(t, result.Passed)
	ref = to + "@" + o.Image.Digest
	wantVerify(t, 1, "--allow-unsigned", ref)
	wantVerify(t, 1, "it is unsigned, and a signature was asked for", ref, "--key", public)
	wantVerify(t, 0, "verified: "+ref, ref, "--allow-unsigned")
	wantVerify(t, 3, "127.0.0.1:1", "127.0.0.1:1/iris@"+o.Image.Digest, "--allow-unsigned")
}

func wantVerify(t *testing.T, exit int, says string, args ...string) {
	t.Helper()
	out, err := command(t, nil, slipway, append([]string{"verify"}, args...)...).CombinedOutput()
	if got := exitCode(t, err); got != exit || !strings.Contains(string(out), says) {
		t.Errorf("verify %v: exit %d, want %d and %q:\n%s", args, got, exit, says, out)
	}
}

// keys makes a pair, and returns the private key and the file of the public one.
func keys(t *testing.T, dir, name string) (private, public string) {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	pubDER, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	public = filepath.Join(filepath.Dir(dir), name+".pub")
	write(t, public, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pubDER})))
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), public
}
