package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

// report is bench.json.
type report struct {
	Schema   int               `json:"schema"`
	Started  time.Time         `json:"started"`
	Rounds   int               `json:"rounds"`
	Machine  machine           `json:"machine"`
	Versions map[string]string `json:"versions"`
	Rows     []row             `json:"rows"`
	Series   []series          `json:"series"`
}

func newReport(ctx context.Context, o options) report {
	return report{Schema: 1, Started: time.Now().UTC().Truncate(time.Second), Rounds: o.rounds, Machine: thisMachine(ctx)}
}

// write prints the table and writes the files.
func (r report) write(screen io.Writer, o options) error {
	fmt.Fprintf(screen, "\n%s\n", r.Machine)
	table := tabwriter.NewWriter(screen, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\nmedian of %d\tslipway\tBuildKit\tpodman\tof BuildKit\tof podman\n", r.Rounds)
	for _, line := range r.sides() {
		fmt.Fprintln(table, strings.Join(line, "\t"))
	}
	fmt.Fprint(table, "\ngoal\tat most\tvalue\t\n")
	for _, line := range r.goals() {
		fmt.Fprintln(table, strings.Join(line, "\t"))
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := errors.Join(table.Flush(), os.MkdirAll(o.out, 0o755)); err != nil {
		return err
	}
	files := map[string][]byte{
		filepath.Join(o.out, "bench.json"): append(data, '\n'),
		filepath.Join(o.out, "bench.svg"):  []byte(plot(r.Series)),
	}
	if o.docs {
		page := filepath.Join(o.root, "docs", "benchmarks.md")
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		if files[page], err = r.document(string(text)); err != nil {
			return fmt.Errorf("%s: %w", page, err)
		}
		files[filepath.Join(o.root, "docs", "bench.svg")] = []byte(plot(r.Series))
	}
	for name, content := range files {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(screen, "\nwritten: %s, bench.svg\n", filepath.Join(o.out, "bench.json"))
	return nil
}

// sides are what was measured of more than one program, side by side.
func (r report) sides() [][]string {
	var lines [][]string
	for _, what := range []string{cold, code, unchanged, imageSize} {
		line := []string{what}
		ours, ok := figure(r.Series, "slipway", what)
		if !ok {
			continue
		}
		line = append(line, amount(ours, r.unit(what)))
		var ratios []string
		for _, who := range []string{"buildkit", "podman"} {
			theirs, ok := figure(r.Series, who, what)
			if !ok || theirs == 0 {
				line, ratios = append(line, "–"), append(ratios, "–")
				continue
			}
			line, ratios = append(line, amount(theirs, r.unit(what))), append(ratios, amount(ours/theirs, "x"))
		}
		lines = append(lines, append(line, ratios...))
	}
	for _, what := range []string{cold + whole, code + whole, unchanged + whole, returning, returning + whole, memory, heavy} {
		if ours, ok := figure(r.Series, "slipway", what); ok {
			lines = append(lines, []string{what, amount(ours, r.unit(what)), "–", "–", "–", "–"})
		}
	}
	return lines
}

func (r report) unit(what string) string {
	for _, s := range r.Series {
		if s.What == what {
			return s.Unit
		}
	}
	return ""
}

// goals are the rows as text.
func (r report) goals() [][]string {
	var lines [][]string
	for _, row := range r.Rows {
		value, verdict := "not measured", ""
		if row.Value != nil {
			value, verdict = amount(*row.Value, row.Unit), "MISSED"
			if row.Met {
				verdict = "met"
			}
		}
		lines = append(lines, []string{row.What, amount(row.Goal, row.Unit), value, verdict})
	}
	return lines
}

const (
	begin = "<!-- measured: begin -->\n"
	end   = "<!-- measured: end -->\n"
)

// document puts what was measured between the marks of the page.
func (r report) document(page string) ([]byte, error) {
	before, rest, ok := strings.Cut(page, begin)
	_, after, found := strings.Cut(rest, end)
	if !ok || !found {
		return nil, errors.New("the marks for what was measured are gone")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s: %s.\n", r.Started.Format(time.DateOnly), r.Machine)
	var versions []string
	for _, name := range []string{"slipway", "dagger", "buildkit", "podman", "runc", "go"} {
		versions = append(versions, name+" "+r.Versions[name])
	}
	fmt.Fprintf(&b, "Versions: %s. Medians of %d.\n\n| goal | at most | measured | |\n|---|---|---|---|\n", strings.Join(versions, ", "), r.Rounds)
	for _, line := range r.goals() {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(line, " | "))
	}
	b.WriteString("\n| | slipway | BuildKit | podman | of BuildKit | of podman |\n|---|---|---|---|---|---|\n")
	for _, line := range r.sides() {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(line, " | "))
	}
	return []byte(before + begin + b.String() + end + after), nil
}

// amount is a number as a person reads it. A ratio has the unit x.
func amount(v float64, unit string) string {
	switch {
	case unit == "s":
		return fmt.Sprintf("%.2f s", v)
	case unit == "x":
		return fmt.Sprintf("%.2f ×", v)
	case v >= 1<<20:
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	case v >= 1<<10:
		return fmt.Sprintf("%.1f KiB", v/(1<<10))
	}
	return fmt.Sprintf("%.0f B", v)
}
