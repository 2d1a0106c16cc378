package report_test

import (
	"bytes"
	"html"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	unsafe "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"

	"github.com/slipway-dev/slipway/internal/report"
	"github.com/slipway-dev/slipway/internal/result"
)

// github reads Markdown as GitHub does, as far as goldmark goes.
var github = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(unsafe.WithUnsafe()))

var (
	ourHTML = regexp.MustCompile(`^(<details><summary>[A-Za-z' ]+</summary>|</details>|<!-- slipway:v1 id=\S+ run=\S+ attempt=\d+ sha=\S+ -->)\n?$`)
	ourLink = regexp.MustCompile(`^https://github\.com/acme/models/actions/runs/\d+/attempts/\d+$`)
	inCode  = regexp.MustCompile(`(?s)<pre>.*?</pre>|<code>.*?</code>`)
	htmlTag = regexp.MustCompile(`<[^>]*>`)
	// What GitHub makes references of in the finished page:
	// https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
	reference = regexp.MustCompile(`(?i)@[a-z0-9]|#[0-9]|\bgh-[0-9]|://|\bwww\.\S`)
)

// checkMarkdown fails when a foreign string does anything but be read.
func checkMarkdown(t *testing.T, markdown string) {
	t.Helper()
	source := []byte(markdown)
	doc := github.Parser().Parse(text.NewReader(source))
	depth := 0
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if !ourLink.Match(n.Destination) {
				t.Errorf("a link to %s", n.Destination)
			}
		case *ast.AutoLink:
			t.Errorf("a link to %s", n.URL(source))
		case *ast.Image:
			t.Errorf("an image from %s", n.Destination)
		case *ast.RawHTML:
			t.Errorf("HTML in text: %s", n.Segments.Value(source))
		case *ast.HTMLBlock:
			block := string(n.Lines().Value(source))
			if n.HasClosure() && !strings.Contains(block, string(n.ClosureLine.Value(source))) {
				block += string(n.ClosureLine.Value(source))
			}
			if !ourHTML.MatchString(block) {
				t.Errorf("HTML that is not ours: %q", block)
			}
			depth += strings.Count(block, "<details>") - strings.Count(block, "</details>")
		}
		return ast.WalkContinue, nil
	})
	if depth != 0 {
		t.Errorf("%d <details> are not closed", depth)
	}
	var page bytes.Buffer
	if err := github.Renderer().Render(&page, source, doc); err != nil {
		t.Fatal(err)
	}
	shown := html.UnescapeString(htmlTag.ReplaceAllString(inCode.ReplaceAllString(page.String(), ""), ""))
	if found := reference.FindString(shown); found != "" {
		t.Errorf("GitHub makes a reference of %q", found)
	}
	checkPlain(t, markdown)
	checkTables(t, markdown)
}

// checkTables fails when a row has not as many cells as the first row of its table.
func checkTables(t *testing.T, markdown string) {
	t.Helper()
	want, fence := 0, ""
	for line := range strings.Lines(markdown) {
		line = strings.TrimSuffix(line, "\n")
		switch ticks := strings.TrimSuffix(line, "text"); {
		case fence != "":
			if line == fence {
				fence = ""
			}
			continue
		case strings.HasPrefix(line, "```") && strings.Trim(ticks, "`") == "":
			fence = ticks
			continue
		case !strings.HasPrefix(line, "|"):
			want = 0
			continue
		}
		if n := strings.Count(line, "|"); want == 0 {
			want = n
		} else if n != want {
			t.Errorf("a row with %d bars in a table with %d: %s", n, want, line)
		}
	}
}

// checkPlain fails on characters that a page or a terminal acts on.
func checkPlain(t *testing.T, s string) {
	t.Helper()
	for _, r := range s {
		if r != '\n' && r != '\u200b' && unicode.In(r, unicode.Cc, unicode.Cf) {
			t.Errorf("the control character %U", r)
			return
		}
	}
}

func TestNothingForeignActs(t *testing.T) {
	for name, r := range results(t) {
		t.Run(name, func(t *testing.T) {
			for _, markdown := range []string{report.Markdown(r), report.Summary(r), report.Comment(r, marker)} {
				checkMarkdown(t, markdown)
			}
			checkPlain(t, report.Terminal(r, false))
		})
	}
}

// attacks are what a fork may write into any string of its result.
var attacks = []string{
	"@octocat", "\\@octocat", "&#64;octocat", "acme/models#1", "GH-1", "gh-1", "`", "```", "``` `` `", "~~~", "<!--", "-->", "</details>",
	"<script>", "[a](https://evil.example)", "[a]: https://evil.example", "![a](//evil.example)", "<https://evil.example>", "https://evil.example",
	"www.evil.example", "a@evil.example", "mailto:a@evil.example", "a|b|c", "\\|", "\\", "a\\", "a\r\nb", "\n\n# b", "\n---\n", "\n| a |\n|---|", "> a", "- a", "1. a",
	"\x1b[31mred", "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07", "10%\r50%\r100%", "\u202eevil", "\u2066x", "\xff\xfe", "`@octocat`", "`a` `b", "\\`@octocat`", "$\\href{https://evil.example}{x}$",
	"`a`https://evil.example", "``a`@octocat`", "*a* _b_ ~~c~~", "\t\tcode", "\n    @octocat", "::error::x", "a\u2028@octocat", "@\u200b@octocat",
}

func TestAttacks(t *testing.T) {
	for _, s := range attacks {
		for _, status := range []result.Status{result.Passed, result.Failed, result.Errored, result.Invalid, result.Cancelled} {
			checkAll(t, filled(s, status))
		}
		if t.Failed() {
			t.Fatalf("with %q", s)
		}
	}
}

func FuzzComment(f *testing.F) {
	for _, s := range attacks {
		f.Add(s, uint8(1))
	}
	statuses := []result.Status{result.Passed, result.Failed, result.Errored, result.Invalid, result.Cancelled}
	f.Fuzz(func(t *testing.T, s string, n uint8) {
		checkAll(t, filled(s, statuses[int(n)%len(statuses)]))
	})
}

func checkAll(t *testing.T, r result.Result) {
	t.Helper()
	comment := report.Comment(r, marker)
	if m, ok := report.ParseMarker(comment); !ok || m != marker {
		t.Errorf("the first line is no marker: %.100q", comment)
	}
	if utf8.RuneCountInString(comment) > 65_000 || len(utf16.Encode([]rune(comment))) > 65_000 {
		t.Errorf("the comment has %d characters", utf8.RuneCountInString(comment))
	}
	summary := report.Summary(r)
	if len(summary) > 1<<20 {
		t.Errorf("the summary has %d bytes", len(summary))
	}
	checkMarkdown(t, comment)
	checkMarkdown(t, summary)
	checkPlain(t, report.Terminal(r, false))
}

// filled is a result with s in every place that takes a string.
func filled(s string, status result.Status) result.Result {
	var r result.Result
	fill(reflect.ValueOf(&r).Elem(), s)
	r.Status = status
	r.Stages = nil
	for _, name := range []string{"test", "smoke", "gate", s} {
		r.Stages = append(r.Stages, result.Stage{Name: name, Status: result.StageFailed, Reason: s})
	}
	r.Stages = append(r.Stages, result.Stage{Name: "publish", Status: result.StagePassed})
	return r
}

func fill(v reflect.Value, s string) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Float64:
		v.SetFloat(2.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), s)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), s)
		fill(v.Index(1), s)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, s)
		v.SetMapIndex(reflect.ValueOf(s), value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), s)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, piece := range []string{"a|b ", "😀", "`", "@x\n", "\n", "😀|\n```\n"} {
		s := strings.Repeat(piece, 300)
		r := filled(s, result.Errored)
		for range 80 {
			r.Tests.Failures = append(r.Tests.Failures, r.Tests.Failures[0])
			r.Smoke.Cases = append(r.Smoke.Cases, r.Smoke.Cases[0])
			r.Problems = append(r.Problems, r.Problems[0])
			r.Warnings = append(r.Warnings, r.Warnings[0])
			r.Unverified = append(r.Unverified, r.Unverified[0])
			r.Image.Platforms = append(r.Image.Platforms, r.Image.Platforms[0])
			r.Image.Tags = append(r.Image.Tags, r.Image.Tags[0])
			r.Image.Layers = append(r.Image.Layers, r.Image.Layers[0])
			r.Stages = append(r.Stages, r.Stages[3])
			r.Gates = append(r.Gates, r.Gates[0])
		}
		checkAll(t, r)
		if t.Failed() {
			t.Fatalf("with many of %q", piece)
		}
		if !strings.Contains(report.Comment(r, marker), "could not be carried out") {
			t.Error("the verdict was cut")
		}
	}
}
