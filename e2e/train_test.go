//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestTrain: a training runs once for the same inputs, also on a machine that
// starts empty when slipway.lock vouches for what it wrote, and again on other data.
func TestTrain(t *testing.T) {
	dir, to := copyModel(t, "iris-trained"), repository(t)
	cache := emptyCache(t)
	first := shipEnv(t, cache, dir, "--publish", to)
	first.wantStatus(t, result.Passed)
	if first.Train == nil || first.Train.Hit != "" || len(first.Train.Outputs) != 2 || first.Metrics["test.accuracy"] == 0 {
		t.Errorf("train is %+v, metrics %v", first.Train, first.Metrics)
	}
	again := shipEnv(t, cache, dir, "--publish", to)
	again.wantStatus(t, result.Passed)
	if again.Train.Hit != "store" || again.Image.Digest != first.Image.Digest {
		t.Errorf("train is %+v; the image was %s and is %s", again.Train, first.Image.Digest, again.Image.Digest)
	}

	// Without a lock nobody vouches for what the registry has.
	cold := shipEnv(t, emptyCache(t), dir, "--publish", to)
	cold.wantStatus(t, result.Passed)
	if cold.Train.Hit != "" || cold.Image.Digest != first.Image.Digest {
		t.Errorf("without a lock train is %+v", cold.Train)
	}
	do(t, cache, "lock", dir).wantStatus(t, result.Passed)
	locked := shipEnv(t, emptyCache(t), dir, "--publish", to)
	locked.wantStatus(t, result.Passed)
	if locked.Train.Hit != "registry" || locked.Image.Digest != first.Image.Digest {
		t.Errorf("with a lock train is %+v", locked.Train)
	}

	// Other data, another training.
	data := filepath.Join(dir, "data", "iris.csv")
	rows, err := os.ReadFile(data)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(rows), "\n")
	write(t, data, strings.Join(append(lines[:1:1], lines[2:]...), ""))
	changed := shipEnv(t, cache, dir, "--publish", "none")
	if changed.Train == nil || changed.Train.Hit != "" || changed.Train.Key == first.Train.Key {
		t.Errorf("with other data train is %+v", changed.Train)
	}
}

// TestTrainFails: what training does wrong is the model's fault, and nothing of it is published.
func TestTrainFails(t *testing.T) {
	for _, test := range []struct{ name, file, was, is, stage, reason string }{
		{"gate", "slipway.yaml", "metric: test.accuracy, min: 0.9", "metric: test.accuracy, min: 1.5", "gate", "test.accuracy"},
		{"command", "train.py", "", "raise SystemExit('no more data')\n", "train", "no more data"},
		{"output", "slipway.yaml", "outputs: [weights/model.joblib, metrics.json]", "outputs: [weights/model.joblib, weights/other.bin, metrics.json]", "train", "weights/other.bin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, to := copyModel(t, "iris-trained"), repository(t)
			path := filepath.Join(dir, test.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(text), test.was, test.is, 1)
			if test.was == "" {
				changed = test.is + changed
			}
			write(t, path, changed)
			o := ship(t, dir, "--publish", to)
			o.wantStatus(t, result.Failed)
			if s := o.stage(t, test.stage); s.Status != result.StageFailed || !strings.Contains(s.Reason, test.reason) {
				t.Errorf("%s is %s: %s", test.stage, s.Status, s.Reason)
			}
			if status, _ := get(t, to, "dev"); status != 404 {
				t.Errorf("the registry answers %d for its tag", status)
			}
		})
	}
}

// emptyCache is the environment of a machine that has run nothing before.
func emptyCache(t *testing.T) []string {
	t.Helper()
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"XDG_CACHE_HOME=" + t.TempDir(), "GOCACHE=" + strings.TrimSpace(string(goCache))}
}
