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

var (
	// cause is how pytest marks what was raised.
	cause = regexp.MustCompile(`(?m)^E +(\S.*)$`)
	// around is how pytest quotes what a fixture raised, in one line or in many.
	around = regexp.MustCompile(`(?s)^failed on (setup|teardown) with "(.*?)"?$`)
)

func failure(c junitCase, d junitDetail) result.TestFailure {
	f := result.TestFailure{Name: c.Name, File: c.File, Message: message(d)}
	if f.File != "" {
		f.Line = c.Line + 1
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

// message is in one line what was raised.
func message(d junitDetail) string {
	causes := cause.FindAllStringSubmatch(d.Text, -1)
	if d.Message == "collection failure" && causes != nil {
		return causes[len(causes)-1][1] // which module could not be imported, and why
	}
	at := around.FindStringSubmatch(d.Message)
	if at == nil {
		return firstLine(d.Message)
	}
	what := firstLine(at[2])
	if strings.HasPrefix(what, "file ") && causes != nil {
		what = causes[0][1] // a fixture that is not there: the quotation begins with where the test is
	}
	return "failed on " + at[1] + ": " + what
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
