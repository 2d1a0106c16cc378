package reporting

import (
	"errors"
	"strconv"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// Files are where the run left its record; empty when there is none.
type Files struct {
	Result string
	Report string
}

// commentURL is known only after the comment is written, and set by itself.
const commentURL = "comment-url"

// setOutputs sets every output, also those without a value: a later step can
// then tell "not published" from a misspelt name.
func setOutputs(c Commands, r result.Result, f Files) error {
	var image, digest, tags string
	if r.Image != nil {
		image, digest, tags = r.Image.Reference, r.Image.Digest, strings.Join(r.Image.Tags, "\n")
	}
	return errors.Join(
		c.SetOutput("status", string(r.Status)),
		c.SetOutput("verified", strconv.FormatBool(r.Verified)),
		c.SetOutput("image", image),
		c.SetOutput("digest", digest),
		c.SetOutput("tags", tags),
		c.SetOutput("result", f.Result),
		c.SetOutput("report", f.Report),
	)
}
