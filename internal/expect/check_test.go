package expect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/testkit"
)

// TestCheck runs testdata/mistakes/*.txtar: an expectation and what is wrong
// with it; -update writes that. An expectation that is wrong never passes.
func TestCheck(t *testing.T) {
	testkit.Archives(t, "testdata/mistakes/*.txtar", "mistakes", func(t *testing.T, _ string, files map[string][]byte) string {
		var e Expectation
		decode(t, files["expect.json"], &e)
		var out strings.Builder
		mistakes := Check(e)
		for _, m := range mistakes {
			fmt.Fprintf(&out, "%s: %s\n", m.Key, m.Message)
		}
		if v := Judge(e, Answer{Status: 200, JSON: []byte("[1]")}); len(mistakes) > 0 && v.Passed {
			t.Error("passed though it is wrong")
		}
		return out.String()
	})
}
