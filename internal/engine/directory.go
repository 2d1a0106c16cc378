package engine

import (
	"context"
	"path"

	"dagger.io/dagger"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Directory makes a directory of the engine of files of the host. They belong
// to the user, uid:gid or empty for root; every user may write into the
// directory itself and into the ones that are named in open, which are made.
func (e *Engine) Directory(t stage.Tree, user string, open ...string) stage.Directory {
	const name = "directory"
	everybody := dagger.DirectoryWithNewDirectoryOpts{Permissions: 0o777}
	files := e.client.Host().Directory(t.Host, dagger.HostDirectoryOpts{Include: literal(t.Include...), Exclude: t.Exclude})
	d := e.client.Directory().WithDirectory(name, files, dagger.DirectoryWithDirectoryOpts{Owner: user})
	for _, o := range open {
		d = d.WithNewDirectory(path.Join(name, o), everybody)
	}
	return d.WithNewDirectory(name, everybody).Directory(name)
}

// Export copies the files and directories of these names to the host's
// directory to; what is not there is left out.
func (e *Engine) Export(ctx context.Context, d stage.Directory, names []string, to string) error {
	wanted := d.(*dagger.Directory).Filter(dagger.DirectoryFilterOpts{Include: literal(names...)})
	if _, err := wanted.Export(ctx, to); err != nil {
		return e.explain(ctx, err)
	}
	return nil
}
