package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/stage"
)

// answer is a server that answered, and not with a file.
type answer struct {
	status int
	text   string // what the hub says for people
}

func (a *answer) Error() string {
	what := fmt.Sprintf("the server answered %d %s", a.status, http.StatusText(a.status))
	if a.text != "" {
		what += " (" + a.text + ")"
	}
	return what
}

// refusal reads what a server answered instead of a file. The hub says in a header why
// (https://github.com/huggingface/huggingface_hub/blob/v0.26.0/src/huggingface_hub/utils/_http.py, hf_raise_for_status).
func refusal(resp *http.Response) error {
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, resp.Header.Get("X-Error-Message"))
	return &answer{status: resp.StatusCode, text: text[:min(len(text), 300)]}
}

// explain says in words for a person what became of a request, and what to do about it.
func explain(ctx context.Context, err error, w config.Weight) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if isDisk(err) {
		return disk(err, w)
	}
	what, remedy := cause(err, w)
	return &stage.Error{What: fmt.Sprintf("fetching %s (%s): %s", w.Source(), w.Field, what), Where: "weights", Remedy: remedy, Err: err}
}

func cause(err error, w config.Weight) (what, remedy string) {
	var a *answer
	var dns *net.DNSError
	var authority x509.UnknownAuthorityError
	var timeout net.Error
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // the address, with a signature in it, stays out
	}
	switch {
	case errors.As(err, &a):
		return a.Error(), a.remedy(w)
	case errors.As(err, &dns):
		return "no address is known for " + dns.Name, "is the name right, and is there a network?"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there", "is the address right, and does the server run?"
	case errors.As(err, &authority):
		return "its certificate is signed by an authority that this machine does not know", "add the authority to this machine's (SSL_CERT_FILE names a file of them)"
	case errors.Is(err, errStalled), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time", "run again: what was fetched is kept"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "the connection broke off, time and again", "run again: what was fetched is kept"
	}
	return err.Error(), "run again; if it stays, what the message names is what to look at"
}

func (a *answer) remedy(w config.Weight) string {
	login := "name the environment variable with a token by `secret`"
	if w.Secret != "" {
		login = "is the token in " + w.Secret + " the right one, and not expired?"
	}
	switch a.status {
	case http.StatusUnauthorized:
		if w.Kind == config.HuggingFace { // which answers so for what is not there, too
			return "is the name right? if it is, the repository is private: " + login
		}
		return login
	case http.StatusForbidden:
		if w.Kind == config.HuggingFace {
			return "the repository may be gated: accept its conditions on its page with the account of the token; " + login
		}
		return login
	case http.StatusNotFound:
		return "is the name right, is the commit one of it, and may this token see it?"
	case http.StatusTooManyRequests:
		return "the server limits requests: wait, or " + login
	}
	if a.status >= http.StatusInternalServerError {
		return "the server has a problem of its own: try again later"
	}
	return "open the address in a browser: is the file still there?"
}

// another is a file that is not the pinned one.
func another(err error, d download) error {
	return &stage.Error{
		What:   fmt.Sprintf("%s (%s) is not the file it was: %s", d.of.Source(), d.of.Field, strings.TrimPrefix(err.Error(), "its content is another: ")) + ", pinned is " + d.sum,
		Where:  "weights",
		Remedy: "find out why before you change the pin: it was replaced, or the pin is mistyped, or the server sends a page instead of the file",
		Err:    err,
	}
}

func isDisk(err error) bool {
	var file *fs.PathError
	var link *os.LinkError
	return errors.As(err, &file) || errors.As(err, &link) || errors.Is(err, syscall.ENOSPC)
}

func disk(err error, w config.Weight) error {
	return &stage.Error{
		What: fmt.Sprintf("keeping %s: %v", w.Source(), err), Where: "the cache",
		Remedy: "is there room on the disk, and may this user write there? XDG_CACHE_HOME names another place", Err: err,
	}
}
