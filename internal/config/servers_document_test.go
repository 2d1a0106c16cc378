package config

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/testkit"
)

// TestServersTable: what the table says of a server can be done.
func TestServersTable(t *testing.T) {
	for _, s := range servers {
		if _, err := protocol.For(s.protocol); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		for _, pattern := range s.files {
			if _, err := path.Match(pattern, ""); err != nil {
				t.Errorf("%s: %s: %v", s.name, pattern, err)
			}
			if strings.Count(pattern, "/") > lookDepth {
				t.Errorf("%s: %s is deeper than what is looked at", s.name, pattern)
			}
		}
		if (len(s.command) == 0) == (s.instead == "") {
			t.Errorf("%s: a server has a command, or what to do instead", s.name)
		}
		if (len(s.command) == 0) != (len(s.packages) == 0) {
			t.Errorf("%s: a command needs the package that brings it", s.name)
		}
		if len(s.command) > 0 && !slices.Contains(s.command, "{port}") && s.portEnv == "" {
			t.Errorf("%s: nothing tells it the port", s.name)
		}
	}
}

// TestServersDocument: docs/servers.md says what the table says.
func TestServersDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# How the model server is found

Written from internal/config/servers.go by ` + "`go test ./internal/config -update`" + `.

What slipway.yaml does not say is found in the model's files, and ` + "`slipway plan`" + ` prints each value with its reason. Whatever slipway.yaml does say stays.

1. What is started tells most: serve.command, or the Dockerfile's last stage (or build.target): FROM, ENTRYPOINT, CMD, ENV, LABEL and EXPOSE.
2. Then the files below, from top to bottom; the first that is there and holds what the server needs is taken.
3. Where nothing tells: ` + "`http`" + ` for a Python build; for a Dockerfile build ` + "`auto`" + `: the labels, environment and command of the finished image decide.

For a Python build, the files also decide the command, the port, the environment, the Python version (also .python-version, else ` + defaultPython + `) and the requirements file.
A server that the requirements do not bring is a problem of the configuration, which names the line to add. A Dockerfile build takes only the protocol, the model's name and the path of readiness from them.

| found by | server | protocol | port | started by |
|---|---|---|---|---|
`)
	for _, s := range servers {
		started := "`" + strings.Join(s.command, " ") + "`"
		if len(s.command) == 0 {
			started = "a Dockerfile: " + s.instead
		}
		if s.portEnv != "" {
			started += "; another port by `" + s.portEnv + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %d | %s |\n", strings.Join(s.files, "`, `"), s.name, s.protocol, s.port, started)
	}
	b.WriteString(`
` + "`{target}`" + ` is the service, module or directory that the files name.

- **Cog**: the environment gets COG_PREDICT_TYPE_STUB from the key run (or predict), and what environment lists. python_version and python_requirements of build count. system_packages, run, gpu and cuda are for Cog's own builder, which is not used: a warning names them.
- **BentoML**: the service is the one that bentofile.yaml or [tool.bentoml.build] names, else the class under @bentoml.service in service.py. docker.python_version, python.requirements_txt and envs count. With build.user, BENTOML_HOME is /tmp/bentoml: BentoML makes directories at start.
- **MLServer**: the model's name is that of model-settings.json, else its directory's. Worker processes of MLServer 1.7 crash with a current uvloop: unless settings.json sets
  parallel_workers, the environment gets MLSERVER_PARALLEL_WORKERS=0. The runtime that implementation names must be among the requirements.
  Of several model-settings.json the first tells which model is asked, and a warning says so.
- **MLflow**: the Python version is that of python_env.yaml, else of MLmodel. Its own requirements.txt is taken when there is none at the top. Beside an app.py, which may load the model, serve.command or smoke.protocol must say which of the two is served.
- **Truss, Triton, TorchServe, TensorFlow Serving** come in images of their own: in a Python build with a serve.command, their files are taken for data.

A file of these that is broken stops no run that can do without it.
`)
	testkit.Golden(t, "../../docs/servers.md", b.String())
}
