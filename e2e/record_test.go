//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestRecord writes down what iris answers, and the next run compares with it.
func TestRecord(t *testing.T) {
	dir := copyModel(t, "iris")
	cases := filepath.Join(dir, "smoke")
	if err := os.RemoveAll(cases); err != nil {
		t.Fatal(err)
	}
	const request = "# one flower\nrequest: {method: POST, path: /predict, json: [[5.1, 3.5, 1.4, 0.2]]}\n"
	write(t, filepath.Join(cases, "setosa.yaml"), request)
	write(t, filepath.Join(cases, "by-hand.yaml"), request+"expect:\n  answer: [[1, 0, 0]]   # as in the book\n  tolerance: {atol: 0.01}\n")

	shown := do(t, nil, "record", dir, "--dry-run")
	if !strings.Contains(shown.output, "+  answer: [[0.978") || !strings.Contains(shown.output, "nothing was written") || readText(t, filepath.Join(cases, "setosa.yaml")) != request {
		t.Fatalf("a dry run shows what it would write, and writes nothing:\n%s", shown.output)
	}
	o := do(t, nil, "record", dir)
	o.wantStatus(t, result.Failed) // by-hand expects something else, and stays as it is
	if !strings.Contains(o.output, "by-hand was left alone: a person wrote what it expects") {
		t.Errorf("nothing is said of the answer that a person wrote:\n%s", o.output)
	}
	if got := readText(t, filepath.Join(cases, "setosa.yaml")); !strings.Contains(got, "recorded by `slipway record`") || !strings.HasPrefix(got, request) {
		t.Errorf("recorded is:\n%s", got)
	}
	do(t, nil, "record", dir, "--force").wantStatus(t, result.Passed)
	if got := readText(t, filepath.Join(cases, "by-hand.yaml")); strings.Contains(got, "[[1, 0, 0]]") || !strings.Contains(got, "# as in the book\n  tolerance: {atol: 0.01}\n") {
		t.Errorf("--force replaces the answer, and keeps comment and tolerance:\n%s", got)
	}
	again := do(t, nil, "record", dir)
	again.wantStatus(t, result.Passed)
	if strings.Contains(again.output, "+++") {
		t.Errorf("what is recorded already was recorded again:\n%s", again.output)
	}
	shipped := ship(t, dir, "--publish", "none")
	shipped.wantStatus(t, result.Passed)
	if !shipped.Verified {
		t.Errorf("recorded, and not verified: %v", shipped.Unverified)
	}
}

// TestRecordExample: a model without a case gets one, of the example that MLflow saved with it.
func TestRecordExample(t *testing.T) {
	dir := copyModel(t, "wine-mlflow")
	if err := os.RemoveAll(filepath.Join(dir, "smoke")); err != nil {
		t.Fatal(err)
	}
	o := ship(t, dir, "--publish", "none")
	o.wantStatus(t, result.Passed)
	if o.Verified || !strings.Contains(strings.Join(o.Unverified, " "), "serving_input_example.json") {
		t.Errorf("verified %v, because %v", o.Verified, o.Unverified)
	}
	do(t, nil, "record", dir).wantStatus(t, result.Passed)
	if got := readText(t, filepath.Join(dir, "smoke", "example.yaml")); !strings.Contains(got, "# the request is from") || !strings.Contains(got, "answer:") {
		t.Errorf("recorded is:\n%s", got)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
