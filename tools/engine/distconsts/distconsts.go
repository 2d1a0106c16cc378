// Package distconsts stands in for github.com/dagger/dagger/engine/distconsts, which upstream makes by code
// generation and does not publish as a module. It is the list of places and names that are fixed when an engine is
// built: see README.md. Upstream's package is written for an engine inside its own container image; this one is for
// an engine that runs directly on a Linux machine, started by tools/lab.
package distconsts

// Places on the machine. tools/lab makes them before it starts the engine; they lie under /run, or are where
// Debian's packages put things, so that nothing is left behind after a restart of the machine.
const (
	// DefaultEngineSockAddr is where the engine always listens.
	DefaultEngineSockAddr = "unix:///run/slipway-lab/engine.sock"
	// RuncPath is the runc of the Debian package.
	RuncPath = "/usr/sbin/runc"
	// DaggerInitPath is the init that is mounted into each container. The directory is a bind mount of the lab's
	// bin directory: /run itself is often mounted noexec.
	DaggerInitPath = "/run/slipway-lab/bin/init"
	// EngineDefaultStateDir is upstream's value, because the dagger command built with it may also start upstream's
	// engine under Docker, whose state is there. The lab passes --root to its own.
	EngineDefaultStateDir = "/var/lib/dagger"
	// EngineContainerBuiltinContentDir would hold the SDKs that upstream's image carries. It must exist; ours is empty.
	EngineContainerBuiltinContentDir = "/run/slipway-lab/content"
	// EngineCustomCACertsDir is where Debian keeps the certificate authorities an administrator has added. The engine
	// installs those into each container that it runs.
	EngineCustomCACertsDir = "/usr/local/share/ca-certificates"
)

// Names that only matter to an engine in a container, or to Dagger modules; Slipway uses neither.
const (
	EngineContainerName                = "slipway-lab-engine"
	GoSDKManifestDigestEnvName         = "DAGGER_GO_SDK_MANIFEST_DIGEST"
	PythonSDKManifestDigestEnvName     = "DAGGER_PYTHON_SDK_MANIFEST_DIGEST"
	TypescriptSDKManifestDigestEnvName = "DAGGER_TYPESCRIPT_SDK_MANIFEST_DIGEST"
	OCIVersionAnnotation               = "org.opencontainers.image.version"
	AlpineVersion                      = "3.22.1"
	AlpineImage                        = "alpine:" + AlpineVersion
	BusyboxImage                       = "busybox:1.37.0"
	GolangImage                        = "golang:1.25.3-alpine"
)
