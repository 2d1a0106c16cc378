package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/slipway-dev/slipway/internal/testkit"
)

// metadata is action.yml, as far as it is compared with the code.
type metadata struct {
	Inputs  yaml.MapSlice `yaml:"inputs"`
	Outputs yaml.MapSlice `yaml:"outputs"`
	Runs    struct {
		Steps []struct {
			ID  string            `yaml:"id"`
			Run string            `yaml:"run"`
			Env map[string]string `yaml:"env"`
		} `yaml:"steps"`
	} `yaml:"runs"`
}

func readMetadata(t *testing.T) metadata {
	t.Helper()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var m metadata
	if err := yaml.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// An input that action.yml declares and the code does not read would do
// nothing, without a word; one that only the code knows could not be set.
func TestInputsAgreeWithActionYML(t *testing.T) {
	m := readMetadata(t)
	if len(m.Runs.Steps) != 1 {
		t.Fatalf("action.yml has %d steps, want 1", len(m.Runs.Steps))
	}
	step := m.Runs.Steps[0]
	known := map[string]bool{}
	for _, i := range table {
		known[i.name] = true
		if got, want := step.Env[variable(i.name)], fmt.Sprintf("${{ inputs.%s }}", i.name); got != want {
			t.Errorf("action.yml hands input %s over as %s: %q, want %q", i.name, variable(i.name), got, want)
		}
	}
	for _, i := range m.Inputs {
		if !known[i.Key.(string)] {
			t.Errorf("input %s of action.yml is not in the table of inputs.go", i.Key)
		}
		delete(known, i.Key.(string))
	}
	for name := range known {
		t.Errorf("input %s of inputs.go is not in action.yml", name)
	}
	if len(step.Env) != len(table) {
		t.Errorf("the step has %d variables for %d inputs", len(step.Env), len(table))
	}
	for _, o := range m.Outputs {
		value := field(o.Value, "value")
		if want := fmt.Sprintf("${{ steps.%s.outputs.%s }}", step.ID, o.Key); value != want {
			t.Errorf("output %s is %q, want %q", o.Key, value, want)
		}
	}
	if strings.Contains(step.Run, "${{") {
		t.Error("an expression stands in run:, where a value is read as a script")
	}
}

// The table of inputs and outputs in README.md is made from action.yml;
// -update writes it.
func TestReadmeTable(t *testing.T) {
	const path, begin, end = "../../README.md", "<!-- action:begin -->\n", "<!-- action:end -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("README.md lacks the lines %q and %q, between which the table of action.yml goes", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	testkit.Golden(t, path, before+begin+tables(readMetadata(t))+end+after)
}

func tables(m metadata) string {
	var b strings.Builder
	b.WriteString("| input | what it is | default |\n|---|---|---|\n")
	for _, i := range m.Inputs {
		preset := field(i.Value, "default")
		if preset != "" {
			preset = "`" + preset + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", i.Key, field(i.Value, "description"), preset)
	}
	b.WriteString("\n| output | what it is |\n|---|---|\n")
	for _, o := range m.Outputs {
		fmt.Fprintf(&b, "| `%s` | %s |\n", o.Key, field(o.Value, "description"))
	}
	return b.String()
}

// field reads a field of an input or output; a | would end the table's cell.
func field(v any, name string) string {
	value, ok := v.(map[string]any)[name]
	if !ok {
		return ""
	}
	return strings.ReplaceAll(strings.TrimSpace(fmt.Sprint(value)), "|", `\|`)
}
