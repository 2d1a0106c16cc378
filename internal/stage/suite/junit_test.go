package suite

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/testkit"
)

// TestJUnit reads testdata/*.xml, reports as real tools wrote them. A new case is a new file.
func TestJUnit(t *testing.T) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".xml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tests, err := parseJUnit(data)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(tests, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			testkit.Golden(t, strings.TrimSuffix(file, ".xml")+".json", append(got, '\n'))
		})
	}
}

func FuzzJUnit(f *testing.F) {
	f.Add([]byte(`<testsuites><testsuite><testcase name="a"><failure message="m">a.py:1: E</failure></testcase></testsuite></testsuites>`))
	f.Add([]byte(`<testsuite><testcase/></testsuite>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tests, err := parseJUnit(data)
		if err == nil && tests.Total != tests.Passed+tests.Failed+tests.Skipped {
			t.Errorf("the counts do not add up: %+v", tests)
		}
	})
}
