package stage

import (
	"context"
	"errors"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/secret"
)

// Container is an image in the engine: something to run commands in.
type Container interface {
	// Exec runs one command. A command that ends with a code other than 0 is
	// an *ExitError; any other error means that the engine could not run it.
	Exec(ctx context.Context, e Exec) (Output, error)
	// Config is the image's own configuration.
	Config() layer.Config
}

// Composer makes a container of an image that is assembled from layers.
type Composer interface {
	Compose(ctx context.Context, image Image) (Container, error)
}

// Directory is a directory inside the engine, kept from one Exec to be mounted in another.
type Directory any

// Exec is one command in a container.
type Exec struct {
	// Args replaces entrypoint and command.
	Args []string
	Env  map[string]string
	// SecretEnv and SecretFiles are secrets that the command gets as variables
	// and as files, the latter by absolute path and readable by every user.
	// They are in no layer, log or cache; another value runs nothing anew.
	SecretEnv, SecretFiles map[string]secret.Secret
	// Files are put at these absolute paths before the command runs.
	Files map[string]File
	// Mounts are directories kept from earlier commands, by absolute path.
	Mounts map[string]Directory
	// Trees are parts of the host's file system, laid over the container's own.
	Trees []Tree
	// Keep is an absolute directory to be returned as Output.Kept.
	Keep string
	// Output is an absolute directory that the command may write to, whatever
	// its user. The files of these names in it are copied to OutputTo on the
	// host: the model's code can write there too, and as much as it likes.
	Output   string
	Names    []string
	OutputTo string
	// User overrides the image's user.
	User string
	// Insecure gives the command every capability and takes its seccomp filter
	// away, which closing its network takes. An engine that does not allow it
	// answers with ErrInsecure.
	Insecure bool
	// GPUs asks the engine for its GPUs, where it has any.
	GPUs int
}

// ErrInsecure is an engine that gives no command more privileges than usual.
var ErrInsecure = errors.New("the engine allows no privileged command")

// ErrForeign is a platform that the engine cannot run: another processor's, and no emulator.
var ErrForeign = errors.New("the engine cannot run this platform")

// NoEmulator is the reason why a platform was not run, for a reader.
const NoEmulator = "the engine's machine has another processor and no emulator for it (qemu with binfmt_misc)"

// File is one file put into a container: its content, or the host file that
// has it, with the mode that it has there.
type File struct {
	Content []byte
	Host    string
}

// Tree is a part of a host directory, laid over Path in the container.
type Tree struct {
	Host    string   // absolute
	Include []string // paths relative to Host
	Exclude []string // patterns of what to leave out below them
	Path    string   // absolute, in the container
}

// Output is what a command left behind.
type Output struct {
	Stdout, Stderr string
	Kept           Directory
}

// Dockerfile is a build that the engine carries out by itself.
type Dockerfile struct {
	Dir      string // the context, absolute
	Path     string // of the Dockerfile, relative to Dir
	Exclude  []string
	Modes    bool // make the files' modes those that git knows: 0644 and 0755
	Target   string
	Args     map[string]string
	Secrets  map[string]secret.Secret // by the id that RUN --mount=type=secret names
	Platform string
	Made     layer.Made // what its layers are made by
	// Helper is the path of our helper for the engine's own platform: it
	// rewrites what was built (see layer.Rewrite) inside the engine.
	Helper string
}

// Built is what came of a Dockerfile: a container of the image, and the image
// that it stands on as reference@digest, empty when the engine did not have to pull it.
type Built struct {
	Container
	Base string
}
