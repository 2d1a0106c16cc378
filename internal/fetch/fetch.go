// Package fetch gets weights that are not in the model's directory: a file
// behind a URL, or files of a repository of the Hugging Face Hub. What it
// returns lies in a cache and is, byte for byte, what the source is pinned to.
package fetch

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/content"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Options say how and where to.
type Options struct {
	// Cache is the directory of what was fetched before.
	Cache string
	Index content.Index
	// Secrets are the tokens, by the variables that sources name.
	Secrets map[string]string
	// Hub is the address of the Hugging Face Hub; empty is its own.
	Hub string
	// Note is told how a long download goes; nil is told nothing.
	Note func(text string)
	// Wait is the time before the first of several tries; zero is half a second.
	Wait time.Duration
}

// Client fetches.
type Client struct {
	options Options
	files   content.Files
	http    *retryablehttp.Client
}

// Bounds on waiting. A server that works on an answer, or sends nothing more of
// it, has a minute; one that asks us to come back later may ask for as much.
const (
	tries     = 5
	firstWait = 500 * time.Millisecond
	patience  = time.Minute
)

// New makes a client. Proxies and certificates are the environment's, as in any Go program.
func New(o Options) *Client {
	if o.Wait == 0 {
		o.Wait = firstWait
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = patience
	transport.DisableCompression = true // what is pinned are the bytes as they are stored
	client := retryablehttp.NewClient()
	client.HTTPClient = &http.Client{Transport: transport, CheckRedirect: redirected}
	client.Logger = nil
	client.RetryMax, client.RetryWaitMin, client.RetryWaitMax = tries-1, o.Wait, 20*o.Wait
	client.CheckRetry = again
	client.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return &Client{options: o, http: client, files: content.Files{Dir: filepath.Join(o.Cache, "sha256"), Index: o.Index}}
}

// Fetch gets the files of a source.
func (c *Client) Fetch(ctx context.Context, w config.Weight) ([]stage.Fetched, error) {
	token := c.options.Secrets[w.Secret]
	if w.Kind == config.HuggingFace {
		return c.hub(ctx, w, token)
	}
	path, err := c.get(ctx, download{url: w.From, sum: w.Pin, size: -1, token: token, of: w})
	if err != nil {
		return nil, err
	}
	return []stage.Fetched{{Host: path, SHA256: w.Pin}}, nil
}

// again decides whether a request is tried again: not when what a server wants is a long wait.
func again(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if resp != nil {
		if asked, e := time.ParseDuration(resp.Header.Get("Retry-After") + "s"); e == nil && asked > patience {
			return false, nil
		}
	}
	retry, _ := retryablehttp.DefaultRetryPolicy(ctx, resp, err)
	return retry, ctx.Err()
}

// redirected keeps a token from any host but the one that it is for: what a
// server points to, such as a CDN with a signature in its URL, is somebody
// else. Go's own rule lets subdomains and other ports have it.
func redirected(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case len(via) >= 10:
		return fmt.Errorf("it is redirected more than %d times", len(via)-1)
	case first.Scheme == "https" && next.URL.Scheme != "https":
		return fmt.Errorf("it is redirected to %s, which is not encrypted", bare(next.URL))
	case next.URL.Host != first.Host:
		next.Header.Del("Authorization")
	}
	return nil
}

// bare is a URL without what may be secret in it: the query of a redirect is often a signature.
func bare(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path }
