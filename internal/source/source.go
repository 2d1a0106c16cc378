// Package source finds out what is in a model's directory: which files there
// are and what each is for. It reads an fs.FS and nothing else: no network, no
// git, no configuration of the machine, so the same tree gives the same answer
// anywhere.
package source

import (
	"os"
	"path/filepath"

	"github.com/slipway-dev/slipway/internal/result"
)

// Options say where the model is and what its configuration names.
type Options struct {
	// Dir is the model directory, relative to the file system's root and with
	// slashes; empty means the root itself. With the repository's top as root,
	// the .gitignore files above the model count, and links may lead anywhere in
	// the repository as long as they stay in the model directory.
	Dir string
	// Files are patterns for the code layer (build.files); empty means every
	// file that is for nothing else. A pattern without wildcards that names a
	// file puts it there whatever it would otherwise be for.
	Files []string
	// Weights are files and directories relative to Dir (weights). They count
	// although git ignores them: that is how weights are usually kept out of git.
	Weights []string
	// Cases are case files outside of smoke/, relative to Dir.
	Cases []string
	// Inputs are files, directories and patterns relative to Dir that training
	// reads (train.inputs). They count although git ignores them, as weights do.
	Inputs []string
	// Outputs are files and directories relative to Dir that training writes
	// (train.outputs): what lies there now is for nothing, and need not be there.
	Outputs []string
	// Leave are files and directories to leave out, relative to Dir: where our own runs write.
	Leave []string
}

// Tree is a model's files by what they are for, each list sorted by path.
type Tree struct {
	// Code and Weights go into the image.
	Code, Weights []File
	// Tests are laid over the image while the tests run. Smoke is read by the host alone.
	Tests, Smoke []File
	// Meta describes the model to people and to tools: README, requirements, slipway.yaml.
	Meta []File
	// Inputs are what training reads; the same files may be for something else as well.
	Inputs []File
	// Problems are the user's to solve; their files are relative to the file system's root.
	Problems []result.Problem
}

// File is one file, or one symbolic link, of the tree.
type File struct {
	Path string // relative to the model directory, with slashes
	Size int64  // bytes
	// Executable is true when anybody may execute it.
	Executable bool
	// Link is the target of a symbolic link as it is written, and empty for other files.
	Link string
	// Object is where git-LFS keeps the file that is only a pointer here, as a
	// path in the file system, and SHA256 the hex that the pointer says of it.
	// Weights alone are looked for there; both are empty for other files.
	Object, SHA256 string
}

// Paths are the paths of the files, in their order.
func Paths(files []File) []string {
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
	}
	return paths
}

// Top is the top of the repository that dir, an absolute path, lies in: the
// nearest directory upwards with a .git (a file in worktrees and submodules).
// Outside of any repository it is dir itself.
func Top(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Lstat(filepath.Join(d, ".git")); err == nil {
			return d
		}
		if filepath.Dir(d) == d {
			return dir
		}
	}
}
