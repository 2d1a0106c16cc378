package result

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// full is a result in which every field says something.
func full() Result {
	var r Result
	fillIn(reflect.ValueOf(&r).Elem())
	return r
}

func fillIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillIn(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillIn(v.Index(0))
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		fillIn(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("accuracy"), value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fillIn(v.Field(i))
			switch name := v.Type().Field(i).Name; {
			case name == "Status" && v.Type() == reflect.TypeFor[Result]():
				v.Field(i).SetString(string(Failed))
			case name == "Status":
				v.Field(i).SetString(string(StageFailed))
			case strings.HasSuffix(name, "Digest") || name == "DiffID":
				digest := "sha256:" + strings.Repeat("0a", 32)
				if v.Field(i).Kind() == reflect.Pointer {
					v.Field(i).Set(reflect.ValueOf(&digest))
				} else {
					v.Field(i).SetString(digest)
				}
			}
		}
	case reflect.String:
		v.SetString(`<é> & "\`)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Bool:
		v.SetBool(true)
	}
}

func TestWriteAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "result.json")
	if err := os.WriteFile(path, []byte("an older result"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := full()
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was read is not what was written (-want +got):\n%s", diff)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, want 0644", info.Mode().Perm())
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(body), "{\n  \"schema\": 1,\n") || !strings.HasSuffix(string(body), "}\n") || !strings.Contains(string(body), `<é> & `) {
		t.Errorf("not written for people:\n%s", body)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("left behind beside the result: %v", entries)
	}
}

// TestListsAreLists: an empty result, and one whose parts are empty, write no null where a list belongs.
func TestListsAreLists(t *testing.T) {
	r := Result{Image: &Image{}, Tests: &Tests{}, Smoke: &Smoke{}}
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	for _, list := range []any{
		got["unverified"], got["dependencies"], got["stages"], got["gates"], got["warnings"], got["problems"],
		got["image"].(map[string]any)["platforms"], got["image"].(map[string]any)["tags"], got["image"].(map[string]any)["layers"],
		got["tests"].(map[string]any)["failures"], got["smoke"].(map[string]any)["cases"],
	} {
		if _, ok := list.([]any); !ok {
			t.Errorf("a list is %v in %s", list, body)
		}
	}
	if _, ok := got["metrics"].(map[string]any); !ok {
		t.Errorf("metrics are %v", got["metrics"])
	}
	if got["base"] != nil || got["lock_digest"] != nil || got["smoke"].(map[string]any)["startup_ms"] != nil {
		t.Errorf("what does not exist is not null in %s", body)
	}
	if r.Unverified != nil || r.Image.Tags != nil {
		t.Error("writing changed the result itself")
	}
}

// TestNotANumber: a metric that is none does not cost the result.
func TestNotANumber(t *testing.T) {
	infinite := math.Inf(1)
	r := Result{Schema: Schema, Metrics: map[string]float64{"loss": math.NaN(), "accuracy": 0.5}, Gates: []Gate{{Metric: "loss", Value: &infinite}}}
	path := filepath.Join(t.TempDir(), "result.json")
	if err := r.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]float64{"accuracy": 0.5}, got.Metrics); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	if got.Gates[0].Value != nil {
		t.Errorf("an infinite value was written as %v, want null", *got.Gates[0].Value)
	}
}

func TestWriteErrors(t *testing.T) {
	dir := t.TempDir()
	if err := (Result{}).Write(filepath.Join(dir, "none", "result.json")); err == nil {
		t.Error("a directory that is not there was no error")
	}
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := (Result{}).Write(taken); err == nil {
		t.Error("a directory in the result's place was no error")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("left behind after an error: %v", entries)
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct{ body, want string }{
		"empty.json":   {"", "empty.json"},
		"half.json":    {`{"schema": 1, "mod`, "half.json"},
		"future.json":  {`{"schema": 2}`, "schema is 2, and this program reads 1"},
		"no-such.json": {"", "no-such.json"},
	} {
		path := filepath.Join(dir, name)
		if name != "no-such.json" {
			if err := os.WriteFile(path, []byte(test.body), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}
