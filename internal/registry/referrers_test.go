package registry

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/slipway-dev/slipway/internal/stage"
)

// documents are two about an image: one that follows from it, and one of which every run has its own.
func documents(run string) stage.Attach {
	return func(_ context.Context, digest string) ([]stage.Attachment, error) {
		return []stage.Attachment{
			{ArtifactType: "application/vnd.cyclonedx+json", MediaType: "application/vnd.cyclonedx+json", Data: []byte(`{"of":"` + digest + `"}`)},
			{ArtifactType: "application/vnd.in-toto+json", MediaType: "application/vnd.in-toto+json", Data: []byte(`{"run":"` + run + `"}`), Once: true,
				Annotations: map[string]string{"commit": "0123abc"}},
		}, nil
	}
}

func supports(s *server) {
	s.inner = registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true))
}

func fallback(digest string) string { return strings.Replace(digest, ":", "-", 1) }

// TestAttach: documents are there after the manifest and before the tags, with
// the referrers API and without, and are not written twice.
func TestAttach(t *testing.T) {
	for _, test := range []struct {
		name string
		api  bool
	}{{"referrers API", true}, {"fallback tag", false}} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t)
			if test.api {
				supports(s)
			}
			push(t, s)
			c := client(Options{})
			img := build(t, c, s.host+python)
			to := s.host + "/acme/iris"
			s.forget()
			done, err := c.Publish(t.Context(), []stage.Image{img}, to, []string{"one"}, documents("1"))
			if err != nil {
				t.Fatal(err)
			}
			order := []string{done.Digest}
			for _, a := range done.Attached {
				order = append(order, a.Digest)
				if !a.Written || a.Subject != done.Digest {
					t.Errorf("attached is %+v", a)
				}
				if !test.api {
					order = append(order, fallback(done.Digest))
				}
			}
			if order = append(order, "one"); !slices.Equal(s.manifests(), order) {
				t.Errorf("manifests were written in the order %v, want %v", s.manifests(), order)
			}

			s.forget()
			again, err := c.Publish(t.Context(), []stage.Image{img}, to, []string{"one"}, documents("2"))
			if err != nil {
				t.Fatal(err)
			}
			if len(s.manifests()) != 0 || len(again.Attached) != 2 || again.Attached[0].Written || again.Attached[1].Digest != done.Attached[1].Digest {
				t.Errorf("a second run wrote %v and has %+v", s.manifests(), again.Attached)
			}
			wantDocuments(t, c, to, done)
		})
	}
}

func wantDocuments(t *testing.T, c *Client, at string, done stage.Published) {
	t.Helper()
	got, err := c.Attachments(t.Context(), at, done.Digest)
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]string{}
	for _, a := range got {
		read[a.ArtifactType] = string(a.Data)
		if a.Subject != done.Digest || a.MediaType != a.ArtifactType {
			t.Errorf("read %+v", a)
		}
	}
	if len(got) != 2 || read["application/vnd.cyclonedx+json"] != `{"of":"`+done.Digest+`"}` || read["application/vnd.in-toto+json"] != `{"run":"1"}` {
		t.Errorf("attached is %v", read)
	}
}

// TestAttachAtOnce: without the referrers API, whoever writes the list reads it
// first, and two at once must not lose each other's documents.
func TestAttachAtOnce(t *testing.T) {
	s := start(t)
	push(t, s)
	c := client(Options{})
	img := build(t, c, s.host+python)
	to := s.host + "/acme/iris"
	first, err := c.Publish(t.Context(), []stage.Image{img}, to, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	const writers, each = 4, 3
	var group sync.WaitGroup
	for n := range writers {
		group.Go(func() {
			_, err := c.Publish(context.Background(), []stage.Image{img}, to, []string{"one"}, func(context.Context, string) ([]stage.Attachment, error) {
				var docs []stage.Attachment
				for k := range each {
					docs = append(docs, stage.Attachment{ArtifactType: "application/x", MediaType: "application/x", Data: fmt.Append(nil, n, k)})
				}
				return docs, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got, err := c.Attachments(t.Context(), to, first.Digest)
	if err != nil || len(got) != writers*each {
		t.Errorf("of %d documents %d are listed: %v", writers*each, len(got), err)
	}
}

// TestAttachLost: somebody else's list, written over ours, is noticed and added to.
func TestAttachLost(t *testing.T) {
	s := start(t)
	push(t, s)
	c := client(Options{})
	img := build(t, c, s.host+python)
	to := s.host + "/acme/iris"
	lost := 0
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/sha256-") && lost < 3 {
			lost++
			w.WriteHeader(http.StatusCreated) // and it is gone at once
			return true
		}
		return false
	})
	done, err := c.Publish(t.Context(), []stage.Image{img}, to, nil, documents("1"))
	if err != nil {
		t.Fatal(err)
	}
	wantDocuments(t, c, to, done)

	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		gone := r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/sha256-")
		if gone {
			w.WriteHeader(http.StatusCreated)
		}
		return gone
	})
	done, err = c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/other", []string{"one"}, documents("1"))
	wantError(t, err, s.host, "does not stay", "")
	if len(done.Tags) != 0 {
		t.Errorf("tags %v were written though documents are missing", done.Tags)
	}
}

// TestForeignReferrer: what a registry lists is not believed.
func TestForeignReferrer(t *testing.T) {
	s := start(t)
	supports(s)
	push(t, s)
	c := client(Options{})
	img := build(t, c, s.host+python)
	to := s.host + "/acme/iris"
	done, err := c.Publish(t.Context(), []stage.Image{img}, to, nil, documents("1"))
	if err != nil {
		t.Fatal(err)
	}
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/referrers/") {
			w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
			_, _ = fmt.Fprintf(w, `{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":%q,"size":1}]}`, done.Digest)
			return true
		}
		return false
	})
	_, err = c.Attachments(t.Context(), to, done.Digest)
	wantError(t, err, s.host, "is about something else", "")
}

// TestAttachLayout: in a directory documents stay as long as their image does.
func TestAttachLayout(t *testing.T) {
	s := start(t)
	push(t, s)
	c := client(Options{})
	img := build(t, c, s.host+python)
	dir := t.TempDir()
	done, err := c.Publish(t.Context(), []stage.Image{img}, "oci:"+dir, []string{"dev"}, documents("1"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Publish(t.Context(), []stage.Image{img}, "oci:"+dir, []string{"dev"}, documents("2"))
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Attached) != 2 || again.Attached[0].Written || again.Attached[1].Written {
		t.Errorf("a second run attached %+v", again.Attached)
	}
	wantDocuments(t, c, "oci:"+dir, done)
	if base, err := c.Layout(dir, "linux/amd64", t.TempDir()+"/image.tar"); err != nil || base.Digest != done.Digest {
		t.Errorf("the image in the directory is %s, %v", base.Digest, err)
	}

	other := build(t, c, s.host+python)
	other.Config.Cmd = []string{"another"}
	if _, err := c.Publish(t.Context(), []stage.Image{other}, "oci:"+dir, []string{"dev"}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Attachments(t.Context(), "oci:"+dir, done.Digest); err == nil {
		t.Error("the documents of an image that is gone are still read")
	}
	index, err := os.ReadFile(dir + "/index.json")
	if err != nil || strings.Contains(string(index), "artifactType") {
		t.Errorf("documents of an image that is gone are still listed (%v): %s", err, index)
	}
}
