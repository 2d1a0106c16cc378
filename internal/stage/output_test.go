package stage

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReadOutput(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret")
	for path, content := range map[string]string{filepath.Join(dir, "file"): "fine", secret: "of the host"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"link": secret, "endless": "/dev/zero"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if data, err := ReadOutput(dir, "file"); err != nil || string(data) != "fine" {
		t.Errorf("a file: %q, %v", data, err)
	}
	for _, name := range []string{"link", "endless", "missing", "../secret"} {
		if data, err := ReadOutput(dir, name); err == nil {
			t.Errorf("%s was read: %d bytes", name, len(data))
		}
	}
}
