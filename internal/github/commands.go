package github

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sethvargo/go-githubactions"

	"github.com/slipway-dev/slipway/internal/reporting"
)

// maxMessage is where the runner cuts an annotation, in characters
// (https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs).
const maxMessage = 4096

// Commands speaks to the runner: commands on standard output, values in the
// files that the runner names. Outside of a runner the files are not named;
// what would go there is left out, so that the action can be run by hand.
type Commands struct {
	action *githubactions.Action
	getenv func(string) string
	shown  map[reporting.Level]int
}

// NewCommands writes commands to w, and finds the runner's files by getenv.
func NewCommands(w io.Writer, getenv func(string) string) *Commands {
	return &Commands{
		action: githubactions.New(githubactions.WithWriter(w), githubactions.WithGetenv(getenv)),
		getenv: getenv,
		shown:  map[reporting.Level]int{},
	}
}

// Annotate implements reporting.Commands. What is over GitHub's number for a
// step is printed as a plain line instead of being dropped without a word.
func (c *Commands) Annotate(a reporting.Annotation) {
	c.shown[a.Level]++
	if c.shown[a.Level] > reporting.MaxAnnotations {
		// A group's title is shown as it is, on one line: foreign text in it is no command.
		c.action.Group(fmt.Sprintf("%s: %s", a.Level, oneLine(a.Title)))
		c.action.EndGroup()
		return
	}
	fields := map[string]string{}
	if a.Title != "" {
		fields["title"] = oneLine(a.Title)
	}
	if a.File != "" {
		fields["file"] = a.File
		if a.Line > 0 {
			fields["line"] = strconv.Itoa(a.Line)
		}
	}
	action, message := c.action.WithFieldsMap(fields), cut(a.Message, maxMessage)
	if a.Level == reporting.LevelWarning {
		action.Warningf("%s", message)
		return
	}
	action.Errorf("%s", message)
}

// Mask has the runner hide a secret in everything that it logs from here on,
// also line by line and URL-encoded.
func (c *Commands) Mask(secret string) {
	if strings.TrimSpace(secret) == "" {
		return
	}
	c.action.AddMask(secret)
	if lines := strings.Split(strings.ReplaceAll(secret, "\r\n", "\n"), "\n"); len(lines) > 1 {
		for _, l := range lines {
			if len(l) > 3 { // "}" or "==" would be hidden everywhere
				c.action.AddMask(l)
			}
		}
	}
	if encoded := url.QueryEscape(secret); encoded != secret {
		c.action.AddMask(encoded)
	}
	c.action.AddMask(base64.StdEncoding.EncodeToString([]byte(secret)))
}

// MaskLogin hides a password, and the form in which it stands in Docker's
// config.json and in the header of a request.
func (c *Commands) MaskLogin(username, password string) {
	if password == "" {
		return
	}
	c.Mask(password)
	c.action.AddMask(base64.StdEncoding.EncodeToString([]byte(username + ":" + password)))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// cut shortens s to at most n characters.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
