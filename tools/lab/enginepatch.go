package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// patch is a mistake of the engine that the lab's is built without.
type patch struct {
	file     string // in github.com/dagger/dagger
	old, new string // old is there exactly once
}

// patches keep the lab's engine alive. One engine serves every run on the machine: a run that is killed must not take the others' with it.
var patches = []patch{
	// A client that goes away while a command starts ends that command before it has a root file system, and the
	// engine follows the nil pointer. Elsewhere in the same function of v0.19.10, FS is known to be nil then.
	{
		file: "core/dagop.go",
		old: `		case 0:
			ref, err = getResult(
				container.FS.Self().LLB,
				container.FS.Self().Result,
				container.FS.ID().Digest(),
			)
		case 1:
			var llb *pb.Definition
`,
		new: `		case 0:
			if container.FS == nil {
				return nil, fmt.Errorf("the command ended before it had a root file system")
			}
			ref, err = getResult(
				container.FS.Self().LLB,
				container.FS.Self().Result,
				container.FS.ID().Digest(),
			)
		case 1:
			var llb *pb.Definition
`,
	},
}

// patchedSource copies the engine's sources to dir, patched, and returns a module file for
// go build (-modfile) that takes them from there: an overlay may not replace what is in the module cache.
func patchedSource(ctx context.Context, source, dir string) (string, error) {
	download := exec.CommandContext(ctx, "go", "mod", "download", "-json", "github.com/dagger/dagger")
	download.Dir, download.Env = source, append(os.Environ(), "GOWORK=off")
	out, err := download.Output()
	if err != nil {
		return "", fmt.Errorf("fetching the engine's sources: %w: %s", err, out)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return "", err
	}
	copied := filepath.Join(dir, "dagger")
	if err := os.CopyFS(copied, os.DirFS(module.Dir)); err != nil {
		return "", err
	}
	for _, p := range patches {
		path := filepath.Join(copied, filepath.FromSlash(p.file))
		data, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if bytes.Count(data, []byte(p.old)) != 1 {
			return "", fmt.Errorf("%s of %s is not what the patch in tools/lab/enginepatch.go is for: is it still needed?", p.file, engineVersion)
		}
		if err := os.Chmod(path, 0o644); err != nil { // the module cache is read-only
			return "", err
		}
		if err := os.WriteFile(path, bytes.Replace(data, []byte(p.old), []byte(p.new), 1), 0o644); err != nil {
			return "", err
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return "", err
		}
		if name == "go.mod" {
			data = fmt.Appendf(data, "\nreplace github.com/dagger/dagger => %s\n", copied)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "go.mod"), nil
}
