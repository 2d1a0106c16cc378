package lock

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/testkit"
)

func digest(c string) string { return "sha256:" + strings.Repeat(c, 64) }

func full() Lock {
	key := strings.Repeat("5", 64)
	return Lock{
		Base: Base{Ref: "python:3.11-slim", Digests: map[string]string{"linux/arm64": digest("2"), "linux/amd64": digest("1")}},
		Dependencies: &Dependencies{
			File: "requirements.lock", Digest: digest("3"), From: "deps/requirements.txt", FromDigest: digest("4"), UV: "0.13.9", Recipe: 2,
			Layers: map[string]Layer{"linux/amd64": {Key: key, DiffID: digest("6"), Image: digest("7")}, "linux/arm64": {Key: key, DiffID: digest("8")}},
		},
		Apt: &Apt{
			Asked: []string{"libgomp1"}, Recipe: 1,
			Layers:   map[string]Layer{"linux/amd64": {Key: key, DiffID: digest("9")}},
			Packages: map[string][]string{"linux/amd64": {"libgomp1=12.2.0-14+deb12u1", "gcc-12-base=12.2.0-14+deb12u1"}},
		},
		Train:   &Train{Key: strings.Repeat("e", 64), Layers: []string{digest("e"), digest("f")}},
		Weights: map[string]string{"app/weights/a \"b\".bin": digest("a"), "app/weights/c.bin": digest("b")},
	}
}

func TestBytes(t *testing.T) {
	testkit.Golden(t, "testdata/full.lock", full().Bytes())
	smallest := Lock{Base: Base{Ref: "scratch", Digests: map[string]string{"linux/amd64": digest("1")}}}
	for _, want := range []Lock{full(), smallest} {
		got, problems := Parse(File, want.Bytes())
		if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
			t.Errorf("read back: %v\n%s", problems, diff)
		}
	}
}

// TestProblems: each mistake is told with its place and the way out.
func TestProblems(t *testing.T) {
	good := string(full().Bytes())
	for name, test := range map[string]struct{ was, is, want string }{
		"schema":      {"schema: 1", "schema: 2", "m/slipway.lock:1:1: schema is 2, and this slipway reads 1: `slipway lock` writes the file anew"},
		"key":         {"recipe: 2", "recipes: 2", `m/slipway.lock:15:3: unknown field "recipes": ` + "`slipway lock` writes the file anew"},
		"digest":      {digest("1"), "sha256:1", "m/slipway.lock:7:20: base.platforms.linux/amd64 is no digest (sha256: and 64 hexadecimal digits): `slipway lock` writes the file anew"},
		"diff id":     {digest("8"), "''", "m/slipway.lock:23:16: dependencies.layers.linux/arm64.diff_id is no digest (sha256: and 64 hexadecimal digits): `slipway lock` writes the file anew"},
		"no ref":      {"  ref: \"python:3.11-slim\"\n", "", "m/slipway.lock:5:12: base.ref is missing: `slipway lock` writes the file anew"},
		"outside":     {"deps/requirements.txt", "../../requirements.txt", "m/slipway.lock:12:9: dependencies.from is no path below the model's directory: `slipway lock` writes the file anew"},
		"a merge":     {"schema: 1\n", "<<<<<<< ours\nschema: 1\n", "m/slipway.lock:3:1: a merge left its marks here: `slipway lock` writes the file anew"},
		"not a lock":  {good, "- a\n", "m/slipway.lock:1:1: sequence was used where mapping is expected: `slipway lock` writes the file anew"},
		"not YAML":    {"base:", "base: [", "m/slipway.lock:9:1: ',' or ']' must be specified: `slipway lock` writes the file anew"},
		"a number":    {"recipe: 2", "recipe: two", "m/slipway.lock:15:11: a value of another kind is expected: `slipway lock` writes the file anew"},
		"no platform": {"  platforms:\n    \"linux/amd64\"", "  platforms:\n    \"windows\"", "m/slipway.lock:7:16: base.platforms.windows is no platform: `slipway lock` writes the file anew"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(good, test.was) {
				t.Fatal("the lock does not have what is to be replaced")
			}
			_, problems := Parse("m/slipway.lock", []byte(strings.Replace(good, test.was, test.is, 1)))
			var got []string
			for _, p := range problems {
				got = append(got, fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message))
			}
			if diff := cmp.Diff([]string{test.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full().Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		l, problems := Parse(File, data)
		if len(problems) > 0 {
			return
		}
		again, problems := Parse(File, l.Bytes())
		if len(problems) > 0 || !bytes.Equal(again.Bytes(), l.Bytes()) {
			t.Errorf("what was read is not read again: %v", problems)
		}
	})
}
