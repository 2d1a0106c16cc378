package protocol

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestBody: pieces follow one another, can be sent again, and no file is read before it is its turn.
func TestBody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("file"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want string
		body Body
	}{
		{"", nil},
		{"", Body{}},
		{"a", bodyOf([]byte("a"))},
		{"file", Body{{Path: path}}},
		{"a-file-file-b", Body{{Content: []byte("a-")}, {Path: path}, {Content: []byte("-")}, {Path: path}, {}, {Content: []byte("-b")}}},
	} {
		for range 2 {
			got, err := io.ReadAll(c.body.Open())
			n, lenErr := c.body.Len()
			if string(got) != c.want || err != nil || n != int64(len(c.want)) || lenErr != nil {
				t.Errorf("got %q (%v), length %d (%v), want %q", got, err, n, lenErr, c.want)
			}
		}
	}
	gone := Body{{Path: path + "-gone"}}
	if _, err := gone.Len(); err == nil {
		t.Error("a file that is gone has a length")
	}
	if _, err := gone.Bytes(); err == nil {
		t.Error("a file that is gone is read")
	}
}
