package attest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	"github.com/package-url/packageurl-go"

	"github.com/slipway-dev/slipway/internal/inventory"
	"github.com/slipway-dev/slipway/internal/testkit"
)

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

var found = inventory.Inventory{
	Distribution: inventory.Distribution{ID: "debian", Version: "13"},
	Packages: []inventory.Package{
		{Type: inventory.Debian, Name: "libssl3t64", Version: "3.5.1-1+b1", Architecture: "amd64", Source: "openssl", Path: "/var/lib/dpkg/status"},
		{Type: inventory.Npm, Name: "@types/node", Version: "24.0.0", Path: "/app/node_modules/@types/node/package.json"},
		{Type: inventory.Npm, Name: "express", Version: "5.1.0", Path: "/app/node_modules/a/node_modules/express/package.json"},
		{Type: inventory.Npm, Name: "express", Version: "5.1.0", Path: "/app/node_modules/express/package.json"},
		{Type: inventory.Python, Name: "Typing_Extensions", Version: "4.16.0", Path: "/venv/lib/x.dist-info/METADATA"},
	},
}

func TestSBOM(t *testing.T) {
	image := Image{Name: "iris", Digest: digest, Platform: "linux/amd64"}
	got, err := SBOM(image, found)
	if err != nil {
		t.Fatal(err)
	}
	again, err := SBOM(image, found)
	if err != nil || !bytes.Equal(got, again) {
		t.Errorf("the same image has two SBOMs: %v", err)
	}
	testkit.Golden(t, "testdata/sbom.json", indent(t, got))

	// Read by the library: what it makes of the names must be what scanners make of them.
	bom := new(cyclonedx.BOM)
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(got), cyclonedx.BOMFileFormatJSON).Decode(bom); err != nil {
		t.Fatal(err)
	}
	if bom.SerialNumber != "" || bom.Metadata.Timestamp != "" {
		t.Errorf("something varies: %q, %q", bom.SerialNumber, bom.Metadata.Timestamp)
	}
	var names []string
	for _, c := range *bom.Components {
		p, err := packageurl.FromString(c.PackageURL)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, p.Type+" "+p.Namespace+" "+p.Name)
	}
	want := []string{"deb debian libssl3t64", "npm @types node", "npm  express", "pypi  typing-extensions"}
	if !slices.Equal(names, want) {
		t.Errorf("components are %q, want %q", names, want)
	}
}

func TestProvenance(t *testing.T) {
	var p Provenance
	hash := strings.Repeat("ab", 32)
	p.BuildDefinition.ExternalParameters = External{Model: "models/iris", Configuration: &hash, Platforms: []string{"linux/amd64"}, Publish: "ghcr.io/acme/iris", Tags: []string{"pr-7"}}
	p.BuildDefinition.ResolvedDependencies = []Resource{
		SourceCommit("source", "https://github.com/acme/iris", strings.Repeat("1", 40), strings.Repeat("2", 40)),
		SourceCommit("head", "https://github.com/acme/iris", strings.Repeat("3", 40), ""),
		BaseImage("python:3.11-slim", digest, "linux/amd64"),
		BaseImage("ghcr.io/acme/base@"+digest, digest, "linux/amd64"),
		File("requirements.txt", []byte("numpy==2.1.0\n")),
	}
	p.RunDetails.Builder = Builder{ID: ByHand, Version: map[string]string{"slipway": "v1"}}
	p.RunDetails.Metadata = Invocation{StartedOn: time.Unix(0, 0).UTC(), FinishedOn: time.Unix(60, 0).UTC()}
	p.RunDetails.Byproducts = []Resource{Document("result", ResultType, []byte("{}"))}
	got, err := p.Statement([]Resource{{Name: "iris", Digest: Digest(digest)}})
	if err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/provenance.json", indent(t, got))
	statement, err := ReadStatement(got, digest)
	if err != nil || statement.PredicateType != ProvenanceV1 {
		t.Errorf("read again: %+v, %v", statement, err)
	}
}

// TestReadStatement: a statement about something else must not pass for one about this image.
func TestReadStatement(t *testing.T) {
	for name, data := range map[string]string{
		"another image":   `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"` + strings.Repeat("f", 64) + `"}}]}`,
		"no image":        `{"_type":"https://in-toto.io/Statement/v1","subject":[]}`,
		"another type":    `{"_type":"https://example.com","subject":[{"digest":{"sha256":"` + digest[7:] + `"}}]}`,
		"another hash":    `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha512":"` + digest[7:] + `"}}]}`,
		"no JSON":         `{`,
		"digest is empty": `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":""}}]}`,
	} {
		if _, err := ReadStatement([]byte(data), digest); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := ReadStatement([]byte(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{}}]}`), ""); err == nil {
		t.Error("a statement about nothing is about an image without a digest")
	}
}

// TestFile: documents are shown to everybody who may pull the image.
func TestFile(t *testing.T) {
	for content, secret := range map[string]bool{
		"numpy==1\n": false,
		"--index-url https://user:hunter2@pypi.example/simple\n":    true,
		"x @ git+https://ghp_token@github.com/acme/x@v1\n":          true,
		"x @ git+ssh://git@github.com/acme/x@v1\n":                  false,
		"x @ https://files.example/x-1.whl#sha256=00 # a@b.example": false,
	} {
		r := File("requirements.txt", []byte(content))
		if r.Digest["sha256"] == "" || (r.Content == nil) != secret {
			t.Errorf("%q: %+v", content, r)
		}
	}
}

func indent(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append(bytes.TrimSpace(out.Bytes()), '\n')
}
