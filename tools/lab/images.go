package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// standIn is a base image made from Debian packages, for machines that cannot reach Docker Hub. It is served under
// the names that users write in their Dockerfiles.
type standIn struct {
	Name     string            // what `--images` calls it
	About    string            // the truth, for the image's description label
	Names    []string          // repository:tag, all the same image
	Packages []string          // Debian packages, besides the minimal system
	Env      []string          // besides PATH
	Cmd      []string          // as the original's
	Links    map[string]string // symbolic links to add
	Drop     []string          // files to leave out, besides documentation and caches
	// Arch is another processor than the machine's. Its packages are unpacked and not configured: their scripts would
	// run under emulation for minutes. The image is listed beside the machine's own under the same names.
	Arch string `json:",omitempty"`
	// Copies are files that configuring would make of others of the system.
	Copies map[string]string `json:",omitempty"`
}

// suite is the Debian release of the stand-ins: bookworm has Python 3.11, Node.js 18 and Go 1.19.
const suite = "bookworm"

// recipeVersion changes when the way a stand-in is made changes, so that images made the old way are made again.
const recipeVersion = 2

var standIns = []standIn{
	{
		Name:  "python",
		About: "Debian's Python 3.11 in place of Docker Hub's python images. The tag 3.7 is the same Python 3.11: Debian has no 3.7.",
		Names: []string{
			"library/python:3.11-slim", "library/python:3.11-slim-bookworm", "library/python:3.11",
			"library/python:3.7", "library/python:3", "library/python:slim",
		},
		Packages: []string{"ca-certificates", "python3", "python3-pip", "python3-venv"},
		Env:      []string{"LANG=C.UTF-8"},
		Cmd:      []string{"python3"},
		Links:    map[string]string{"usr/local/bin/python": "../../bin/python3"},
		// Debian asks pip to leave its Python alone; the image of the same name does not.
		Drop: []string{"usr/lib/python3.11/EXTERNALLY-MANAGED"},
	},
	{
		Name:  "python-arm64",
		About: "Debian's Python 3.11 for arm64 in place of Docker Hub's python images. Its packages are unpacked, not configured.",
		Names: []string{"library/python:3.11-slim", "library/python:3.11-slim-bookworm", "library/python:3.11"},
		Packages: []string{
			"base-files", "base-passwd", "bash", "ca-certificates", "coreutils", "dash", "libc-bin", "libstdc++6",
			"python3", "python3-minimal", "python3-pip", "python3-venv",
		},
		Env:    []string{"LANG=C.UTF-8"},
		Cmd:    []string{"python3"},
		Links:  map[string]string{"usr/local/bin/python": "../../bin/python3"},
		Drop:   []string{"usr/lib/python3.11/EXTERNALLY-MANAGED"},
		Arch:   "arm64",
		Copies: map[string]string{"usr/share/base-passwd/passwd.master": "etc/passwd", "usr/share/base-passwd/group.master": "etc/group"},
	},
	{
		Name:     "node",
		About:    "Debian's Node.js 18 and npm in place of Docker Hub's node images.",
		Names:    []string{"library/node:18-slim", "library/node:18-bookworm-slim", "library/node:18"},
		Packages: []string{"ca-certificates", "nodejs", "npm"},
		Cmd:      []string{"node"},
	},
	{
		Name:     "go",
		About:    "Debian's Go 1.19, without a C compiler, in place of Docker Hub's golang images.",
		Names:    []string{"library/golang:1.19", "library/golang:1.19-bookworm"},
		Packages: []string{"ca-certificates", "golang-go"},
		Env:      []string{"GOPATH=/go"},
		Cmd:      []string{"bash"},
	},
}

func standInNames() []string {
	var names []string
	for _, image := range standIns {
		names = append(names, image.Name)
	}
	return names
}

// selectStandIns returns the images of a list of names; an unknown name is an error that lists the valid ones.
func selectStandIns(names []string) ([]standIn, error) {
	var selected []standIn
	for _, name := range names {
		i := slices.IndexFunc(standIns, func(image standIn) bool { return image.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("--images: no stand-in is called %q: the choices are %s", name, strings.Join(standInNames(), ", "))
		}
		selected = append(selected, standIns[i])
	}
	return selected, nil
}

// foreign reports whether an image is for another processor than the machine's.
func foreign(images []standIn) bool {
	return slices.ContainsFunc(images, func(s standIn) bool { return s.Arch != "" })
}

// key identifies the recipe.
func (s standIn) key() (string, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %s", recipeVersion, suite, data))
	return hex.EncodeToString(sum[:]), nil
}

// madeImage records a stand-in that has been made.
type madeImage struct {
	Key    string `json:"key"`    // of the recipe it was made from
	Digest string `json:"digest"` // of the manifest in the registry
}

func (l layout) layerFile(s standIn) string { return filepath.Join(l.images(), s.Name+".tar.gz") }
func (l layout) madeFile(s standIn) string  { return filepath.Join(l.images(), s.Name+".json") }

func readMade(path string) madeImage {
	var made madeImage
	if data, err := os.ReadFile(path); err == nil {
		if json.Unmarshal(data, &made) != nil {
			return madeImage{}
		}
	}
	return made
}

// standInServed reports whether the registry has the image, under all its names, as it was made last.
func standInServed(ctx context.Context, l layout, registry string, s standIn) bool {
	key, err := s.key()
	if err != nil {
		return false
	}
	made := readMade(l.madeFile(s))
	if made.Key != key || made.Digest == "" {
		return false
	}
	for _, name := range s.Names {
		if there, err := served(ctx, registry, name, made.Digest); err != nil || !there {
			return false
		}
	}
	return true
}

// makeLayer makes the image's one layer, unless a layer of the same recipe is there.
func makeLayer(ctx context.Context, l layout, s standIn, p *progress) error {
	key, err := s.key()
	if err != nil {
		return err
	}
	if readMade(l.madeFile(s)).Key == key && onMachine(l.layerFile(s)) {
		return nil
	}
	err = p.step(s.Name, "making the stand-in for "+strings.TrimPrefix(s.Names[0], "library/")+" from Debian packages", func(report func(string)) error {
		return bootstrap(ctx, s, l.layerFile(s), report)
	})
	if err != nil {
		return err
	}
	return writeMade(l.madeFile(s), madeImage{Key: key})
}

// serveStandIn pushes the image under all its names. The registry must be running.
func serveStandIn(ctx context.Context, l layout, registry string, s standIn, p *progress) error {
	made := readMade(l.madeFile(s))
	return p.step(s.Name, "pushing to "+registry, func(report func(string)) error {
		digest, err := push(ctx, registry, s, l.layerFile(s), report)
		if err != nil {
			return err
		}
		made.Digest = digest
		return writeMade(l.madeFile(s), made)
	})
}

func writeMade(path string, made madeImage) error {
	data, err := json.Marshal(made)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
