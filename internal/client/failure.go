package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// failure is why there is no complete answer: its kind, to be counted, and in plain words.
type failure struct{ kind, text string }

// The kinds of failures that a load counts, beside "status 503".
const (
	timedOut    = "timeout"
	refused     = "connection refused"
	reset       = "connection reset"
	closed      = "closed without an answer"
	cutOff      = "body cut off"
	tooLong     = "body without end"
	unconnected = "no connection"
	notHTTP     = "no answer that is HTTP"
	serverEnded = "server ended"
	calledOff   = "called off"
)

// explain says why there is no complete answer. resp is nil when none began;
// length is what came of its body.
func (c *Client) explain(err error, resp *http.Response, length int64, limit time.Duration) failure {
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, ErrEndless):
		return failure{tooLong, "the body " + ErrEndless.Error()}
	case errors.Is(err, context.Canceled):
		return failure{calledOff, "it was called off before there was an answer"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return failure{refused, "nothing listens on " + c.where}
	case errors.As(err, &op) && op.Op == "dial":
		return failure{unconnected, fmt.Sprintf("no connection to %s: %s", c.where, cause(op.Err))}
	case c.port == 0 && resp == nil && (errors.As(err, &certificate) || strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "TLS handshake") || strings.Contains(err.Error(), "HTTPS client")):
		return failure{unconnected, fmt.Sprintf("no TLS connection to %s: %s", c.where, cause(err))}
	case errors.Is(err, context.DeadlineExceeded) && resp == nil:
		return failure{timedOut, fmt.Sprintf("no answer within %s", limit)}
	case errors.Is(err, context.DeadlineExceeded):
		return failure{timedOut, fmt.Sprintf("the answer was not complete after %s: %d bytes of the body had come", limit, length)}
	case resp != nil && errors.Is(err, syscall.ECONNRESET):
		return failure{reset, fmt.Sprintf("the connection was reset after %d bytes of the body", length)}
	case resp != nil && resp.ContentLength >= 0 && errors.Is(err, io.ErrUnexpectedEOF):
		return failure{cutOff, fmt.Sprintf("the body was cut off: %d of the %d bytes that Content-Length promises", length, resp.ContentLength)}
	case resp != nil:
		return failure{cutOff, fmt.Sprintf("the body was cut off after %d bytes: %s", length, cause(err))}
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return failure{reset, "the server closed the connection without an answer"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "server closed idle connection"):
		return failure{closed, "the server closed the connection without an answer"}
	case strings.Contains(err.Error(), "response headers exceeded"):
		return failure{notHTTP, fmt.Sprintf("the headers had not ended after %d KiB, so reading was stopped", headerBytes>>10)}
	case strings.Contains(err.Error(), "readLoopPeekFailLocked"):
		// net/http's name for bytes that came before the question (golang/go's transport.go).
		return failure{notHTTP, notHTTP + ": the server spoke before it was asked"}
	}
	return failure{notHTTP, notHTTP + ": " + cause(err)}
}

// cause strips what net/http puts around an error: method and URL, which are ours.
func cause(err error) string {
	text := err.Error()
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		text = inner.Error()
	}
	text = strings.TrimPrefix(text, "net/http: HTTP/1.x transport connection broken: ")
	return text[:min(len(text), 300)]
}
