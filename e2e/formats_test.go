//go:build e2e

package e2e

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// pyproject asks for one package, and for another where it is developed.
const pyproject = `[project]
name = "packages"
version = "1"
requires-python = ">=3.11"
dependencies = ["iniconfig==2.0.0"]

[dependency-groups]
dev = ["packaging"]
`

// uvLocks are a uv.lock and a pylock.toml of pyproject, made by uv itself:
// they name where each file was found, which differs from network to network.
const uvLocks = `
set -e
bundle=/etc/ssl/certs/ca-certificates.crt
if [ -e $bundle ]; then export SSL_CERT_FILE=$bundle PIP_CERT=$bundle; fi
python -m pip install --quiet --root-user-action=ignore --disable-pip-version-check uv==0.13.9
uv lock --quiet --directory /p
uv export --quiet --frozen --no-dev --no-emit-project --directory /p --format pylock.toml --output-file /p/pylock.toml >/dev/null
`

// TestFormats ships the same package from every kind of file that names it:
// the layer is the same.
func TestFormats(t *testing.T) {
	of := uv(t, uvLocks, map[string]string{"pyproject.toml": pyproject}, "uv.lock", "pylock.toml")
	layers := map[string]string{}
	for name, files := range map[string]map[string]string{
		"uv.lock":      {"pyproject.toml": pyproject, "uv.lock": of["uv.lock"]},
		"pylock.toml":  {"pylock.toml": of["pylock.toml"]},
		"pyproject":    {"pyproject.toml": pyproject},
		"requirements": {"requirements.txt": "iniconfig==2.0.0\n"},
		"hashes":       {"requirements.txt": "iniconfig==2.0.0 --hash=sha256:b6a85871a79d2e3b22d2d1b94ac2824226a63c6b741c88f7ae975f18b6778374\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyTree(t, filepath.Join("e2e", "testdata", "packages"))
			for file, text := range files {
				write(t, filepath.Join(dir, file), text)
			}
			o := ship(t, dir, "--fresh")
			o.wantStatus(t, result.Passed)
			if len(o.Dependencies) != 1 || o.Dependencies[0] != (result.Dependency{Name: "iniconfig", Version: "2.0.0"}) || !strings.Contains(o.Deps.Why, "--fresh") {
				t.Errorf("%+v, %v", o.Deps, o.Dependencies)
			}
			unlocked := name == "pyproject" || name == "requirements"
			if got := strings.Contains(strings.Join(o.Warnings, "\n"), "is not locked by hash"); got != unlocked {
				t.Errorf("warnings %q", o.Warnings)
			}
			layers[name] = o.Deps.DiffID
		})
	}
	for name, diffID := range layers {
		if diffID != layers["hashes"] {
			t.Errorf("%s: the layer is %s, of hashed requirements it is %s", name, diffID, layers["hashes"])
		}
	}
}

// TestLocalPackages: packages of the same repository, which would be missing, are told.
func TestLocalPackages(t *testing.T) {
	local := strings.Replace(pyproject, `["iniconfig==2.0.0"]`, `["mine"]`, 1) + "\n[tool.uv.sources]\nmine = {path = \"mine\"}\n"
	mine := "[project]\nname = \"mine\"\nversion = \"1\"\n"
	of := uv(t, strings.Replace(uvLocks, "uv export", ": uv export", 1), map[string]string{"pyproject.toml": local, "mine/pyproject.toml": mine}, "uv.lock")
	dir := copyTree(t, filepath.Join("e2e", "testdata", "packages"))
	write(t, filepath.Join(dir, "pyproject.toml"), local)
	write(t, filepath.Join(dir, "uv.lock"), of["uv.lock"])
	o := ship(t, dir)
	if o.wantStatus(t, result.Failed); !strings.Contains(o.Error.What, "takes packages from this repository") || !strings.Contains(o.Error.What, "./mine") {
		t.Errorf("%+v", o.Error)
	}
}

// uv runs a script in a base image that has uv, and returns files of /p.
func uv(t *testing.T, script string, files map[string]string, wanted ...string) map[string]string {
	t.Helper()
	args := []string{"core", "--silent", "container", "from", "--address", "python:3.11-slim"}
	for name, text := range files {
		args = append(args, "with-new-file", "--path", "/p/"+name, "--contents", text)
	}
	args = append(args, "with-new-file", "--path", "/script", "--contents", script, "with-exec", "--args", "sh,/script")
	out := map[string]string{}
	for _, name := range wanted {
		text, err := command(t, lab.runnerHost(), lab.CLI, append(args, "file", "--path", "/p/"+name, "contents")...).Output() // the CLI warns on standard error
		if err != nil {
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				text = exit.Stderr
			}
			t.Fatalf("uv: %v\n%s", err, text)
		}
		out[name] = string(text)
	}
	return out
}
