package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/protocol"
)

// TestEveryProtocolIsDocumented: each has a row, with its port, and says how it was tried.
func TestEveryProtocolIsDocumented(t *testing.T) {
	document := read(t, "../docs/protocols.md")
	for _, name := range protocol.Names() {
		p, err := protocol.For(name)
		if err != nil {
			t.Fatal(err)
		}
		port := "none"
		if p.DefaultPort() > 0 {
			port = fmt.Sprint(p.DefaultPort())
		}
		row := regexp.MustCompile(`(?m)^\| ` + "`" + name + "`" + ` \| ` + port + ` \|.*(fixtures|in a container|in containers).* \|$`)
		if !row.MatchString(document) {
			t.Errorf("docs/protocols.md has no row for %s with port %s and how it was tried", name, port)
		}
	}
}

// TestEveryKeyIsDocumented: what the reader of cases and slipway.yaml accepts is in their documents.
func TestEveryKeyIsDocumented(t *testing.T) {
	configuration := "schema: 1\nunknown: 1\nserve: {command: [python, app.py], unknown: 1}\nbuild: {unknown: 1}\ntest: {unknown: 1}\ntrain: {unknown: 1}\npublish: {unknown: 1}\n" +
		"smoke: {unknown: 1, protocol: http, ready: {unknown: 1}, requires: {unknown: 1}, load: {unknown: 1}, budgets: {unknown: 1}}\n"
	of := validKeys(t, configuration, "request: {unknown: 1}\nexpect: {unknown: 1}\n")
	cases, fields := read(t, "../docs/cases.md"), read(t, "../docs/configuration.md")
	for section, keys := range of {
		for _, key := range keys {
			document, written := fields, regexp.MustCompile(`(?m)(^\s*(# )?|[{ ])`+key+`:`)
			if section == "request" || section == "expect" {
				document, written = cases, regexp.MustCompile("(?m)^\\| `"+key+"` \\|")
			}
			if !written.MatchString(document) {
				t.Errorf("the key %s of %s is not documented", key, section)
			}
		}
	}
	for _, section := range []string{"", "request", "expect", "build", "serve", "test", "train", "smoke", "smoke.ready", "smoke.requires", "smoke.load", "smoke.budgets", "publish"} {
		if len(of[section]) == 0 {
			t.Errorf("the valid keys of %q are not told: %v", section, of)
		}
	}
}

var unknownKey = regexp.MustCompile(`^(?:(\S+)\.)?unknown: unknown key.*; valid keys: (.+)$`)

// validKeys are those that the reader names for each section with an unknown one.
func validKeys(t *testing.T, configuration, example string) map[string][]string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{config.File: configuration, "smoke/example.yaml": example, "app.py": ""} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, problems := config.Load(dir, dir)
	of := map[string][]string{}
	for _, p := range problems {
		if m := unknownKey.FindStringSubmatch(p.Message); m != nil {
			of[m[1]] = strings.Split(m[2], ", ")
		}
	}
	return of
}

// TestDocumentedLinks: what the documents point to in this repository is there.
func TestDocumentedLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, document := range append(documents, "../docs/how-a-run-goes.md", "../docs/decisions.md") {
		for _, m := range link.FindAllStringSubmatch(read(t, document), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), m[1])); err != nil {
				t.Errorf("%s: %v", document, err)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
