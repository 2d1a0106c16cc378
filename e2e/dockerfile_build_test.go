//go:build e2e

package e2e

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-dev/slipway/internal/result"
)

// files writes a model's files and returns its directory.
func files(t *testing.T, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, text)
	}
	return dir
}

// serves is the end of a Dockerfile whose server is Python's own, for the files in its working directory.
const serves = "EXPOSE 8080\nCMD [\"python\", \"-m\", \"http.server\", \"8080\"]\n"

// TestDockerfileSecret: an instruction sees the build's secret; tests, the
// server, and whatever is published or written do not.
func TestDockerfileSecret(t *testing.T) {
	const canary = "canary-b7d1f0e29c"
	dir := files(t, map[string]string{
		"Dockerfile": "FROM python:3.11-slim\nRUN --mount=type=secret,id=token test \"$(cat /run/secrets/token)\" = " + halves(canary) + " && cat /run/secrets/token >&2\n" + serves,
		"look.py":    "import os, pathlib, sys\nsecrets = list(pathlib.Path('/run').rglob('secrets/*'))\nleft = [k for k, v in os.environ.items() if 'canary' in v or k == 'TOKEN']\nsys.exit(f'{secrets} {left}' if secrets or left or pathlib.Path('/run/secrets').exists() else 0)\n",
		"slipway.yaml": "schema: 1\nmodel: secret\nbuild: {secrets: [{id: token, env: TOKEN}]}\n" +
			"test: {command: [python, /app/look.py]}\nsmoke: {protocol: http, ready: {path: /}, cases: smoke/*.yaml}\npublish: {unverified: allow}\n",
		"smoke/root.yaml": "request: {path: /, method: GET}\nexpect: {status: 200, contains: [Directory listing]}\n",
	})
	dockerfile := filepath.Join(dir, "Dockerfile")
	data, err := os.ReadFile(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dockerfile, strings.Replace(string(data), serves, "COPY look.py /app/\nWORKDIR /\n"+serves, 1))
	to := repository(t)
	o := shipEnv(t, []string{"TOKEN=" + canary}, dir, "--publish", to)
	o.wantStatus(t, result.Passed)
	if s := o.stage(t, "test"); s.Status != result.StagePassed {
		t.Errorf("test is %s: %s", s.Status, s.Reason)
	}
	if strings.Contains(o.output, canary) {
		t.Error("the secret is in the output")
	}
	err = filepath.WalkDir(o.out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(canary)) {
			t.Errorf("the secret is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, content := range published(t, o.Image.Reference) {
		if bytes.Contains(content, []byte(canary)) {
			t.Errorf("the secret is in the image's %s", what)
		}
	}

	// Rotated, it is another secret and no other step: nothing runs again.
	again := shipEnv(t, []string{"TOKEN=" + canary + "2"}, dir, "--publish", "none")
	again.wantStatus(t, result.Passed)
	if again.Image.Digest != o.Image.Digest {
		t.Errorf("with another value of the secret the digest is %s, was %s", again.Image.Digest, o.Image.Digest)
	}
	without := ship(t, dir)
	without.wantStatus(t, result.Invalid)
	if len(without.Problems) != 1 || !strings.Contains(without.Problems[0].Message, "TOKEN") {
		t.Errorf("without the variable: %+v", without.Problems)
	}
}

// halves is a word as a shell puts it together, so that the Dockerfile itself does not hold it.
func halves(s string) string { return s[:len(s)/2] + "''" + s[len(s)/2:] }

// published is every part of an image in a registry, layers without their compression.
func published(t *testing.T, reference string) map[string][]byte {
	t.Helper()
	ref, err := name.NewDigest(reference)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string][]byte{}
	if parts["manifest"], err = image.RawManifest(); err != nil {
		t.Fatal(err)
	}
	if parts["config"], err = image.RawConfigFile(); err != nil {
		t.Fatal(err)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		id, err := l.DiffID()
		if err != nil {
			t.Fatal(err)
		}
		blob, err := l.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(blob)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(z)
		if err = errors.Join(err, blob.Close()); err != nil {
			t.Fatal(err)
		}
		parts["layer "+id.String()] = content
	}
	return parts
}

// TestDockerfileSameBytes: a Dockerfile that only copies gives one digest,
// whatever the umask, the times and what .dockerignore leaves out; and a
// command's layer is said to be none that another build would make.
func TestDockerfileSameBytes(t *testing.T) {
	content := map[string]string{
		"Dockerfile":    "FROM python:3.11-slim\nWORKDIR /srv/model\nCOPY --chmod=600 app.py /etc/app.py\nCOPY . .\n" + serves,
		".dockerignore": "*\n!app.py\n!data\ndata/raw\n**/*.log\n",
		"app.py":        "print(1)\n", "data/a.txt": "a\n", "data/raw/big": "1\n", "x.log": "1\n", "data/y.log": "1\n", "notes.md": "1\n",
		"run.sh": "#!/bin/sh\n",
	}
	digests := map[string]string{}
	for _, mode := range []fs.FileMode{0o022, 0o077, 0o002} {
		dir := files(t, content)
		at := time.Unix(1_500_000_000+int64(mode), 0)
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			full := fs.FileMode(0o666)
			if d.IsDir() || strings.HasSuffix(path, ".sh") {
				full = 0o777
			}
			return errors.Join(os.Chmod(path, full&^mode), os.Chtimes(path, at, at))
		})
		if err != nil {
			t.Fatal(err)
		}
		content["notes.md"] += "ignored\n"
		o := ship(t, dir, "--publish", "oci:"+filepath.Join(t.TempDir(), "image"))
		o.wantStatus(t, result.Passed)
		digests[o.Image.Digest] = mode.String()
		for _, l := range o.Image.Layers {
			if !l.Reproducible || l.Kind == "dockerfile" && l.Instruction == "" {
				t.Errorf("layer %+v", l)
			}
		}
		if o.Base == nil || !strings.Contains(o.Base.Ref, "python:3.11-slim") || !strings.HasPrefix(o.Base.Digest, "sha256:") {
			t.Errorf("base is %+v", o.Base)
		}
	}
	if len(digests) != 1 {
		t.Errorf("one commit, %d digests: %v", len(digests), digests)
	}

	content["Dockerfile"] = "FROM python:3.11-slim\nCOPY app.py /app/\nRUN test ! -e /app/data && date > /when && rm /app/app.py\nCOPY data /app/data\nWORKDIR /app\n" + serves
	content["slipway.yaml"] = "test: {command: [python, -c, \"import os; assert sorted(os.listdir('/app/data')) == ['a.txt'], os.listdir('/app/data'); assert not os.path.exists('/app/app.py')\"]}\n"
	o := ship(t, files(t, content))
	o.wantStatus(t, result.Passed)
	var made []string
	for _, l := range o.Image.Layers {
		if !l.Reproducible {
			made = append(made, l.Instruction)
			if l.Why == "" {
				t.Errorf("%s: no reason", l.Instruction)
			}
		}
	}
	if len(made) != 1 || !strings.HasPrefix(made[0], "RUN test ! -e") {
		t.Errorf("not reproducible are %q", made)
	}
	if report := o.report(t); !strings.Contains(report, "| COPY data /app/data |") || !strings.Contains(report, "no: it ran a command") {
		t.Errorf("the report does not tell by layer:\n%s", report)
	}
}

// TestDockerfileContext: the context may be above the model, in the repository.
func TestDockerfileContext(t *testing.T) {
	top := files(t, map[string]string{
		"shared/lib.txt":                 "shared\n",
		"models/one/Dockerfile":          "FROM python:3.11-slim AS base\nARG GREETING=none\nRUN echo $GREETING > /greeting\nFROM base AS serve\nCOPY shared/ models/one/own.txt /app/\nWORKDIR /app\n" + serves + "FROM base\nRUN false\n",
		"models/one/own.txt":             "own\n",
		"models/one/slipway.yaml":        "build: {context: ../.., target: serve, args: {GREETING: hello}}\ntest: {command: [sh, -c, \"test $(cat /greeting)-$(cat /app/lib.txt)-$(cat /app/own.txt) = hello-shared-own\"]}\n",
		"models/one/dist/one/image/blob": "of an earlier run\n",
	})
	if out, err := exec.Command("git", "init", "--quiet", top).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	o := ship(t, filepath.Join(top, "models", "one"), "--publish", "none")
	o.wantStatus(t, result.Passed)
	if s := o.stage(t, "test"); s.Status != result.StagePassed {
		t.Errorf("test is %s: %s", s.Status, s.Reason)
	}
}

// TestDockerfileCache: a build on an engine that knows nothing takes its steps
// from the cache that another engine wrote: a command that writes the time has not run again.
func TestDockerfileCache(t *testing.T) {
	to := repository(t)
	dir := files(t, map[string]string{
		"Dockerfile":   "FROM python:3.11-slim\nRUN date +%s%N > /when\nCOPY app.py /app/\nWORKDIR /app\n" + serves,
		"app.py":       "print(1)\n",
		"slipway.yaml": "build: {cache-from: ['" + to + ":buildcache'], cache-to: ['" + to + ":buildcache']}\n",
	})
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	build := func(address string) outcome {
		o := shipEnv(t, []string{"XDG_CACHE_HOME=" + t.TempDir(), "GOCACHE=" + strings.TrimSpace(string(goCache))}, dir, "--engine", address)
		o.wantStatus(t, result.Passed)
		if slices.ContainsFunc(o.Warnings, func(w string) bool { return strings.Contains(w, "cache") }) {
			t.Errorf("warnings are %q", o.Warnings)
		}
		return o
	}
	first := build(startOther(t, "--state", "e2e-one", "--empty"))
	second := build(startOther(t, "--state", "e2e-two", "--empty"))
	if first.Image.Digest != second.Image.Digest {
		t.Errorf("the image was %s and is %s:\n%+v\n%+v", first.Image.Digest, second.Image.Digest, first.Image.Layers, second.Image.Layers)
	}
	write(t, filepath.Join(dir, "app.py"), "print(2)\n")
	third := build(startOther(t, "--state", "e2e-two", "--empty"))
	if one, three := first.Image.Layers[1], third.Image.Layers[1]; one.DiffID != three.DiffID || three.Instruction != "RUN date +%s%N > /when" {
		t.Errorf("the command ran again: %+v and %+v", one, three)
	}
	if first.Image.Layers[2].DiffID == third.Image.Layers[2].DiffID {
		t.Error("the changed file is not in the image")
	}
}

// TestDockerfileCacheFails: a cache that cannot be written is a warning that says why.
func TestDockerfileCacheFails(t *testing.T) {
	dir := files(t, map[string]string{
		"Dockerfile":   "FROM python:3.11-slim\nWORKDIR /app\n" + serves,
		"slipway.yaml": "build: {cache-from: [\"127.0.0.1:1/x:buildcache\"], cache-to: [\"127.0.0.1:1/x:buildcache\"]}\n",
	})
	o := ship(t, dir)
	o.wantStatus(t, result.Passed)
	if !slices.ContainsFunc(o.Warnings, func(w string) bool {
		return strings.Contains(w, "127.0.0.1:1/x:buildcache") && strings.Contains(w, "nothing listens there")
	}) {
		t.Errorf("warnings are %q", o.Warnings)
	}
	none := ship(t, dir, "--publish", "none")
	none.wantStatus(t, result.Passed)
	if slices.ContainsFunc(none.Warnings, func(w string) bool { return strings.Contains(w, "cache was not written") }) {
		t.Errorf("a run that publishes nothing wrote its cache: %q", none.Warnings)
	}
}
