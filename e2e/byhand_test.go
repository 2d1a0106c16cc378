//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// ask starts the image's server as its entrypoint would and sends one recorded
// case, with nothing but Python's standard library.
const ask = `
import json, subprocess, time, urllib.request
server = subprocess.Popen(["uvicorn", "app:app", "--host", "127.0.0.1", "--port", "8080", "--log-level", "warning"])
body = json.dumps([[5.1, 3.5, 1.4, 0.2]]).encode()
for _ in range(300):
    try:
        request = urllib.request.Request("http://127.0.0.1:8080/predict", body, {"Content-Type": "application/json"})
        print(urllib.request.urlopen(request).read().decode())
        break
    except OSError:
        time.sleep(0.1)
server.terminate()
server.wait()
`

// TestByHand pulls the published digest with another program (Dagger's own
// CLI, or Docker) and asks it without the probe.
func TestByHand(t *testing.T) {
	o := ship(t, model("iris"), "--publish", repository(t))
	o.wantStatus(t, result.Passed)
	cmd := command(t, lab.runnerHost(), lab.CLI,
		"core", "--silent", "container", "from", "--address", o.Image.Reference,
		"with-new-file", "--path", "/ask.py", "--contents", ask,
		"with-exec", "--args", "python,/ask.py", "stdout")
	if lab.Engine == "" { // an engine in Docker does not see the registry on this machine's loopback; Docker does
		cmd = command(t, nil, "docker", "run", "--rm", o.Image.Reference, "python", "-c", ask)
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the pulled image did not answer: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "[[0.97809039284747") {
		t.Errorf("the pulled image answers %s", out)
	}
}

// TestDaggerRun: the documented way from source, inside a session that dagger opened.
func TestDaggerRun(t *testing.T) {
	out := t.TempDir()
	cmd := command(t, lab.runnerHost(), lab.CLI, "run", "--silent", "go", "run", "./pipeline", model("slides"), "--out", out)
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("dagger run: %v\n%s", err, output)
	}
	read(t, out, 0, string(output)).wantStatus(t, result.Passed)
}
