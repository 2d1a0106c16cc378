package reporting

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// stateLine ends a comment. It holds a hash of what the run found out, without
// what differs from run to run (times, ids, the commit), so that "on-change"
// can tell the two apart without reading its own Markdown.
const stateLine = "\n<!-- slipway:state %s -->\n"

var stateForm = regexp.MustCompile(`(?m)^<!-- slipway:state ([0-9a-f]{16}) -->\s*\z`)

func withState(body string, r result.Result) string {
	return strings.TrimRight(body, "\n") + fmt.Sprintf(stateLine, fingerprint(r))
}

// state reads the hash back; empty when there is none.
func state(body string) string {
	if m := stateForm.FindStringSubmatch(plain(body)); m != nil {
		return m[1]
	}
	return ""
}

func fingerprint(r result.Result) string {
	h := sha256.New()
	add := func(parts ...any) { fmt.Fprintf(h, "%q\n", parts) } // %q keeps neighbours apart
	add(r.Model, r.Status, r.Verified, r.Unverified)
	if r.Image != nil {
		add(r.Image.Repository, r.Image.Digest, r.Image.Tags)
	}
	for _, s := range r.Stages {
		add(s.Name, s.Status)
	}
	if t := r.Tests; t != nil {
		add(fmt.Sprint(t.Total, t.Passed, t.Failed, t.Skipped))
		for _, f := range t.Failures {
			add(f.Name)
		}
	}
	if r.Smoke != nil {
		for _, c := range r.Smoke.Cases {
			add(c.Name, c.Status)
		}
	}
	for _, g := range r.Gates {
		add(g.Metric, g.Status)
	}
	for _, p := range r.Problems {
		add(p.File, p.Message)
	}
	if r.Error != nil {
		add(r.Error.What, r.Error.Where)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
