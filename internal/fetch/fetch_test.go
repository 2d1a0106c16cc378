package fetch

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/content"
	"github.com/slipway-dev/slipway/internal/stage"
)

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// client fetches into a directory of the test.
func client(t *testing.T, env map[string]string) *Client {
	t.Helper()
	dir := t.TempDir()
	return New(Options{
		Cache: filepath.Join(dir, "weights"), Index: content.Index{Dir: filepath.Join(dir, "index")},
		Hub: env["HF_ENDPOINT"], Secrets: env, Wait: time.Millisecond,
	})
}

func web(url string, data []byte) config.Weight {
	return config.Weight{Kind: config.HTTPS, From: url, Pin: sum(data), To: "m.bin", Field: "weights[0]"}
}

// server answers with one handler, and remembers what it was asked.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	asked []*http.Request
}

func serve(t *testing.T, handle http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r)
		s.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func fetched(t *testing.T, c *Client, w config.Weight) []stage.Fetched {
	t.Helper()
	files, err := c.Fetch(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var model = bytes.Repeat([]byte("weights "), 1<<17) // 1 MiB

func TestURL(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(model))
	})
	c := client(t, map[string]string{"TOKEN": "s3cret"})
	w := web(s.URL+"/m.bin", model)
	w.Secret = "TOKEN"
	for range 2 { // the second time from the cache
		files := fetched(t, c, w)
		data, err := os.ReadFile(files[0].Host)
		if err != nil || !bytes.Equal(data, model) || files[0].SHA256 != sum(model) {
			t.Fatalf("got %d bytes, %v: %+v", len(data), err, files)
		}
	}
	if got := s.requests(); len(got) != 1 || got[0].Header.Get("Authorization") != "Bearer s3cret" {
		t.Errorf("asked %d times, at first with %v", len(got), got[0].Header)
	}
}

// TestDamagedCache: a file of the cache that is another by now is noticed and fetched again.
func TestDamagedCache(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(model))
	})
	c := client(t, nil)
	w := web(s.URL+"/m.bin", model)
	host := fetched(t, c, w)[0].Host
	info, err := os.Stat(host)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(host, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("planted"), 1000); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(host, info.ModTime(), info.ModTime()); err != nil { // as if nothing had happened
		t.Fatal(err)
	}
	data, err := os.ReadFile(fetched(t, c, w)[0].Host)
	if err != nil || !bytes.Equal(data, model) {
		t.Errorf("the damaged file was used (%v)", err)
	}
}

// TestBrokenOff: what breaks off goes on where it stopped, also in the next run.
func TestBrokenOff(t *testing.T) {
	var ranges []string
	fail := 3
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		ranges = append(ranges, r.Header.Get("Range"))
		if fail == 0 {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(model))
			return
		}
		fail--
		from := 0
		_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		w.Header().Set("Content-Length", fmt.Sprint(len(model)-from))
		if from > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(model)-1, len(model)))
			w.WriteHeader(http.StatusPartialContent)
		}
		_, _ = w.Write(model[from : from+1000])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	c := client(t, nil)
	fetched(t, c, web(s.URL+"/m.bin", model))
	if diff := cmp.Diff([]string{"", "bytes=1000-", "bytes=2000-", "bytes=3000-"}, ranges); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// Half a file of an earlier run, once as it should be and once not.
	for name, half := range map[string][]byte{"good": model[:5000], "wrong": bytes.Repeat([]byte("x"), 5000)} {
		c := client(t, nil)
		if err := os.MkdirAll(c.files.Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(c.files.Dir, "part-"+sum(model)), half, 0o644); err != nil {
			t.Fatal(err)
		}
		ranges = nil
		data, err := os.ReadFile(fetched(t, c, web(s.URL+"/m.bin", model))[0].Host)
		if err != nil || !bytes.Equal(data, model) || ranges[0] != "bytes=5000-" {
			t.Errorf("%s: %v, %v", name, err, ranges)
		}
	}
}

func TestBusy(t *testing.T) {
	answers := []int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if len(answers) > 0 {
			w.WriteHeader(answers[0])
			answers = answers[1:]
			return
		}
		_, _ = w.Write(model)
	})
	fetched(t, client(t, nil), web(s.URL+"/m.bin", model))
}

// TestRefused: every end says what, where and what to do, and never a token.
func TestRefused(t *testing.T) {
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusGone) })
	for path, want := range map[string]string{
		"/404":     "404 Not Found",
		"/401":     "401 Unauthorized",
		"/403":     "403 Forbidden (you are not in the list)",
		"/429":     "429 Too Many Requests",
		"/500":     "500 Internal Server Error",
		"/other":   "is not the file it was: its SHA-256 is " + sum([]byte("<html>")) + ", pinned is " + sum(model),
		"/forward": "410 Gone",
		"/broken":  "broke off",
	} {
		t.Run(path[1:], func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", map[bool]string{true: "3600"}[path == "/429"])
				switch path {
				case "/other":
					_, _ = w.Write([]byte("<html>"))
				case "/forward":
					http.Redirect(w, r, elsewhere.URL+"/f?signature=s3cret", http.StatusFound)
				case "/broken":
					w.Header().Set("Content-Length", "1000")
					panic(http.ErrAbortHandler)
				default:
					status := 0
					_, _ = fmt.Sscanf(path, "/%d", &status)
					w.Header().Set("X-Error-Message", map[bool]string{true: "you are not in the list"}[status == 403])
					w.WriteHeader(status)
				}
			})
			c := client(t, map[string]string{"TOKEN": "s3cret"})
			w := web(s.URL+path, model)
			w.Secret = "TOKEN"
			_, err := c.Fetch(t.Context(), w)
			var known *stage.Error
			if !errors.As(err, &known) || !strings.Contains(known.What, want) || known.Remedy == "" || !strings.Contains(known.What, "weights[0]") {
				t.Errorf("got %v, want something with %q", err, want)
			}
			if known != nil && strings.Contains(known.What+known.Remedy, "s3cret") {
				t.Errorf("the token is told: %v", err)
			}
		})
	}
	if len(elsewhere.requests()) == 0 || elsewhere.requests()[0].Header.Get("Authorization") != "" {
		t.Error("another host was not asked, or got the token")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client(t, nil).Fetch(ctx, web("http://127.0.0.1:1/m.bin", model)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

const commit = "0123456789abcdef0123456789abcdef01234567"

// fakeHub answers as https://huggingface.co/docs/hub/api says, two entries a
// page, with its large files on another host.
func fakeHub(t *testing.T, files map[string][]byte, large map[string]bool) (hub, cdn *server) {
	t.Helper()
	cdn = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.URL.Query().Get("signature") == "" {
			w.WriteHeader(http.StatusBadRequest) // as S3 does with two ways to sign
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(files[strings.TrimPrefix(r.URL.Path, "/")]))
	})
	entries := []map[string]any{{"type": "directory", "oid": strings.Repeat("0", 40), "size": 0, "path": "onnx"}}
	for _, name := range []string{".gitattributes", "a b.txt", "config.json", "model.safetensors", "onnx/config.json", "onnx/model.onnx"} {
		data, ok := files[name]
		if !ok {
			continue
		}
		e := map[string]any{"type": "file", "path": name, "size": len(data)}
		if large[name] {
			e["oid"], e["lfs"] = strings.Repeat("1", 40), map[string]any{"oid": sum(data), "size": len(data), "pointerSize": 134}
		} else {
			blob := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(data)), data...))
			e["oid"] = hex.EncodeToString(blob[:])
		}
		entries = append(entries, e)
	}
	hub = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer hf_s3cret" {
			w.Header().Set("X-Error-Code", "GatedRepo")
			w.Header().Set("X-Error-Message", "Access to model org/name is restricted.")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if name, ok := strings.CutPrefix(r.URL.Path, "/org/name/resolve/"+commit+"/"); ok {
			data, there := files[name]
			switch {
			case !there:
				w.WriteHeader(http.StatusNotFound)
			case large[name]:
				http.Redirect(w, r, cdn.URL+"/"+name+"?signature=x", http.StatusFound)
			default:
				_, _ = w.Write(data)
			}
			return
		}
		if r.URL.Path != "/api/models/org/name/tree/"+commit || r.URL.Query().Get("recursive") != "true" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		from := 0
		_, _ = fmt.Sscan(r.URL.Query().Get("cursor"), &from)
		to := min(from+2, len(entries))
		if to < len(entries) {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?recursive=true&cursor=%d>; rel="next"`, r.Host, r.URL.Path, to))
		}
		_ = json.NewEncoder(w).Encode(entries[from:to])
	})
	return hub, cdn
}

func TestHub(t *testing.T) {
	files := map[string][]byte{
		".gitattributes": []byte("*.bin lfs"), "a b.txt": []byte("text"), "config.json": []byte("{}"), "onnx/config.json": []byte("{}"),
		"model.safetensors": model, "onnx/model.onnx": model[:1000],
	}
	hub, cdn := fakeHub(t, files, map[string]bool{"model.safetensors": true, "onnx/model.onnx": true})
	c := client(t, map[string]string{"HF_ENDPOINT": hub.URL, "HF_TOKEN": "hf_s3cret"})
	for _, test := range []struct{ include, exclude, want []string }{
		{nil, nil, []string{"a b.txt", "config.json", "model.safetensors", "onnx/config.json", "onnx/model.onnx"}},
		{[]string{"*.safetensors", "config.json"}, []string{"onnx/"}, []string{"config.json", "model.safetensors"}},
		{[]string{"onnx/*.onnx"}, nil, []string{"onnx/model.onnx"}},
	} {
		w := config.Weight{Kind: config.HuggingFace, From: "hf://org/name", Pin: commit, Secret: "HF_TOKEN", Include: test.include, Exclude: test.exclude, Field: "weights[0]"}
		var got []string
		for _, f := range fetched(t, c, w) {
			got = append(got, f.Path)
			data, err := os.ReadFile(f.Host)
			if err != nil || !bytes.Equal(data, files[f.Path]) || f.SHA256 != sum(data) {
				t.Errorf("%s: %d bytes, %v", f.Path, len(data), err)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	// 3 more pages, 3 small and 2 large files, each once.
	if hubs, cdns := len(hub.requests()), len(cdn.requests()); hubs != 4+5 || cdns != 2 {
		t.Errorf("the hub was asked %d times, the CDN %d times", hubs, cdns)
	}
}

func TestHubRefuses(t *testing.T) {
	files := map[string][]byte{"config.json": []byte("{}"), "model.safetensors": model}
	hub, _ := fakeHub(t, files, map[string]bool{"model.safetensors": true})
	good := config.Weight{Kind: config.HuggingFace, From: "hf://org/name", Pin: commit, Secret: "HF_TOKEN", Field: "weights[0]"}
	env := map[string]string{"HF_ENDPOINT": hub.URL, "HF_TOKEN": "hf_s3cret"}

	w := good
	w.Pin = strings.Repeat("f", 40)
	if _, err := client(t, env).Fetch(t.Context(), w); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("another commit: %v", err)
	}
	w = good
	w.Secret = ""
	_, err := client(t, env).Fetch(t.Context(), w)
	var known *stage.Error
	if !errors.As(err, &known) || !strings.Contains(known.What, "Access to model org/name is restricted.") || !strings.Contains(known.Remedy, "private") {
		t.Errorf("without a token: %v", err)
	}
	w = good
	w.Include = []string{"*.gguf"}
	var invalid *stage.Invalid
	if _, err := client(t, env).Fetch(t.Context(), w); !errors.As(err, &invalid) {
		t.Errorf("patterns that match nothing: %v", err)
	}
	delete(files, "config.json") // listed, and not there
	if _, err := client(t, env).Fetch(t.Context(), good); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a file that is missing: %v", err)
	}
	files["config.json"] = []byte("{ }")
	if _, err := client(t, env).Fetch(t.Context(), good); err == nil || !strings.Contains(err.Error(), "git would call it") {
		t.Errorf("a small file that is another: %v", err)
	}
	files["config.json"], files["model.safetensors"] = []byte("{}"), bytes.ToUpper(model)
	if _, err := client(t, env).Fetch(t.Context(), good); err == nil || !strings.Contains(err.Error(), "its SHA-256 is") {
		t.Errorf("a large file that is another: %v", err)
	}
}

// TestHubLies: a listing that names files outside of it, or goes on elsewhere, is refused.
func TestHubLies(t *testing.T) {
	for name, test := range map[string]struct{ body, link, want string }{
		"up":        {`[{"type":"file","path":"../x","oid":"` + commit + `"}]`, "", "outside"},
		"absolute":  {`[{"type":"file","path":"/etc/x","oid":"` + commit + `"}]`, "", "outside"},
		"no name":   {`[{"type":"file","path":"","oid":"` + commit + `"}]`, "", "outside"},
		"null":      {`[null]`, "", "outside"},
		"no sum":    {`[{"type":"file","path":"x","oid":"../../x"}]`, "", "does not say"},
		"lfs":       {`[{"type":"file","path":"x","oid":"` + commit + `","lfs":{"oid":"../x","size":1}}]`, "", "does not say"},
		"elsewhere": {`[]`, `<http://127.0.0.1:1/x>; rel="next"`, "another server"},
		"no JSON":   {`<html>`, "", "not understood"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Link", test.link)
				_, _ = w.Write([]byte(test.body))
			})
			c := client(t, map[string]string{"HF_ENDPOINT": s.URL})
			_, err := c.Fetch(t.Context(), config.Weight{Kind: config.HuggingFace, From: "hf://org/name", Pin: commit, Field: "weights[0]"})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want something with %q", err, test.want)
			}
		})
	}
}
