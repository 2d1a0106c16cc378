package fetch

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // what git calls its objects by
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/content"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// The Hugging Face Hub: the files of a commit are listed by
//
//	GET /api/models/NAME/tree/COMMIT?recursive=true
//
// in pages (the header Link names the next one), and each is at
//
//	GET /NAME/resolve/COMMIT/PATH
//
// which redirects to a CDN for large ones. Those carry their SHA-256, small
// ones the name that git gives them. https://huggingface.co/docs/hub/api

const defaultEndpoint = "https://huggingface.co"

// mostFiles and mostSmall bound what a listing can make us do; the hub keeps
// anything above 10 MB in its large-file storage.
const (
	mostFiles  = 100_000
	mostSmall  = 32 << 20
	mostOfPage = 64 << 20
	atOnce     = 4
)

// listed is one entry of the hub's answer.
type listed struct {
	Type string `json:"type"` // "file" or "directory"
	Path string `json:"path"`
	OID  string `json:"oid"` // SHA-1 of the git object
	Size int64  `json:"size"`
	LFS  *struct {
		OID  string `json:"oid"` // SHA-256 of the file
		Size int64  `json:"size"`
	} `json:"lfs"`
	// SHA256 is ours: that of a small file, once it was fetched.
	SHA256 string `json:"sha256,omitempty"`
}

func (c *Client) hub(ctx context.Context, w config.Weight, token string) ([]stage.Fetched, error) {
	endpoint := strings.TrimRight(c.options.Hub, "/")
	if endpoint == "" {
		endpoint = defaultEndpoint
	}
	name := strings.TrimPrefix(w.From, "hf://")
	all, err := c.listing(ctx, w, endpoint, name, token)
	if err != nil {
		return nil, err
	}
	wanted, err := choose(all, w)
	if err != nil {
		return nil, err
	}
	files := make([]stage.Fetched, len(wanted))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for n, f := range wanted {
		group.Go(func() error {
			address := endpoint + "/" + name + "/resolve/" + w.Pin + "/" + (&url.URL{Path: f.Path}).EscapedPath()
			host, err := c.file(ctx, w, f, address, token)
			files[n] = stage.Fetched{Path: f.Path, Host: host, SHA256: f.SHA256}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	c.remember(w, all)
	return files, nil
}

// file gets one file, and notes its SHA-256.
func (c *Client) file(ctx context.Context, w config.Weight, f *listed, address, token string) (string, error) {
	if f.LFS != nil {
		f.SHA256 = f.LFS.OID
		return c.get(ctx, download{url: address, sum: f.LFS.OID, size: f.LFS.Size, token: token, of: w})
	}
	if f.SHA256 != "" {
		if host, ok := c.files.Find(f.SHA256); ok {
			return host, nil
		}
	}
	data, err := c.small(ctx, address, token, mostSmall, nil)
	if err != nil {
		return "", explain(ctx, err, w)
	}
	h := sha1.New() //nolint:gosec // as git does
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	if got := hex.EncodeToString(h.Sum(nil)); got != f.OID {
		return "", &stage.Error{
			What: fmt.Sprintf("%s of %s (%s) is not the file of this commit: git would call it %s, not %s", f.Path, w.Source(), w.Field, got, f.OID), Where: "weights",
			Remedy: "run again; if it stays, the hub, or a proxy before it, changes files",
		}
	}
	sum := sha256.Sum256(data)
	f.SHA256 = hex.EncodeToString(sum[:])
	if host, ok := c.files.Find(f.SHA256); ok {
		return host, nil
	}
	p, err := c.files.Begin(f.SHA256)
	if err != nil {
		return "", disk(err, w)
	}
	if err := errors.Join(p.Restart(), p.ReadFrom(ctx, bytes.NewReader(data))); err != nil {
		p.Leave()
		return "", disk(err, w)
	}
	host, err := p.Finish()
	if err != nil {
		return "", disk(err, w)
	}
	return host, nil
}

var (
	sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)
	sha1Hex   = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

// listing is what a commit holds: it never changes, so it is asked for once.
func (c *Client) listing(ctx context.Context, w config.Weight, endpoint, name, token string) ([]*listed, error) {
	if data, err := os.ReadFile(c.listingFile(w)); err == nil {
		var known []*listed
		if json.Unmarshal(data, &known) == nil && sound(known) == nil && len(known) > 0 {
			return known, nil
		}
	}
	var all []*listed
	next := endpoint + "/api/models/" + name + "/tree/" + w.Pin + "?recursive=true"
	for next != "" {
		var header http.Header
		data, err := c.small(ctx, next, token, mostOfPage, &header)
		if err != nil {
			return nil, explain(ctx, err, w)
		}
		var page []*listed
		if err := json.Unmarshal(data, &page); err != nil {
			return nil, explain(ctx, fmt.Errorf("the list of files is not understood: %w", err), w)
		}
		all = append(all, page...)
		if len(all) > mostFiles {
			return nil, explain(ctx, fmt.Errorf("it has more than %d files", mostFiles), w)
		}
		if next, err = following(header, next); err != nil {
			return nil, explain(ctx, err, w)
		}
	}
	if err := sound(all); err != nil {
		return nil, explain(ctx, err, w)
	}
	return all, nil
}

// sound holds a listing against what we do with it: names become paths, sums file names.
func sound(all []*listed) error {
	for _, f := range all {
		switch {
		case f == nil || !fs.ValidPath(f.Path) || strings.ContainsAny(f.Path, "\\\x00\n"):
			return errors.New("the list of files names one that is outside of it")
		case f.Type != "file":
		case f.LFS != nil && (!sha256Hex.MatchString(f.LFS.OID) || f.LFS.Size < 0),
			f.LFS == nil && !sha1Hex.MatchString(f.OID),
			f.SHA256 != "" && !sha256Hex.MatchString(f.SHA256):
			return fmt.Errorf("the list of files does not say what %q is", f.Path)
		}
	}
	return nil
}

var nextLink = regexp.MustCompile(`<([^>]+)>\s*;\s*rel="?next"?`)

// following is the address of the next page, which is the same server's.
func following(header http.Header, from string) (string, error) {
	m := nextLink.FindStringSubmatch(strings.Join(header.Values("Link"), ", "))
	if m == nil {
		return "", nil
	}
	here, err := url.Parse(from)
	if err != nil {
		return "", err
	}
	there, err := here.Parse(m[1])
	if err != nil || there.Host != here.Host || there.Scheme != here.Scheme {
		return "", errors.New("the list of files goes on at another server")
	}
	return there.String(), nil
}

// choose takes the files that a source asks for. As in .gitignore, a pattern
// without a slash is for names in any directory.
func choose(all []*listed, w config.Weight) ([]*listed, error) {
	var wanted []*listed
	for _, f := range all {
		if f.Type != "file" || path.Base(f.Path) == ".gitattributes" {
			continue
		}
		if (len(w.Include) == 0 || matches(w.Include, f.Path)) && !matches(w.Exclude, f.Path) {
			wanted = append(wanted, f)
		}
	}
	if len(wanted) == 0 {
		return nil, &stage.Invalid{Problem: result.Problem{File: config.File, Message: fmt.Sprintf("%s: no file of %s is left by include and exclude; it has %d", w.Field, w.Source(), len(all))}}
	}
	return wanted, nil
}

func matches(patterns []string, p string) bool {
	for _, pattern := range patterns {
		pattern = strings.TrimSuffix(pattern, "/")
		name := p
		if !strings.Contains(pattern, "/") {
			name = path.Base(p)
		}
		if doublestar.MatchUnvalidated(pattern, name) || doublestar.MatchUnvalidated(pattern+"/**", p) {
			return true
		}
	}
	return false
}

// small gets an answer that fits in memory.
func (c *Client) small(ctx context.Context, address, token string, most int64, header *http.Header) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		data, err := c.whole(ctx, address, token, most, header)
		if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) || attempt == tries || ctx.Err() != nil {
			return data, err
		}
		time.Sleep(c.options.Wait)
	}
}

func (c *Client) whole(ctx context.Context, address, token string, most int64, header *http.Header) ([]byte, error) {
	req, err := c.request(ctx, address, token)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(resp)
	}
	if header != nil {
		*header = resp.Header
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("the answer has more than %d MiB", most>>20)
	}
	return data, err
}

func (c *Client) listingFile(w config.Weight) string {
	return filepath.Join(c.options.Cache, "hub", strings.ReplaceAll(strings.TrimPrefix(w.From, "hf://"), "/", "--")+"@"+w.Pin+".json")
}

// remember keeps a listing. What cannot be kept is asked for again.
func (c *Client) remember(w config.Weight, all []*listed) {
	data, err := json.Marshal(all)
	if err != nil || os.MkdirAll(filepath.Dir(c.listingFile(w)), 0o755) != nil {
		return
	}
	_ = content.Replace(c.listingFile(w), data)
}
