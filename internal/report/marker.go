package report

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Marker is the first line of a comment. It says whose comment it is and which
// run wrote it; a reader of the page does not see it.
type Marker struct {
	ID      string // of the comment: the model's name, or the input comment-id
	Run     string // GitHub's run id, digits; they grow with time
	Attempt int    // from 1
	SHA     string // the commit reported on, 40 hexadecimal digits
}

// String is the marker as a line of Markdown, without the line end. The id is
// escaped as in a URL, so that none can look like another or end the marker.
func (m Marker) String() string {
	return "<!-- slipway:v1 id=" + escapeID(m.ID) + " run=" + escapeID(m.Run) +
		" attempt=" + strconv.Itoa(m.Attempt) + " sha=" + escapeID(m.SHA) + " -->"
}

// escapeID leaves "/" readable: ids like workflow/job are common.
func escapeID(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%2F", "/") }

var markerLine = regexp.MustCompile(`^<!-- slipway:v1 id=(\S+) run=([0-9]+) attempt=([0-9]+) sha=([0-9a-f]{40}) -->$`)

// ParseMarker reads the marker of a comment. Only the first line counts, and
// only if String would write the same: "iris" is not found in "iris-2".
func ParseMarker(body string) (Marker, bool) {
	line, _, _ := strings.Cut(body, "\n")
	line = strings.TrimSuffix(line, "\r") // GitHub stores what browsers edited with CRLF
	groups := markerLine.FindStringSubmatch(line)
	if groups == nil {
		return Marker{}, false
	}
	id, err := url.QueryUnescape(groups[1])
	if err != nil {
		return Marker{}, false
	}
	attempt, err := strconv.Atoi(groups[3])
	if err != nil {
		return Marker{}, false
	}
	m := Marker{ID: id, Run: groups[2], Attempt: attempt, SHA: groups[4]}
	return m, m.String() == line
}
