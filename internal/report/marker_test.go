package report_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/report"
)

func TestMarker(t *testing.T) {
	const want = "<!-- slipway:v1 id=iris run=12345678 attempt=1 sha=0123abcddddddddddddddddddddddddddddddddd -->"
	if got := marker.String(); got != want {
		t.Errorf("the marker is %s, want %s", got, want)
	}
}

func TestParseMarker(t *testing.T) {
	line := marker.String()
	changed := func(old, new string) string { return strings.Replace(line, old, new, 1) + "\nbody\n" }
	for title, body := range map[string]string{
		"as written":       line + "\n### body",
		"alone":            line,
		"edited by a page": line + "\r\n### body\r\n",
	} {
		if got, ok := report.ParseMarker(body); !ok || got != marker {
			t.Errorf("%s: read %+v, %v", title, got, ok)
		}
	}
	for title, body := range map[string]string{
		"nothing":               "",
		"on the second line":    "\n" + line,
		"behind a word":         "a " + line,
		"before a word":         line + " a",
		"quoted":                "> " + line,
		"indented":              " " + line,
		"of another tool":       changed("slipway", "sticky"),
		"of another version":    changed(":v1", ":v2"),
		"no id":                 changed("iris", ""),
		"two ids":               changed("iris", "iris id=other"),
		"id escaped needlessly": changed("iris", "%69ris"),
		"id escaped wrongly":    changed("iris", "iris%"),
		"run is no number":      changed("12345678", "1x"),
		"negative run":          changed("12345678", "-1"),
		"no attempt":            changed("attempt=1", "attempt="),
		"huge attempt":          changed("attempt=1", "attempt=99999999999999999999"),
		"padded attempt":        changed("attempt=1", "attempt=01"),
		"short sha":             changed("0123abc", "0123ab"),
		"capital sha":           changed("0123abc", "0123ABC"),
	} {
		if got, ok := report.ParseMarker(body); ok {
			t.Errorf("%s: read %+v from %q", title, got, body)
		}
	}
}

// FuzzMarker: every id survives, none ends the marker or looks like another.
func FuzzMarker(f *testing.F) {
	for _, id := range []string{"iris", "iris-2", "ci/build/iris", "a b", "-->", "iris run=9", "", "é\n", "%2F", "\xff"} {
		f.Add(id, uint64(12345678), uint16(1))
	}
	line := regexp.MustCompile(`^<!-- slipway:v1 id=[^\s<>]* run=\d+ attempt=\d+ sha=[0-9a-f]{40} -->$`)
	f.Fuzz(func(t *testing.T, id string, run uint64, attempt uint16) {
		m := marker
		m.ID, m.Run, m.Attempt = id, strconv.FormatUint(run, 10), int(attempt)
		if !line.MatchString(m.String()) {
			t.Fatalf("not a marker: %q", m.String())
		}
		if got, ok := report.ParseMarker(m.String() + "\nbody"); (!ok || got != m) && id != "" {
			t.Errorf("wrote %+v, read %+v, %v", m, got, ok)
		}
	})
}

// FuzzParseMarker: a comment is ours only if its first line is what we would write.
func FuzzParseMarker(f *testing.F) {
	f.Add(marker.String())
	f.Add(marker.String() + "\r\nbody")
	f.Add("<!-- slipway:v1 id=a%2Fb run=1 attempt=1 sha=0000000000000000000000000000000000000000 -->")
	f.Fuzz(func(t *testing.T, body string) {
		m, ok := report.ParseMarker(body)
		if first, _, _ := strings.Cut(body, "\n"); ok && m.String() != strings.TrimSuffix(first, "\r") {
			t.Errorf("%q was taken for %q", first, m.String())
		}
	})
}
