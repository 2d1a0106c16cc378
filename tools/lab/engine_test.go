package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEngineConfig(t *testing.T) {
	got := engineConfig{Registry: "localhost:5001", Mirror: true, CNI: "/lab/cni"}.toml()
	want := `# Written by ` + "`lab up`" + `: changes are lost.

[registry."docker.io"]
  mirrors = ["localhost:5001"]

[registry."127.0.0.1:5001"]
  http = true

[registry."localhost:5001"]
  http = true

[worker.oci]
  cniBinaryPath = "/lab/cni"
  cniPoolSize = 4
  gc = true
  reservedSpace = "4GB"
  maxUsedSpace = "12GB"
  minFreeSpace = "4GB"
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (engineConfig{Registry: "localhost:5001"}).toml(); strings.Contains(got, "docker.io") {
		t.Errorf("with Docker Hub in reach there is no mirror, got:\n%s", got)
	}
}

func TestEngineSeesOnlyWhatItNeeds(t *testing.T) {
	environ := []string{"HOME=/root", "https_proxy=http://proxy:3128", "SSL_CERT_FILE=/ca.pem", "GITHUB_TOKEN=secret", "PIP_INDEX_URL=http://x", "PATH=/evil"}
	got := engineEnv(layout{Home: "/lab"}, environ)
	want := []string{
		"PATH=/lab/run/iptables:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HIDDEN=" + strings.Join(hiddenDirs, " "),
		"DO_NOT_TRACK=1",
		"HOME=/root", "https_proxy=http://proxy:3128", "SSL_CERT_FILE=/ca.pem",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The engine's version stands in three places that must agree, or clients refuse the engine.
func TestVersionsAgree(t *testing.T) {
	for file, module := range map[string]string{"../engine/go.mod": "github.com/dagger/dagger", "../../go.mod": "dagger.io/dagger"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if want := module + " " + engineVersion; !strings.Contains(string(data), want) {
			t.Errorf("%s does not require %s", file, want)
		}
	}
}

// Paths that the engine is built with are made by the lab.
func TestDistconstsAgree(t *testing.T) {
	data, err := os.ReadFile("../engine/distconsts/distconsts.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"` + usual.address() + `"`, `"` + runtimeDir + `/bin/init"`, `"` + runtimeDir + `/content"`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("distconsts.go does not have %s", want)
		}
	}
}

func TestEngineKeyChangesWithSourcesAndPrograms(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../engine")); err != nil {
		t.Fatal(err)
	}
	keyOf := func(programs ...string) string {
		t.Helper()
		key, err := engineKey(dir, programs)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	first := keyOf("engine")
	if keyOf("engine") != first {
		t.Error("the same sources gave two keys")
	}
	if keyOf("dagger") == first {
		t.Error("other programs gave the same key")
	}
	if err := os.WriteFile(filepath.Join(dir, "distconsts", "distconsts.go"), []byte("package distconsts\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if keyOf("engine") == first {
		t.Error("other sources gave the same key")
	}
}

func TestFindEngineSource(t *testing.T) {
	want, err := filepath.Abs("../engine")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{".", "..", "../..", "../engine/distconsts"} {
		from, err := filepath.Abs(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := findEngineSource(from); err != nil || got != want {
			t.Errorf("from %s: got %q, %v; want %q", dir, got, err, want)
		}
	}
	if _, err := findEngineSource(t.TempDir()); err == nil {
		t.Error("outside the repository: want an error")
	}
}

func TestStateNames(t *testing.T) {
	for name, want := range map[string]bool{"engine": true, "second-1": true, "": false, "../x": false, "/etc": false, "A": false, "-x": false} {
		if got := stateName.MatchString(name); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}
