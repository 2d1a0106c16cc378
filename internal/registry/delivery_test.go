package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/slipway-dev/slipway/internal/stage"
)

// prepared is a registry with a base image, and the image of a tiny model on it.
func prepared(t *testing.T) (*server, *Client, stage.Image) {
	t.Helper()
	s := start(t)
	push(t, s)
	c := client(Options{})
	img := build(t, c, s.host+python)
	s.forget()
	return s, c, img
}

// TestUpload: bytes may go beforehand; nothing names them, and Publish sends none of them again.
func TestUpload(t *testing.T) {
	s, c, img := prepared(t)
	to := s.host + "/acme/iris"
	if err := c.Upload(t.Context(), []stage.Image{img}, to); err != nil {
		t.Fatal(err)
	}
	if m := s.manifests(); len(m) != 0 {
		t.Errorf("an upload has written the manifests %v", m)
	}
	s.forget()
	done, err := c.Publish(t.Context(), []stage.Image{img}, to, []string{"one"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"PUT /v2/acme/iris/manifests/" + done.Digest, "HEAD /v2/acme/iris/manifests/one", "PUT /v2/acme/iris/manifests/one"}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Errorf("after the upload, the registry was asked (-want +got):\n%s", diff)
	}
	if code := img.Layers[0]; done.Pushed[code.Digest] != code.Size {
		t.Errorf("pushed %v, the upload beforehand not counted", done.Pushed)
	}
}

// TestUploadFailed: an upload that came to nothing is made up for.
func TestUploadFailed(t *testing.T) {
	s, c, img := prepared(t)
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusForbidden)
		}
		return r.Method == http.MethodPost
	})
	to := s.host + "/acme/iris"
	wantError(t, c.Upload(t.Context(), []stage.Image{img}, to), s.host, "403", "packages: write")
	s.intercept(nil)
	if _, err := c.Publish(t.Context(), []stage.Image{img}, to, nil, nil); err != nil {
		t.Error(err)
	}
}

// TestCollected: what was uploaded before long checks, the registry may have collected when the manifest comes.
func TestCollected(t *testing.T) {
	s, c, img := prepared(t)
	to := s.host + "/acme/iris"
	if err := c.Upload(t.Context(), []stage.Image{img}, to); err != nil {
		t.Fatal(err)
	}
	s.forget()
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || !strings.Contains(r.URL.Path, "/manifests/") || s.blobs["acme/iris@"+img.Layers[0].Digest] {
			return false
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown to registry"}]}`)
		return true
	})
	s.mu.Lock()
	maps.DeleteFunc(s.blobs, func(blob string, _ bool) bool { return strings.HasPrefix(blob, "acme/iris@") })
	s.mu.Unlock()
	done, err := c.Publish(t.Context(), []stage.Image{img}, to, []string{"one"}, nil)
	if err != nil || !slices.Equal(s.manifests(), []string{done.Digest, done.Digest, "one"}) {
		t.Errorf("manifests %v, %v", s.manifests(), err)
	}
}

// TestSeveralPlatforms: manifests first, then the index that names them, then its tags; the digest is known before.
func TestSeveralPlatforms(t *testing.T) {
	s, c, img := prepared(t)
	if err := remote.Write(reference(t, s.host+"/library/python:arm"), baseImage(t, "arm64")); err != nil {
		t.Fatal(err)
	}
	other := img
	base, err := c.Base(t.Context(), s.host+"/library/python:arm", "linux/arm64")
	if err != nil {
		t.Fatal(err)
	}
	other.Platform, other.Base = "linux/arm64", &base
	both := []stage.Image{img, other}
	planned, err := c.Digest(t.Context(), both)
	if err != nil {
		t.Fatal(err)
	}
	s.forget()
	done, err := c.Publish(t.Context(), both, s.host+"/acme/iris", []string{"one"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, second := digestOf(t, c, img), digestOf(t, c, other)
	if want := []string{first, second, planned, "one"}; !slices.Equal(s.manifests(), want) || done.Digest != planned {
		t.Errorf("manifests were written as %v, want %v", s.manifests(), want)
	}
	index, err := remote.Index(reference(t, s.host+"/acme/iris:one"))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	m, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, d := range m.Manifests {
		platforms = append(platforms, d.Platform.String())
	}
	if want := []string{"linux/amd64", "linux/arm64"}; !slices.Equal(platforms, want) {
		t.Errorf("the index lists %v, want %v", platforms, want)
	}
	// Code is the same on both: it is sent once.
	if code := img.Layers[0]; done.Pushed[code.Digest] != code.Size {
		t.Errorf("pushed %v", done.Pushed)
	}
	s.forget()
	if again, err := c.Publish(t.Context(), both, s.host+"/acme/iris", []string{"one"}, nil); err != nil || len(again.Pushed) != 0 || len(s.requests(http.MethodPut)) != 0 {
		t.Errorf("published again: %v, %v, %v", again.Pushed, s.requests(http.MethodPut), err)
	}
	dir := t.TempDir()
	laid, err := c.Publish(t.Context(), both, "oci:"+dir, []string{"one"}, nil)
	if err != nil || laid.Digest != planned {
		t.Errorf("in a directory it is %s, want %s: %v", laid.Digest, planned, err)
	}
	packed, err := c.Layout(dir, "linux/arm64", t.TempDir()+"/image.tar")
	if err != nil || packed.Digest != second {
		t.Errorf("out of the directory came %s, want %s: %v", packed.Digest, second, err)
	}
}

func digestOf(t *testing.T, c *Client, images ...stage.Image) string {
	t.Helper()
	d, err := c.Digest(t.Context(), images)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestTagRefused: each way a registry says that a tag stays where it is.
func TestTagRefused(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
	}{
		// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
		"Amazon ECR": {http.StatusBadRequest, `{"errors": [{"code": "TAG_INVALID", "message": "The image tag 'two' already exists in the 'acme/iris' repository and cannot be overwritten because the tag is immutable."}]}`},
		// https://goharbor.io/docs/2.11.0/working-with-projects/working-with-images/create-tag-immutability-rules/
		"Harbor": {http.StatusPreconditionFailed, `{"errors": [{"code": "PRECONDITION", "message": "Failed to process request due to 'acme/iris:two' configured as immutable."}]}`},
		"GitLab": {http.StatusForbidden, `{"errors": [{"code": "DENIED", "message": "insufficient permissions to push this tag"}]}`},
		"Quay":   {http.StatusConflict, ``},
	} {
		t.Run(name, func(t *testing.T) {
			s, c, img := prepared(t)
			to := s.host + "/acme/iris"
			img.Config.Env = []string{"A=1"}
			first, err := c.Publish(t.Context(), []stage.Image{img}, to, []string{"two"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, "/manifests/two") {
					return false
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
				return true
			})
			img.Config.Env = []string{"A=2"}
			done, err := c.Publish(t.Context(), []stage.Image{img}, to, []string{"one", "two", "three"}, nil)
			wantError(t, err, to+":two", "the tag two is there already, for another image ("+first.Digest+")", "another tag")
			if done.Reference == "" || !slices.Equal(done.Tags, []string{"one"}) {
				t.Errorf("published as %q with the tags %v", done.Reference, done.Tags)
			}
			wantError(t, err, "", "", done.Reference)
		})
	}
}

// TestTagOfAnother: a tag that another run has written in the meantime, for the same image, is as good.
func TestTagOfAnother(t *testing.T) {
	s, c, img := prepared(t)
	to := s.host + "/acme/iris"
	refused := false
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, "/manifests/one") || refused {
			return false
		}
		refused = true
		s.inner.ServeHTTP(discard{http.Header{}}, r) // the other run's
		w.WriteHeader(http.StatusBadRequest)
		return true
	})
	done, err := c.Publish(t.Context(), []stage.Image{img}, to, []string{"one"}, nil)
	if err != nil || !refused || !slices.Equal(done.Tags, []string{"one"}) {
		t.Errorf("refused %v, tags %v, %v", refused, done.Tags, err)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// TestExpiredToken: a token that expires between requests, or in the middle of
// an upload, is had anew, and the upload goes on.
func TestExpiredToken(t *testing.T) {
	for name, expires := range map[string]func(r *http.Request) bool{
		"never": func(*http.Request) bool { return false },
		"between blobs": func(r *http.Request) bool {
			return r.Method == http.MethodHead && strings.Contains(r.URL.Path, "/blobs/")
		},
		"when a blob is sent": func(r *http.Request) bool { return r.Method == http.MethodPatch },
		"when a blob is complete": func(r *http.Request) bool {
			return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/blobs/")
		},
		"before the manifest": func(r *http.Request) bool {
			return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, c, img := prepared(t)
			tokens, oldest := 0, 1 // those from the oldest on are valid
			s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/token" {
					tokens++
					_ = json.NewEncoder(w).Encode(map[string]any{"token": fmt.Sprint(tokens), "expires_in": 60})
					return true
				}
				if oldest == 1 && expires(r) {
					oldest = tokens + 1
				}
				var token int
				if _, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer %d", &token); err == nil && token >= oldest {
					return false
				}
				// Part of a blob may have come by then.
				_, _ = io.CopyN(io.Discard, r.Body, 20)
				w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="registry",scope="repository:acme/iris:pull,push"`, s.host))
				w.WriteHeader(http.StatusUnauthorized)
				return true
			})
			done, err := c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/iris", []string{"one"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if code := img.Layers[0]; done.Pushed[code.Digest] != code.Size || !slices.Equal(done.Tags, []string{"one"}) {
				t.Errorf("pushed %v, tags %v", done.Pushed, done.Tags)
			}
			if name != "never" && oldest == 1 {
				t.Error("no token expired")
			}
		})
	}
}

// TestRetryAfter: a registry that says when it can be asked again is asked then, unless that is too late.
func TestRetryAfter(t *testing.T) {
	s, c, img := prepared(t)
	c.carrier.patience.longest = 2 * time.Second
	var refused time.Time
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.URL.Query().Has("mount") || !refused.IsZero() {
			return false
		}
		refused = time.Now()
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	if _, err := c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/iris", nil, nil); err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(refused); waited < 900*time.Millisecond {
		t.Errorf("it asked again after %s", waited)
	}
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	started := time.Now()
	_, err := c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/other", nil, nil)
	wantError(t, err, s.host, "429", "limits requests")
	if time.Since(started) > time.Second {
		t.Errorf("it waited %s", time.Since(started))
	}
}

// TestCancelledWhileWaiting: waiting for a registry to recover ends with the run.
func TestCancelledWhileWaiting(t *testing.T) {
	s, c, img := prepared(t)
	c.carrier.patience = patience{waits: []time.Duration{time.Minute}, longest: time.Hour}
	ctx, cancel := context.WithCancel(t.Context())
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		time.AfterFunc(100*time.Millisecond, cancel)
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	started := time.Now()
	if _, err := c.Publish(ctx, []stage.Image{img}, s.host+"/acme/iris", nil, nil); err == nil || time.Since(started) > 5*time.Second {
		t.Errorf("after %s: %v", time.Since(started), err)
	}
}
