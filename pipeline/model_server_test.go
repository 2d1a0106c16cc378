package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// serveScript gives a script a model server on $URL that answers from the
// files in $WORK/server: /predict with predict.json, predict.html or
// predict.503, whatever is asked. With a file token it wants that as a bearer
// token. At /echo it repeats that, in the forms in which servers do.
func serveScript(e *testscript.Env) {
	dir := filepath.Join(e.WorkDir, "server")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token, err := os.ReadFile(filepath.Join(dir, "token")); err == nil && r.Header.Get("Authorization") != "Bearer "+strings.TrimSpace(string(token)) {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/echo" {
			said := r.Header.Get("Authorization")
			_ = json.NewEncoder(w).Encode([]string{said, url.QueryEscape(said), base64.StdEncoding.EncodeToString([]byte(said))})
			return
		}
		path := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(r.URL.Path, "/")))
		found, _ := filepath.Glob(path + ".*")
		if strings.HasSuffix(path, ".json") {
			found, _ = filepath.Glob(path)
		}
		if len(found) == 0 {
			http.NotFound(w, r)
			return
		}
		body, err := os.ReadFile(found[0])
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		switch ext := filepath.Ext(found[0]); ext {
		case ".json":
			w.Header().Set("Content-Type", "application/json")
		case ".html":
			w.Header().Set("Content-Type", "text/html")
		default:
			if status, err := strconv.Atoi(ext[1:]); err == nil {
				w.WriteHeader(status)
			}
		}
		_, _ = w.Write(body)
	}))
	e.Defer(server.Close)
	e.Setenv("URL", server.URL)
	// One whose certificate nobody knows.
	private := httptest.NewUnstartedServer(server.Config.Handler)
	private.Config.ErrorLog = log.New(io.Discard, "", 0) // of each handshake
	private.StartTLS()
	e.Defer(private.Close)
	e.Setenv("HTTPS_URL", private.URL)
}
