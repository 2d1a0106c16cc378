package verify

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/attest"
	"github.com/slipway-dev/slipway/internal/stage"
)

// attachments is what a registry has, by digest.
type attachments map[string][]stage.Attached

func (a attachments) Attachments(_ context.Context, _, digest string) ([]stage.Attached, error) {
	if digest == "sha256:down" {
		return nil, errors.New("the registry is down")
	}
	return a[digest], nil
}

func attachedAs(digest, artifactType string, data []byte, annotations map[string]string) stage.Attached {
	return stage.Attached{Digest: digest, Attachment: stage.Attachment{ArtifactType: artifactType, Data: data, Annotations: annotations}}
}

func newKey(t *testing.T) attest.Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := attest.ReadPrivateKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestImage: a provenance is believed for its signature, or because nobody asked for one, and vouches for what it names.
func TestImage(t *testing.T) {
	const image, platform = "sha256:aa", "sha256:bb"
	bom := []byte(`{"bomFormat": "CycloneDX"}`)
	var p attest.Provenance
	p.RunDetails.Builder.ID = "builder\x1b[2J"
	p.RunDetails.Byproducts = []attest.Resource{attest.Document("sbom", attest.SBOMType, bom)}
	p.BuildDefinition.ResolvedDependencies = []attest.Resource{attest.SourceCommit("source", "https://github.com/acme/iris", "0123abc", "")}
	statement, err := p.Statement([]attest.Resource{{Name: "iris", Digest: attest.Digest(image)}, {Name: "iris linux/arm64", Digest: attest.Digest(platform)}})
	if err != nil {
		t.Fatal(err)
	}
	key, other := newKey(t), newKey(t)
	bundle, err := attest.Signing{Key: key}.Sign(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	about := map[string]string{attest.StatementPredicate: attest.ProvenanceV1}
	plainDocument := attachedAs("sha256:1", attest.StatementType, statement, about)
	signedDocument := attachedAs("sha256:2", attest.BundleType, bundle, map[string]string{attest.BundlePredicate: attest.ProvenanceV1})
	sbom, planted := attachedAs("sha256:3", attest.SBOMType, bom, nil), attachedAs("sha256:4", attest.SBOMType, []byte("{}"), nil)
	for _, test := range []struct {
		name     string
		there    []stage.Attached
		asked    Asked
		problems string
		trust    string
	}{
		{"signed", []stage.Attached{signedDocument}, Asked{Key: &key}, "", "provenance signed, sbom named by the provenance, sbom unsigned"},
		{"another key", []stage.Attached{signedDocument}, Asked{Key: &other}, "was signed with another key", ""},
		{"not asked", []stage.Attached{signedDocument}, Asked{}, "name the public key with --key", ""},
		{"unsigned", []stage.Attached{plainDocument}, Asked{}, "--allow-unsigned", ""},
		{"unsigned and allowed", []stage.Attached{plainDocument}, Asked{AllowUnsigned: true}, "", "provenance unsigned, sbom named by the provenance, sbom unsigned"},
		{"unsigned, with a key", []stage.Attached{plainDocument}, Asked{Key: &key, AllowUnsigned: true}, "a signature was asked for", ""},
		{"nothing", nil, Asked{AllowUnsigned: true}, "no provenance is attached", ""},
		{"about another", []stage.Attached{plainDocument}, Asked{Digest: "sha256:cc", AllowUnsigned: true}, "about another image", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.asked.Digest == "" {
				test.asked.Digest = image
			}
			test.asked.At = "localhost/iris"
			v, err := Image(t.Context(), attachments{test.asked.Digest: test.there, platform: {sbom, planted}}, test.asked)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(v.Problems, "\n"); (got == "") != (test.problems == "") || !strings.Contains(got, test.problems) || v.Verified != (got == "") {
				t.Errorf("verified %t, problems %q, want %q", v.Verified, got, test.problems)
			}
			var trust []string
			for _, d := range v.Documents {
				trust = append(trust, d.Kind+" "+d.Trust)
			}
			if diff := cmp.Diff(test.trust, strings.Join(trust, ", ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if text := v.Text(); strings.Contains(text, "\x1b") || !strings.Contains(text, "localhost/iris@"+test.asked.Digest) {
				t.Errorf("it says:\n%s", text)
			}
		})
	}
	if _, err := Image(t.Context(), attachments{}, Asked{Digest: "sha256:down"}); err == nil {
		t.Error("a registry that is down is no error")
	}
}
