package main

import (
	"os"
	"os/exec"
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
	testscript.Run(t, testscript.Params{
		Dir:                 "../testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "", // rewrites what cmp compares with
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			serveScript(e)
			// For scripts that take the PATH away.
			path, err := exec.LookPath("slipway")
			e.Setenv("SLIPWAY", path)
			return err
		},
	})
}
