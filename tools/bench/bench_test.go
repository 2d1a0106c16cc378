package main

import (
	"os"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		samples []float64
		want    float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(test.samples); got != test.want {
			t.Errorf("median of %v is %v, want %v", test.samples, got, test.want)
		}
	}
}

// all is a whole run's series, in short.
var all = []series{
	{Who: "slipway", What: cold, Unit: "s", Median: 10}, {Who: "buildkit", What: cold, Unit: "s", Median: 30}, {Who: "podman", What: cold, Unit: "s", Median: 12},
	{Who: "slipway", What: code, Unit: "s", Median: 1.4}, {Who: "slipway", What: layers, Unit: "B", Median: 0}, {Who: "slipway", What: returning, Unit: "s", Median: 3},
	{Who: "slipway", What: beyond, Unit: "B", Median: 70 << 10},
}

// TestRows: what is met, what is missed, and what was not measured, which is neither met nor 0.
func TestRows(t *testing.T) {
	verdicts := map[string]string{}
	for _, line := range (report{Rows: rows(all)}).goals() {
		verdicts[line[0]] = line[2] + " " + line[3]
	}
	for what, want := range map[string]string{
		"cold: build and publish, BuildKit = 1": "0.33 × met",
		"cold: build and publish, podman = 1":   "0.83 × MISSED",
		code:                                    "1.40 s met",
		unchanged:                               "not measured ",
		layers:                                  "0 B met",
		returning + ", own cold = 1":            "0.30 × met",
		beyond:                                  "70.0 KiB MISSED",
	} {
		if verdicts[what] != want {
			t.Errorf("%s: %q, want %q", what, verdicts[what], want)
		}
	}
}

func TestOwn(t *testing.T) {
	dir := t.TempDir()
	const text = `{"tests":{"duration_ms":1000},"smoke":{"startup_ms":2000,"stop_ms":100,"cases":[{"latency_ms":20},{"latency_ms":30}]},
		"image":{"layers":[{"kind":"code","size":5,"pushed_bytes":5},{"kind":"base","size":9}]}}`
	if err := os.WriteFile(dir+"/result.json", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := readResult(dir)
	if err != nil || r.own() != 3.15 {
		t.Errorf("own is %v, %v", r.own(), err)
	}
	if size, pushed := r.layer(""); size != 14 || pushed != 5 {
		t.Errorf("layers have %d bytes, %d of them uploaded", size, pushed)
	}
}

// TestDocument: only what lies between the marks changes.
func TestDocument(t *testing.T) {
	r := report{Series: all, Rows: rows(all)}
	got, err := r.document("before\n" + begin + "of an earlier run\n" + end + "after\n")
	if err != nil {
		t.Fatal(err)
	}
	text := string(got)
	if !strings.HasPrefix(text, "before\n"+begin) || !strings.HasSuffix(text, end+"after\n") || strings.Contains(text, "earlier") || !strings.Contains(text, "| 0.33 × | met |") {
		t.Errorf("got %s", text)
	}
	if _, err := r.document("no marks"); err == nil {
		t.Error("a page without marks was written")
	}
}

func TestPlot(t *testing.T) {
	got := plot(all)
	if strings.Count(got, "<rect") != 6 || !strings.Contains(got, ">30.00 s<") {
		t.Errorf("got %s", got)
	}
}

func TestLook(t *testing.T) {
	peaks := map[int]process{}
	look(os.Getpid(), peaks)
	if p := peaks[os.Getpid()]; p.name == "" || p.peak < 1<<20 {
		t.Errorf("saw %+v", peaks)
	}
}
