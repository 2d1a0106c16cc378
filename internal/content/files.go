package content

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Files keeps files by their SHA-256, each whole or not at all:
//
//	<hex>          a file
//	part-<hex>     the beginning of one that is being fetched, to go on from
type Files struct {
	Dir   string
	Index Index
}

const (
	// unfinished begins the names of what is being written.
	unfinished = "new-"
	part       = "part-"
	leftover   = 7 * 24 * time.Hour
)

// ErrOther is a file that is not the one that was asked for.
var ErrOther = errors.New("its content is another")

// Find returns the path of the file with this SHA-256, and whether it is there.
// One whose bytes are others by now is removed, and is not there.
func (f Files) Find(sum string) (string, bool) {
	path := filepath.Join(f.Dir, sum)
	got, err := f.Index.SHA256(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false
	}
	if err != nil || got != sum {
		_ = os.Remove(path) // if it cannot be removed, it is replaced
		return "", false
	}
	return path, true
}

// Partial is the beginning of a file, kept over interruptions.
type Partial struct {
	files Files
	sum   string
	f     *os.File
	hash  hash.Hash
	// Size is how many bytes there are already.
	Size int64
}

// Begin opens the beginning of a file, empty or what an earlier try has left.
// Only one process goes on with it; another one begins its own.
func (f Files) Begin(sum string) (*Partial, error) {
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the cache: %w", err)
	}
	f.sweep()
	file, err := f.open(sum)
	if err != nil {
		return nil, fmt.Errorf("making room in the cache: %w", err)
	}
	p := &Partial{files: f, sum: sum, f: file, hash: sha256.New()}
	if p.Size, err = io.CopyBuffer(p.hash, struct{ io.Reader }{file}, make([]byte, 1<<20)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return p, nil
}

func (f Files) open(sum string) (*os.File, error) {
	path := filepath.Join(f.Dir, part+sum)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if lock(file) {
		// Its owner may have finished it, and so renamed it, just before we got the lock.
		opened, err := file.Stat()
		named, gone := os.Stat(path)
		if err == nil && gone == nil && os.SameFile(opened, named) {
			return file, nil
		}
	}
	_ = file.Close() // somebody else's
	return os.CreateTemp(f.Dir, unfinished+"*")
}

// Restart forgets what there is.
func (p *Partial) Restart() error {
	p.hash.Reset()
	p.Size = 0
	if err := p.f.Truncate(0); err != nil {
		return err
	}
	_, err := p.f.Seek(0, io.SeekStart)
	return err
}

// Write appends bytes.
func (p *Partial) Write(b []byte) (int, error) {
	n, err := p.f.Write(b)
	p.hash.Write(b[:n])
	p.Size += int64(n)
	return n, err
}

// ReadFrom appends all of r, or as much as there is before an error or the end of ctx.
func (p *Partial) ReadFrom(ctx context.Context, r io.Reader) error {
	_, err := io.CopyBuffer(struct{ io.Writer }{p}, reader{ctx, r}, make([]byte, 1<<20))
	return err
}

// Finish gives the file its place and returns its path; ErrOther when it is not the one it was to be.
func (p *Partial) Finish() (string, error) {
	if got := hex.EncodeToString(p.hash.Sum(nil)); got != p.sum {
		err := fmt.Errorf("%w: its SHA-256 is %s", ErrOther, got)
		return "", errors.Join(err, os.Remove(p.f.Name()), p.f.Close())
	}
	path := filepath.Join(p.files.Dir, p.sum)
	if err := os.Rename(p.f.Name(), path); err != nil {
		return "", errors.Join(err, p.f.Close())
	}
	written, err := p.f.Stat()
	if err = errors.Join(err, p.f.Close()); err != nil {
		return "", err
	}
	p.files.Index.Know(path, "sha256", p.sum, written)
	return path, nil
}

// Leave keeps what there is for the next try.
func (p *Partial) Leave() {
	if strings.HasPrefix(filepath.Base(p.f.Name()), unfinished) {
		_ = os.Remove(p.f.Name()) // nobody would find it
	}
	_ = p.f.Close()
}

// sweep removes what was begun and never finished. It is housekeeping: what it
// cannot do, a later run will.
func (f Files) sweep() {
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), unfinished) && !strings.HasPrefix(e.Name(), part) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > leftover {
			_ = os.Remove(filepath.Join(f.Dir, e.Name()))
		}
	}
}

// reader ends with its context.
type reader struct {
	ctx context.Context // an io.Reader has no other way to end
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Add keeps what a reader gives, and says what its SHA-256 is.
func (f Files) Add(ctx context.Context, r io.Reader) (sum, path string, err error) {
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return "", "", fmt.Errorf("making the cache: %w", err)
	}
	file, err := os.CreateTemp(f.Dir, unfinished+"*")
	if err != nil {
		return "", "", fmt.Errorf("making room in the cache: %w", err)
	}
	p := &Partial{files: f, f: file, hash: sha256.New()}
	if err := p.ReadFrom(ctx, r); err != nil {
		p.Leave()
		return "", "", err
	}
	p.sum = hex.EncodeToString(p.hash.Sum(nil))
	path, err = p.Finish()
	return p.sum, path, err
}
