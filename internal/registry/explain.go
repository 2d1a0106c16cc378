package registry

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/slipway-dev/slipway/internal/stage"
)

// explain says in words for a person what became of a request to a registry,
// or of a directory, and what to do about it.
func explain(err error, doing, where string) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var known *stage.Error
	if errors.As(err, &known) {
		return err
	}
	var answer *transport.Error
	if errors.As(err, &answer) {
		what, remedy := fromAnswer(answer)
		return &stage.Error{What: doing + ": " + what, Where: where, Remedy: remedy, Err: err}
	}
	what, remedy := fromNetwork(err, where)
	return &stage.Error{What: doing + ": " + what, Where: where, Remedy: remedy, Err: err}
}

func fromAnswer(answer *transport.Error) (what, remedy string) {
	what = "the registry answered " + said(answer)
	switch {
	case full(answer):
		return what, "the registry has no room left: free some, or have its garbage collected"
	case slices.ContainsFunc(answer.Errors, func(d transport.Diagnostic) bool { return d.Code == transport.NameUnknownErrorCode }):
		return what, "the repository is not there: is the name right? some registries (Amazon ECR: `aws ecr create-repository`) do not make one when it is pushed to"
	}
	switch answer.StatusCode {
	case http.StatusUnauthorized:
		// Docker Hub answers so for repositories that are not there, too.
		remedy = "is the name right? if it is, the login is missing or wrong: log in (`docker login`, docker/login-action), or for publishing set SLIPWAY_REGISTRY_USERNAME and SLIPWAY_REGISTRY_PASSWORD (the action's registry-username and registry-password)"
	case http.StatusForbidden:
		remedy = "this login may not do that; on ghcr.io the job needs `permissions: {packages: write}`"
	case http.StatusNotFound:
		remedy = "is the name right, does the repository exist, and may this login see it?"
	case http.StatusTooManyRequests:
		remedy = "the registry limits requests: log in, use a mirror, or wait"
	case http.StatusRequestEntityTooLarge:
		remedy = "a layer is larger than the registry, or a proxy before it, takes"
	default:
		remedy = "the registry does not take what every registry takes: is it one?"
		if answer.StatusCode >= http.StatusInternalServerError {
			remedy = "the registry has a problem of its own: try again later"
		}
	}
	return what, remedy
}

// said is a registry's answer in its own words.
func said(answer *transport.Error) string {
	words := fmt.Sprintf("%d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	if len(answer.Errors) > 0 && answer.Errors[0].Message != "" {
		words += " (" + answer.Errors[0].Message + ")"
	}
	return words
}

func fromNetwork(err error, where string) (what, remedy string) {
	var dns *net.DNSError
	var network net.Error
	var file *fs.PathError
	var link *os.LinkError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return err.Error(), "the disk is full: free some room, or name a place on another disk"
	case errors.As(err, &file) || errors.As(err, &link):
		return err.Error(), "is it there, and may this user write there?"
	case errors.As(err, &dns):
		return "no address is known for " + dns.Name, "is the name right, and is there a network?"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there", "start the registry, or name another"
	case errors.As(err, &authority):
		return "its certificate is signed by an authority that this machine does not know", "add the authority to this machine's (SSL_CERT_FILE names a file of them)"
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "it speaks plain HTTP", "only registries on localhost may; give it a certificate"
	case errors.Is(err, errStalled):
		return err.Error(), "is the way from here to " + where + " (network, proxy) fit for layers of this size? run again"
	case errors.As(err, &network) && network.Timeout():
		return "no answer in time", "is there a way from here to " + where + " (firewall, proxy)?"
	}
	return err.Error(), "run again; if it stays, what the message names is what to look at"
}
