package report

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipway-dev/slipway/internal/result"
)

const (
	// terminalColumns is the width that text is broken at. What is made to be
	// copied (references, commands) is never broken.
	terminalColumns = 100
	labelColumns    = 13
)

// onScreen bounds what a person reads at the end of a run; the report has the rest.
var onScreen = detail{items: 10, lines: 15, runes: 500}

// Terminal is the end of a run for a person at a terminal: verdict, reasons,
// what to do, numbers, and how to run the image. color allows ANSI colours.
func Terminal(r result.Result, color bool) string {
	t := &screen{color: color}
	v := judge(r)
	t.paint(colorOf(r), wrapWords(v.symbol+" "+oneLine(name(r)+": "+v.sentence, onScreen.runes), terminalColumns))
	t.failure(r)
	t.problems(r)
	t.tests(r)
	t.cases(r)
	t.log("training said", trainLog(r))
	t.log("the tests said", testsLog(r))
	t.log("the server said", smokeLog(r))
	t.facts(r)
	return t.b.String()
}

// screen collects lines.
type screen struct {
	b     strings.Builder
	color bool
}

func (t *screen) line(s string) { t.b.WriteString(disarm(strings.TrimRight(s, " ")) + "\n") }

// disarm keeps a line from being a command to GitHub's runner, whose log is a
// terminal too. It obeys "::" at the start of a line, spaces aside, and "##[" anywhere
// (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs).
func disarm(line string) string {
	line = strings.ReplaceAll(line, "##[", "## [")
	if words := strings.TrimLeftFunc(line, unicode.IsSpace); strings.HasPrefix(words, "::") {
		line = line[:len(line)-len(words)] + ": " + words[1:]
	}
	return line
}

func (t *screen) paint(code string, lines []string) {
	for _, l := range lines {
		if t.color && code != "" {
			l = "\x1b[" + code + "m" + l + "\x1b[0m"
		}
		t.line(l)
	}
}

// colorOf uses SGR codes: bold, and green, yellow or red.
func colorOf(r result.Result) string {
	switch {
	case r.Status == result.Passed && r.Verified && len(r.Unverified) == 0:
		return "1;32"
	case r.Status == result.Passed || r.Status == result.Cancelled:
		return "1;33"
	}
	return "1;31"
}

// labelled writes a label and words broken beside it.
func (t *screen) labelled(label, words string) {
	for i, l := range wrapWords(words, terminalColumns-labelColumns) {
		if i > 0 {
			label = ""
		}
		t.line(pad(label, labelColumns) + l)
	}
}

// pieces writes a list that is broken between its pieces only: "820 ms" stays together.
func (t *screen) pieces(label string, pieces []string) {
	line := pad(label, labelColumns)
	for i, p := range pieces {
		p = oneLine(p, terminalColumns-labelColumns-len(" ·…"))
		if i > 0 {
			line += " ·"
			if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(p)+2 > terminalColumns {
				t.line(line)
				line = pad("", labelColumns)
			} else {
				line += " "
			}
		}
		line += p
	}
	t.line(line)
}

func (t *screen) failure(r result.Result) {
	e := r.Error
	if e == nil {
		return
	}
	t.line("")
	what, output, _ := strings.Cut(strings.TrimSpace(e.What), "\n")
	if saysCause(r) {
		what, output = "", ""
	}
	if what != "" {
		t.labelled("what", oneLine(what, onScreen.runes))
	}
	if e.Where != "" {
		t.labelled("where", oneLine(e.Where, onScreen.runes))
	}
	if e.Remedy != "" {
		t.labelled("what to do", oneLine(e.Remedy, onScreen.runes))
	}
	t.log("the tool said", output)
}

func (t *screen) problems(r result.Result) {
	for i, p := range r.Problems {
		if i == 0 {
			t.line("")
		}
		at := oneLine(place(p.File, p.Line, p.Column), onScreen.runes)
		if at != "" {
			at += ": "
		}
		// All of them: whoever corrects the file wants the whole list.
		for k, l := range wrapWords(at+oneLine(p.Message, onScreen.runes), terminalColumns-2) {
			t.line(indent(k) + l)
		}
	}
}

func (t *screen) tests(r result.Result) {
	if r.Tests == nil {
		return
	}
	for i, f := range r.Tests.Failures {
		t.line("")
		if i >= onScreen.items {
			t.line(more(i, len(r.Tests.Failures)))
			return
		}
		name := oneLine(f.Name, onScreen.runes)
		if at := oneLine(place(f.File, f.Line, 0), onScreen.runes); at != "" {
			name += " at " + at
		}
		t.words("❌ test " + name)
		t.block(tail(f.Message, onScreen.lines))
	}
}

func (t *screen) cases(r result.Result) {
	if r.Smoke == nil {
		return
	}
	shown, all := 0, 0
	for _, c := range r.Smoke.Cases {
		if c.Status == result.StagePassed {
			continue
		}
		if all++; shown >= onScreen.items {
			continue
		}
		shown++
		t.line("")
		t.words("❌ case " + oneLine(c.Name+": "+c.Reason, onScreen.runes))
		for _, l := range sideBySide(c, onScreen) {
			t.line("  " + l)
		}
	}
	if m := more(shown, all); m != "" {
		t.line("")
		t.line(m)
	}
}

func trainLog(r result.Result) string {
	if r.Train == nil {
		return ""
	}
	return r.Train.Log
}

func testsLog(r result.Result) string {
	if r.Tests == nil || len(r.Tests.Failures) > 0 { // the failures say it better
		return ""
	}
	return r.Tests.Log
}

func smokeLog(r result.Result) string {
	if r.Smoke == nil {
		return ""
	}
	return r.Smoke.Log
}

func (t *screen) log(title, log string) {
	if strings.TrimSpace(clean(log)) == "" {
		return
	}
	t.line("")
	t.line(title)
	t.block(tail(log, onScreen.lines))
}

// block writes foreign lines as they are, but for what a terminal would act on
// and for the middle of very long ones.
func (t *screen) block(s string) {
	if strings.TrimSpace(s) == "" {
		return
	}
	for _, l := range strings.Split(clean(s), "\n") {
		for k, piece := range wrap(ends(l, 3*terminalColumns), terminalColumns-4) {
			t.line("  " + indent(k) + piece)
		}
	}
}

func (t *screen) words(s string) {
	for k, l := range wrapWords(s, terminalColumns-2) {
		if k > 0 {
			l = "  " + l
		}
		t.line(l)
	}
}

func indent(line int) string { return strings.Repeat(" ", 2*min(line, 1)) }

func (t *screen) facts(r result.Result) {
	t.line("")
	for _, f := range facts(r) {
		t.labelled(f.label, oneLine(f.value, onScreen.runes))
	}
	t.image(r)
	for i, u := range r.Unverified {
		label := ""
		if i == 0 {
			label = "not checked"
		}
		t.labelled(label, oneLine(u, onScreen.runes))
	}
	for _, w := range r.Warnings[:min(len(r.Warnings), onScreen.items)] {
		t.labelled("warning", oneLine(w, onScreen.runes))
	}
	t.stages(r)
	for i, c := range commands(r) {
		label := ""
		if i == 0 {
			label = "run it"
		}
		t.line(pad(label, labelColumns) + c)
	}
}

func (t *screen) image(r result.Result) {
	if r.Image == nil {
		return
	}
	ref := r.Image.Reference
	if ref == "" {
		ref = r.Image.Digest
	}
	if ref != "" {
		t.line(pad("", labelColumns) + oneLine(ref, math.MaxInt))
	}
	if len(r.Image.Tags) > 0 {
		t.pieces("tags", r.Image.Tags)
	}
	if documents := attached(r.Image); documents != nil {
		t.pieces("attached", documents)
	}
	var layers []string
	for i, l := range r.Image.Layers {
		if l.PushedBytes != nil && *l.PushedBytes > 0 && i < 4*onScreen.items {
			layers = append(layers, oneLine(l.Kind, onScreen.runes)+" "+size(*l.PushedBytes))
		}
	}
	if len(layers) > 0 {
		t.pieces("new layers", layers)
	}
}

func (t *screen) stages(r result.Result) {
	var parts []string
	for _, s := range r.Stages {
		part := oneLine(s.Name, 40) + " "
		switch {
		case s.Status == result.StageSkipped:
			part += "skipped"
		case s.Status == result.StagePassed:
			part += milliseconds(s.DurationMS)
		default:
			part += oneLine(string(s.Status), onScreen.runes) + " after " + milliseconds(s.DurationMS)
		}
		parts = append(parts, part)
	}
	if (r.Status != result.Invalid || begun(r)) && len(parts) > 0 {
		t.pieces("stages", parts)
	}
}

// wrapWords breaks text at spaces; a word longer than a line stays whole, so that it can be copied.
func wrapWords(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
