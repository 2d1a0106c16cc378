package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"slipway": func() { os.Exit(realMain()) },
	})
}

// TestScripts runs testdata/script/*.txtar: the whole program without an
// engine. A new case is a new file.
func TestScripts(t *testing.T) {
	// A home of its own is no reason to compile Go's library anew.
	caches, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	goCache, modules, _ := strings.Cut(strings.TrimSpace(string(caches)), "\n")
	testscript.Run(t, testscript.Params{
		Dir:                 "../testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "", // rewrites what cmp compares with
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("GOCACHE", goCache)
			e.Setenv("GOMODCACHE", modules)
			serveScript(e)
			// For scripts that take the PATH away.
			path, err := exec.LookPath("slipway")
			e.Setenv("SLIPWAY", path)
			return err
		},
	})
}
