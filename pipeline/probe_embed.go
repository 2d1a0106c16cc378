package main

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"os"
	"path/filepath"
)

// probes holds probe binaries by architecture. `make build` puts them there;
// from source there is only the note that says so.
//
//go:embed probes
var probes embed.FS

func embeddedProbe(arch string) ([]byte, bool) {
	data, err := probes.ReadFile("probes/linux-" + arch)
	return data, err == nil
}

// unpackProbe writes the probe under a name that holds its content, once.
func unpackProbe(dir, arch string, data []byte) (string, error) {
	sum := sha256.Sum256(data)
	path := filepath.Join(dir, "linux-"+arch+"-"+hex.EncodeToString(sum[:6]))
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(data)) {
		return path, nil
	}
	temporary, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // renamed away when all went well
	if _, err := temporary.Write(data); err != nil {
		return "", err
	}
	if err := temporary.Close(); err != nil {
		return "", err
	}
	if err := os.Chmod(temporary.Name(), 0o755); err != nil {
		return "", err
	}
	return path, os.Rename(temporary.Name(), path)
}
