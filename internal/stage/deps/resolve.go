package deps

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/lock"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/stage"
)

//go:embed resolve.py
var resolveScript []byte

// lock resolves requirements that are not locked to versions and hashes, so
// that the layer follows from what is installed also then. What is newest
// today stays so until tomorrow: a code change installs nothing again.
func (s Stage) lock(ctx context.Context, run *stage.Run, d *plan.Deps) error {
	if d.Hashed {
		return nil
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%q\n%s\n", stage.UVVersion(), run.Native.Digest, d.Format, s.Day, run.Plan.Indexes, d.Lock))
	kept := filepath.Join(s.Resolved, hex.EncodeToString(sum[:]))
	content, err := os.ReadFile(kept)
	if err != nil || run.Plan.Fresh {
		if content, err = s.resolve(ctx, run, *d); err != nil {
			return err
		}
		// Only a favour to the next run.
		if os.MkdirAll(s.Resolved, 0o755) == nil {
			_ = os.WriteFile(kept, content, 0o644)
		}
	}
	d.Lock, d.LockDigest = content, plan.Digest(content)
	d.Format, d.Hashed = config.FormatRequirements, true
	return nil
}

func (s Stage) resolve(ctx context.Context, run *stage.Run, d plan.Deps) ([]byte, error) {
	dir, err := os.MkdirTemp("", "slipway-resolved-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system cleans its temporary directory
	x := stage.Exec{
		Args:   []string{"python", "/slipway/resolve.py"},
		Files:  asked(d),
		Env:    map[string]string{"SLIPWAY_DAY": s.Day}, // what the engine remembers of another day is not asked for
		Output: "/slipway/out", Names: []string{lock.Requirements}, OutputTo: dir,
	}
	x.Files["/slipway/resolve.py"] = stage.File{Content: resolveScript}
	if err := s.exec(ctx, run, d, x, ""); err != nil {
		return nil, err
	}
	content, err := stage.ReadOutput(dir, lock.Requirements)
	header := fmt.Sprintf("# %s, resolved by `slipway lock`: commit this file, and change that one.\n", d.Requirements)
	return append([]byte(header), content...), err
}
