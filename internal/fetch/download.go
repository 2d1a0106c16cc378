package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/content"
)

// download is one file to get.
type download struct {
	url   string
	sum   string // hex SHA-256 that it has
	size  int64  // bytes; -1 when it is not known
	token string
	of    config.Weight
}

// get returns the path of a file, from the cache or from its server. A download
// that breaks off goes on where it stopped, in this run or the next one.
func (c *Client) get(ctx context.Context, d download) (string, error) {
	if path, ok := c.files.Find(d.sum); ok {
		return path, nil
	}
	p, err := c.files.Begin(d.sum)
	if err != nil {
		return "", disk(err, d.of)
	}
	begun := p.Size // by an earlier run
	for attempt := 1; ; {
		before := p.Size
		err := c.more(ctx, d, p)
		if err == nil {
			path, err := p.Finish()
			switch {
			case errors.Is(err, content.ErrOther) && begun > 0: // the fault may be that of what was there
				if p, err = c.files.Begin(d.sum); err != nil {
					return "", disk(err, d.of)
				}
				begun = 0
				continue
			case errors.Is(err, content.ErrOther):
				return "", another(err, d)
			case err != nil:
				return "", disk(err, d.of)
			}
			return path, nil
		}
		var refused *answer
		if attempt++; p.Size > before {
			attempt = 1 // it goes on
		}
		if ctx.Err() != nil || errors.As(err, &refused) || attempt > tries || isDisk(err) {
			p.Leave()
			return "", explain(ctx, err, d.of)
		}
		select {
		case <-ctx.Done():
		case <-time.After(c.options.Wait << attempt):
		}
	}
}

// more asks for what is still missing.
func (c *Client) more(ctx context.Context, d download, p *content.Partial) error {
	if d.size >= 0 && p.Size == d.size {
		return nil
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	req, err := c.request(ctx, d.url, d.token)
	if err != nil {
		return err
	}
	if p.Size > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", p.Size))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	switch {
	case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", p.Size)):
	case resp.StatusCode == http.StatusOK:
		if err := p.Restart(); err != nil {
			return err
		}
	case p.Size > 0 && (resp.StatusCode == http.StatusRequestedRangeNotSatisfiable || resp.StatusCode == http.StatusPartialContent):
		if resp.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", p.Size) {
			return nil // all of it is there
		}
		if err := p.Restart(); err != nil {
			return err
		}
		return io.ErrUnexpectedEOF // and from the beginning
	default:
		return refusal(resp)
	}
	total := int64(-1)
	if resp.ContentLength >= 0 {
		total = p.Size + resp.ContentLength
	}
	body := &watched{r: resp.Body, note: c.options.Note, name: path.Base(req.URL.Path), done: p.Size, total: total, last: time.Now()}
	body.idle = time.AfterFunc(patience, func() { stop(errStalled) })
	defer body.idle.Stop()
	if err := p.ReadFrom(ctx, body); err != nil {
		if cause := context.Cause(ctx); errors.Is(cause, errStalled) {
			return cause
		}
		return err
	}
	if total >= 0 && p.Size < total {
		return io.ErrUnexpectedEOF
	}
	return nil
}

var errStalled = fmt.Errorf("nothing more came for %s", patience)

func (c *Client) request(ctx context.Context, url, token string) (*retryablehttp.Request, error) {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "slipway")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

// watched is a body that tells how it goes, and of which no byte may take too long.
type watched struct {
	r           io.Reader
	idle        *time.Timer
	note        func(string)
	name        string
	done, total int64
	last        time.Time
}

// noteEvery is how often a download says how far it is.
const noteEvery = 2 * time.Second

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.idle.Reset(patience)
	w.done += int64(n)
	if now := time.Now(); now.Sub(w.last) >= noteEvery {
		w.last = now
		of := ""
		if w.total >= 0 {
			of = fmt.Sprintf(" of %d", w.total/1e6)
		}
		w.note(fmt.Sprintf("fetching %s, %d%s MB", w.name, w.done/1e6, of))
	}
	return n, err
}
