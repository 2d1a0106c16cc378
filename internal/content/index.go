// Package content knows what is in large files without reading them twice, and
// keeps files by what is in them.
package content

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Index remembers what was found out about files by reading them. What it
// remembers holds as long as the file is the same by all that the file system
// tells of it: inode, size, and the times of its last change. The time of the
// inode's change cannot be set by a program, so a file that was changed and
// given its old time back is read again.
type Index struct{ Dir string }

// identity is all that tells a file from what it was before.
type identity struct {
	Device uint64 `json:"device"`
	Inode  uint64 `json:"inode"`
	Size   int64  `json:"size"`
	Mtime  int64  `json:"mtime"` // nanoseconds since 1970, as all times here
	Ctime  int64  `json:"ctime"`
}

// record is what is remembered of a file.
type record struct {
	identity
	Seen  int64  `json:"seen"` // when the identity was read
	Value string `json:"value"`
}

// The steps in which file systems count time. A change within the step of the
// last one leaves the identity as it was, so what was seen so soon after a
// change is not relied on (git calls this "racily clean":
// https://git-scm.com/docs/racy-git). The kernel's own step is a tick of at
// most 10 ms; where there are no fractions of seconds at all, it is up to two seconds.
const (
	tick   = 20 * time.Millisecond
	coarse = 2 * time.Second
)

// settled is true when any later change shows in the identity.
func (r record) settled() bool {
	step := tick
	if r.Mtime%int64(time.Second) == 0 && r.Ctime%int64(time.Second) == 0 {
		step = coarse
	}
	return max(r.Mtime, r.Ctime)+int64(step) <= r.Seen
}

// Value returns what is remembered of the file under a name, or finds it out
// and remembers it. find must not change the file.
func (x Index) Value(path, name string, find func() (string, error)) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	is, known := identify(info)
	if known {
		if r, ok := x.read(path, name); ok && r.identity == is && r.settled() {
			return r.Value, nil
		}
	}
	seen := time.Now().UnixNano()
	value, err := find()
	if err != nil || !known {
		return value, err
	}
	// Changed while it was read: the value is the caller's to use, not ours to remember.
	if after, err := os.Stat(path); err == nil {
		if is2, ok := identify(after); ok && is2 == is {
			x.write(path, name, record{is, seen, value})
		}
	}
	return value, nil
}

// Know remembers a value that was found out while the file was written. written
// is the file's own word (os.File.Stat) from after its last byte.
func (x Index) Know(path, name, value string, written os.FileInfo) {
	is, known := identify(written)
	if !known {
		return
	}
	r := record{identity: is, Value: value}
	for range 2 {
		r.Seen = time.Now().UnixNano()
		if r.settled() {
			break
		}
		time.Sleep(tick)
	}
	if now, err := os.Stat(path); err == nil {
		if same, ok := identify(now); ok && same == is && r.settled() {
			x.write(path, name, r)
		}
	}
}

// SHA256 returns the hex SHA-256 of a file.
func (x Index) SHA256(path string) (string, error) {
	return x.Value(path, "sha256", func() (string, error) {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close() //nolint:errcheck // read only
		return Sum(f)
	})
}

// Sum is the hex SHA-256 of what a reader gives.
func Sum(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{r}, make([]byte, 1<<20)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (x Index) place(path, name string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	sum := sha256.Sum256([]byte(name + "\x00" + path))
	return filepath.Join(x.Dir, hex.EncodeToString(sum[:16])+".json")
}

func (x Index) read(path, name string) (record, bool) {
	var r record
	data, err := os.ReadFile(x.place(path, name))
	return r, err == nil && x.Dir != "" && json.Unmarshal(data, &r) == nil
}

// write remembers. What cannot be remembered is found out again.
func (x Index) write(path, name string, r record) {
	data, err := json.Marshal(r)
	if err != nil || x.Dir == "" || os.MkdirAll(x.Dir, 0o755) != nil {
		return
	}
	_ = Replace(x.place(path, name), data)
}

// Replace writes a small file whole or not at all.
func Replace(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), unfinished+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // renamed away when all went well
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}
