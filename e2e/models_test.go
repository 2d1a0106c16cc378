//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestModels ships every working model: tested, asked, published.
func TestModels(t *testing.T) {
	for _, name := range []string{"iris", "slides", "wine-mlflow"} {
		t.Run(name, func(t *testing.T) {
			to := repository(t)
			o := ship(t, model(name), "--publish", to)
			o.wantStatus(t, result.Passed)
			if !o.Verified {
				t.Errorf("not verified: %v", o.Unverified)
			}
			if o.Tests == nil || o.Tests.Passed == 0 || o.Tests.Failed != 0 {
				t.Errorf("tests: %+v", o.Tests)
			}
			if o.Smoke == nil || len(o.Smoke.Cases) == 0 || o.Smoke.StartupMS == nil || o.Smoke.MemoryPeakBytes == nil {
				t.Errorf("smoke: %+v", o.Smoke)
			}
			if want := to + "@" + o.Image.Digest; o.Image.Reference != want {
				t.Errorf("reference is %s, want %s", o.Image.Reference, want)
			}
			if strings.Join(o.Image.Tags, " ") != "dev" {
				t.Errorf("tags are %v, want dev", o.Image.Tags)
			}
			wantManifest(t, to, "dev", o.Image.Digest)
			wantManifest(t, to, o.Image.Digest, o.Image.Digest)
		})
	}
}

// TestBrokenModels: each ends failed in its own stage, with its reason in the report, and is not published.
func TestBrokenModels(t *testing.T) {
	for _, test := range []struct {
		model, stage string
		report       []string
	}{
		{"broken-test", "test", []string{"tests/test_app.py:21"}},
		{"broken-start", "smoke", []string{"exit code 1", "FileNotFoundError"}},
		{"broken-prediction", "smoke", []string{"versicolor", "0.8573569422058247", "0.974550137627028"}},
	} {
		t.Run(test.model, func(t *testing.T) {
			to := repository(t)
			o := ship(t, model(test.model), "--publish", to)
			o.wantStatus(t, result.Failed)
			for _, s := range o.Stages {
				if (s.Status == result.StageFailed) != (s.Name == test.stage) {
					t.Errorf("stage %s is %s: %s", s.Name, s.Status, s.Reason)
				}
			}
			report := o.report(t)
			for _, want := range test.report {
				if !strings.Contains(report, want) {
					t.Errorf("the report does not say %q:\n%s", want, report)
				}
			}
			if o.Image.Reference != "" {
				t.Errorf("a failed model was published: %s", o.Image.Reference)
			}
			if status, _ := get(t, to, "dev"); status != 404 {
				t.Errorf("the registry answers %d for the tag of a failed model, want 404", status)
			}
		})
	}
}

// TestLayout: without a registry the image goes to a directory, with the same digest.
func TestLayout(t *testing.T) {
	there := ship(t, model("iris"), "--publish", repository(t))
	there.wantStatus(t, result.Passed)
	here := ship(t, model("iris"))
	here.wantStatus(t, result.Passed)
	if here.Image.Repository != "oci:"+here.out+"/image" {
		t.Errorf("the image went to %s", here.Image.Repository)
	}
	if here.Image.Digest != there.Image.Digest {
		t.Errorf("digest in the directory is %s, in the registry %s", here.Image.Digest, there.Image.Digest)
	}
}

// TestCodeChange: a change in the code moves the code and nothing else.
func TestCodeChange(t *testing.T) {
	dir := copyModel(t, "iris")
	to := repository(t)
	before := ship(t, dir, "--publish", to)
	before.wantStatus(t, result.Passed)
	appendTo(t, dir+"/app.py", "\n# a change\n")
	after := ship(t, dir, "--publish", to)
	after.wantStatus(t, result.Passed)
	if before.Image.Digest == after.Image.Digest {
		t.Error("a changed app.py did not change the digest")
	}
	for _, l := range after.Image.Layers {
		if moved := *l.PushedBytes > 0; moved != (l.Kind == "code") {
			t.Errorf("%s: %d bytes were pushed", l.Kind, *l.PushedBytes)
		}
	}
	if after.Deps.Hit != "store" {
		t.Errorf("the dependencies were made again: %+v", after.Deps)
	}
}
