//go:build e2e

package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
)

// BenchmarkProbe starts a real model server on this machine under the probe:
// "overhead-ms" is the probe's whole run less the server's start, its answers and its end.
func BenchmarkProbe(b *testing.B) {
	server := filepath.Join(b.TempDir(), "server")
	build(b, filepath.Join(root, model("wine-go")), server, ".")
	try := probing(b, []string{server})
	over, n := 0.0, 0
	for b.Loop() {
		n++
		took, seen := try()
		if seen.ReadyMS == nil || seen.Answers[0].Status != 200 {
			b.Fatalf("not asked: %+v", seen)
		}
		over += took - *seen.ReadyMS - seen.Answers[0].LatencyMS - *seen.StopMS
	}
	bound(b, "overhead-ms", over/float64(n), 0, 150)
}

// BenchmarkCrash starts a server that dies: "late-ms" is how long after its death the observations are there.
func BenchmarkCrash(b *testing.B) {
	try := probing(b, []string{"/bin/sh", "-c", "sleep 0.2; exit 3"})
	late, n := 0.0, 0
	for b.Loop() {
		n++
		took, seen := try()
		if seen.Exit == nil || seen.Exit.Code != 3 {
			b.Fatalf("not dead: %+v", seen)
		}
		late += took - seen.Exit.AfterMS
	}
	bound(b, "late-ms", late/float64(n), 0, 1000)
}

// probing builds the probe and gives what runs it over a server, and says how long it took in milliseconds.
func probing(b *testing.B, server []string) func() (ms float64, seen protocol.Observations) {
	dir := b.TempDir()
	probe := filepath.Join(dir, "probe")
	build(b, root, probe, "./cmd/probe")
	spec := protocol.Spec{
		Version: protocol.SpecVersion, Protocol: "http", Port: 8080, Command: server, Network: "open",
		Ready: protocol.Ready{TimeoutMS: 10_000},
		Cases: []protocol.Request{{Name: "one", Path: "/predict", JSON: []byte(`[[12.81, 2.31, 2.4, 24.0, 98.0, 1.15, 1.09, 0.27, 0.83, 5.7, 0.66, 1.36, 560.0]]`)}},
	}
	told, err := json.Marshal(spec)
	if err != nil {
		b.Fatal(err)
	}
	file, out := filepath.Join(dir, "spec.json"), filepath.Join(dir, "observations.json")
	if err := os.WriteFile(file, told, 0o644); err != nil {
		b.Fatal(err)
	}
	return func() (float64, protocol.Observations) {
		started := time.Now()
		if output, err := command(b, nil, probe, "smoke", "--spec", file, "--out", out).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, output)
		}
		took := time.Since(started)
		var seen protocol.Observations
		data, err := os.ReadFile(out)
		if err == nil {
			err = json.Unmarshal(data, &seen)
		}
		if err != nil {
			b.Fatal(err)
		}
		return float64(took.Microseconds()) / 1000, seen
	}
}

// BenchmarkLatency loads one server with Slipway and with hey, in turn: the
// ratios say how far apart their percentiles are; 1 is equal.
func BenchmarkLatency(b *testing.B) {
	const requests, workers = 400, 4
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(4*time.Millisecond + time.Duration(rand.ExpFloat64()*float64(3*time.Millisecond)))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("[[0.98, 0.02, 0.0]]"))
	}))
	defer server.Close()
	hey := filepath.Join(b.TempDir(), "hey")
	build(b, root, hey, "-modfile=tools/hey/go.mod", "github.com/rakyll/hey")
	dir := b.TempDir()
	const body = "[[5.1, 3.5, 1.4, 0.2]]"
	for name, content := range map[string]string{
		"slipway.yaml":   fmt.Sprintf("schema: 1\nmodel: load\nsmoke: {protocol: http, load: {requests: %d, concurrency: %d}}\n", requests, workers),
		"smoke/one.yaml": "request: {method: POST, path: /predict, json: " + body + "}\nexpect: {answer: [[0.98, 0.02, 0.0]]}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	var ours, theirs [2][]float64
	for b.Loop() {
		out := b.TempDir()
		if output, err := command(b, nil, slipway, "smoke", "--url", server.URL, "--load", dir, "--out", out).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, output)
		}
		r, err := result.Read(filepath.Join(out, "result.json"))
		if err != nil {
			b.Fatal(err)
		}
		if r.Smoke.Load == nil || r.Smoke.Load.Answered != requests {
			b.Fatalf("no load: %+v", r.Smoke.Load)
		}
		ours[0], ours[1] = append(ours[0], r.Smoke.LatencyMS.P50), append(ours[1], r.Smoke.LatencyMS.P95)
		args := []string{"-n", strconv.Itoa(requests), "-c", strconv.Itoa(workers), "-m", "POST", "-T", "application/json", "-d", body, "-o", "csv", server.URL + "/predict"}
		csv, err := command(b, nil, hey, args...).Output()
		if err != nil {
			b.Fatal(err)
		}
		p50, p95 := heyPercentiles(b, string(csv))
		theirs[0], theirs[1] = append(theirs[0], p50), append(theirs[1], p95)
	}
	bound(b, "p50-ratio", median(ours[0])/median(theirs[0]), 0.9, 1.1)
	bound(b, "p95-ratio", median(ours[1])/median(theirs[1]), 0.9, 1.1)
	b.ReportMetric(median(ours[0]), "p50-ms")
}

// heyPercentiles reads hey's list of requests: the time of the whole exchange
// less the one it took to connect, which a latency of ours does not include.
func heyPercentiles(b *testing.B, text string) (p50, p95 float64) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 2 {
		b.Fatalf("hey: %v\n%s", err, text)
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	total, dial := column("response-time"), column("DNS+dialup")
	var ms []float64
	for _, row := range rows[1:] {
		t, err1 := strconv.ParseFloat(row[total], 64)
		d, err2 := strconv.ParseFloat(row[dial], 64)
		if err1 != nil || err2 != nil {
			b.Fatalf("hey: %v, %v in %q", err1, err2, row)
		}
		ms = append(ms, (t-d)*1000)
	}
	slices.Sort(ms)
	rank := func(p float64) float64 { return ms[int(math.Ceil(p*float64(len(ms))))-1] }
	return rank(0.5), rank(0.95)
}

// bound reports a figure, and fails the benchmark when it is not what the documents say.
func bound(b *testing.B, name string, got, least, most float64) {
	b.ReportMetric(got, name)
	if got < least || got > most {
		b.Errorf("%s is %.2f, the goal is %g to %g", name, got, least, most)
	}
}

func median(xs []float64) float64 {
	slices.Sort(xs)
	return xs[len(xs)/2]
}

func build(b *testing.B, dir, out string, args ...string) {
	b.Helper()
	cmd := exec.Command("go", append([]string{"build", "-o", out}, args...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("building %s: %v\n%s", args, err, output)
	}
}
