package suite

import (
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// The JUnit format as pytest writes it, which is the common core of all
// (https://github.com/testmoapp/junitxml). Suites may lie in a <testsuites> or be the root.
type junitSuites struct {
	Suites []junitSuite `xml:"testsuite"`
	Cases  []junitCase  `xml:"testcase"`
}

type junitSuite struct {
	Cases  []junitCase  `xml:"testcase"`
	Suites []junitSuite `xml:"testsuite"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	File      string        `xml:"file,attr"`
	Line      int           `xml:"line,attr"` // of the definition, from 0
	Failures  []junitDetail `xml:"failure"`
	Errors    []junitDetail `xml:"error"`
	Skipped   *struct{}     `xml:"skipped"`
}

type junitDetail struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func parseJUnit(data []byte) (*result.Tests, error) {
	var root junitSuites
	if err := xml.Unmarshal(data, &root); err != nil {
		return nil, err
	}
	t := &result.Tests{Failures: []result.TestFailure{}}
	count(t, root.Cases)
	walk(t, root.Suites)
	return t, nil
}

func walk(t *result.Tests, suites []junitSuite) {
	for _, s := range suites {
		count(t, s.Cases)
		walk(t, s.Suites)
	}
}

func count(t *result.Tests, cases []junitCase) {
	for _, c := range cases {
		t.Total++
		details := append(c.Failures, c.Errors...)
		switch {
		case len(details) > 0:
			t.Failed++
			t.Failures = append(t.Failures, failure(c, details[0]))
		case c.Skipped != nil:
			t.Skipped++
		default:
			t.Passed++
		}
	}
}

// place is how pytest ends the account of a failure: the line that raised.
var place = regexp.MustCompile(`(?m)^(\S+\.py):(\d+): `)

// cause is how pytest marks what was raised.
var cause = regexp.MustCompile(`(?m)^E +(\S.*)$`)

func failure(c junitCase, d junitDetail) result.TestFailure {
	f := result.TestFailure{Name: c.Name, File: c.File, Message: firstLine(d.Message)}
	if f.File != "" {
		f.Line = c.Line + 1
	}
	if found := cause.FindAllStringSubmatch(d.Text, -1); f.Message == "collection failure" && found != nil {
		f.Message = found[len(found)-1][1] // which module could not be imported, and why
	}
	if f.File == "" && c.ClassName != "" {
		f.Name = c.ClassName + "." + c.Name
	}
	// The raising line lies in the test's own file unless a helper raised: prefer the last place in that file.
	for _, m := range place.FindAllStringSubmatch(d.Text, -1) {
		if f.File == "" || m[1] == f.File {
			if line, err := strconv.Atoi(m[2]); err == nil { // or it is too large to be a line
				f.File, f.Line = m[1], line
			}
		}
	}
	return f
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
