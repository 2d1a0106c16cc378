package attest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

// pair is a new key as both PEM files.
func pair(t *testing.T, private crypto.Signer) (privatePEM, publicPEM []byte) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
}

// TestSigning: what a key signed, its public half confirms, and no other does; nor anything that was changed.
func TestSigning(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	statement := []byte(`{"_type": "https://in-toto.io/Statement/v1"}`)
	var others []Key
	for name, private := range map[string]crypto.Signer{"ecdsa": ec, "ed25519": ed} {
		privatePEM, publicPEM := pair(t, private)
		key, err := ReadPrivateKey(privatePEM)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		public, err := ReadPublicKey(publicPEM)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		bundle, err := Signing{key}.Sign(t.Context(), statement)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := Signed(t.Context(), bundle, public); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, signed, err := Opened(BundleType, bundle); !bytes.Equal(got, statement) || !signed || err != nil {
			t.Errorf("%s: %s, %t, %v", name, got, signed, err)
		}
		if key.Identity() != public.Identity() || !strings.HasPrefix(key.Identity(), "key ") {
			t.Errorf("%s: %s and %s", name, key.Identity(), public.Identity())
		}
		changed := bytes.Replace(bundle, []byte(`"payload":"ey`), []byte(`"payload":"e3`), 1)
		if bytes.Equal(changed, bundle) || Signed(t.Context(), changed, public) == nil {
			t.Errorf("%s: a changed statement is confirmed", name)
		}
		if _, err := (Signing{public}).Sign(t.Context(), statement); err == nil {
			t.Errorf("%s: a public key signs", name)
		}
		for _, other := range others {
			if err := Signed(t.Context(), bundle, other); err == nil || !strings.Contains(err.Error(), "another key") {
				t.Errorf("%s: another key says %v", name, err)
			}
		}
		others = append(others, public)
	}
}

// TestKeys: what is no key of ours is said, and never shown.
func TestKeys(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	private, public := pair(t, small)
	for _, test := range []struct{ name, data, want string }{
		{"text", "s3cr3t", "no private key in PEM"},
		{"encrypted", string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED SIGSTORE PRIVATE KEY", Bytes: []byte("s3cr3t")})), "encrypted"},
		{"broken", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("s3cr3t")})), "no private key of a known kind"},
		{"RSA", string(private), "use ECDSA P-256 or Ed25519"},
	} {
		if _, err := ReadPrivateKey([]byte(test.data)); err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	for _, data := range [][]byte{public, private, nil} {
		if _, err := ReadPublicKey(data); err == nil {
			t.Errorf("%.30s is taken for a public key of ours", data)
		}
	}
}
