package registry

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// TestOffer: what is offered can be pulled whole, the base's layers included, and nothing else can.
func TestOffer(t *testing.T) {
	_, c, image := prepared(t)
	ref, err := c.Offer(t.Context(), image)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Offer(t.Context(), image); err != nil || again != ref {
		t.Errorf("offered again: %q, %v; before %q", again, err, ref)
	}
	parsed, err := name.NewDigest(ref)
	if err != nil {
		t.Fatal(err)
	}
	if want := digestOf(t, c, image); parsed.DigestStr() != want {
		t.Errorf("offered %s, published would be %s", parsed.DigestStr(), want)
	}
	pulled, err := remote.Image(parsed)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(pulled); err != nil {
		t.Error(err)
	}
	root := "http://" + parsed.Context().RegistryStr() + "/v2/"
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "", http.StatusOK},
		{http.MethodHead, "slipway/manifests/" + parsed.DigestStr(), http.StatusOK},
		{http.MethodGet, "slipway/manifests/latest", http.StatusNotFound},
		{http.MethodGet, "slipway/tags/list", http.StatusNotFound},
		{http.MethodGet, "_catalog", http.StatusNotFound},
		{http.MethodGet, "slipway/blobs/sha256:" + strings.Repeat("0", 64), http.StatusNotFound},
		{http.MethodPost, "slipway/blobs/uploads/", http.StatusMethodNotAllowed},
	} {
		req, err := http.NewRequestWithContext(t.Context(), test.method, root+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != test.want {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, resp.StatusCode, test.want)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Image(parsed); err == nil {
		t.Error("still offered after Close")
	}
}
