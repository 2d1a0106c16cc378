package layer

import (
	"regexp"
	"strings"
)

// Made says what made the layers of a Dockerfile build, as the Dockerfile has it.
type Made struct {
	From  string   `json:"from"`  // the image that it stands on
	Steps []string `json:"steps"` // the instructions above that, each of which makes one layer
}

const (
	pulled   = "pulled from "
	imported = "imported "
	from     = "FROM "
)

// by names what made each layer, bottom first, given what the history of the
// built image says. Those words depend on what the engine did before: a step
// that another Dockerfile had first is "[2/5] WORKDIR /app" in this one too,
// and one that comes out of a cache is "imported sha256:…". So the Dockerfile
// is asked, and the history where the two do not agree, as with the ONBUILD
// instructions of a base.
// https://github.com/dagger/dagger/blob/v0.19.10/internal/buildkit/exporter/containerimage/writer.go
func (m Made) by(history []string) []string {
	out := make([]string, len(history))
	for n, h := range history {
		out[n] = fromHistory(h)
	}
	below := len(history) - len(m.Steps)
	if below < 0 {
		return out
	}
	for n, h := range history {
		if strings.HasPrefix(h, imported) {
			continue // it may be any
		}
		is, _, _ := strings.Cut(out[n], " ")
		if n < below && is != "FROM" {
			return out
		}
		if n >= below {
			if want, _, _ := strings.Cut(m.Steps[n-below], " "); is != want {
				return out
			}
		}
	}
	for n := range out {
		if n < below {
			out[n] = from + m.From
		} else {
			out[n] = m.Steps[n-below]
		}
	}
	return out
}

// fromHistory is an instruction as the engine's history has it, without what tells of the engine.
func fromHistory(createdBy string) string {
	s := strings.TrimSpace(createdBy)
	if ref, ok := strings.CutPrefix(s, pulled); ok {
		ref, _, _ = strings.Cut(ref, "@")
		return from + ref
	}
	if ran, ok := strings.CutPrefix(s, "mount / from exec "); ok {
		return "RUN " + strings.TrimPrefix(ran, "/bin/sh -c ")
	}
	return stepNumber.ReplaceAllString(s, "")
}

// stepNumber is "[build 2/5] ", with the platform where there are several.
var stepNumber = regexp.MustCompile(`^\[[^\]]*\d+/\d+\] `)

// OfBase is true for what stands for the layers of the base image.
func OfBase(instruction string) bool { return strings.HasPrefix(instruction, from) }

// OfContext is true for an instruction whose layer follows from the files of
// the build context and the Dockerfile, except for the times: those of the
// checkout, and of the build for the directories that it had to make.
func OfContext(instruction string) bool {
	keyword, rest, _ := strings.Cut(instruction, " ")
	flags, args := flagsOf(rest)
	switch keyword {
	case "WORKDIR":
		return true
	case "COPY":
		return flags["from"] == ""
	case "ADD":
		return flags["checksum"] != "" || !remoteSource(args)
	}
	return false
}

// Reproducible tells whether another build of the same Dockerfile makes the same
// layer, and when that cannot be promised, why.
func Reproducible(instruction string) (ok bool, why string) {
	if OfBase(instruction) || OfContext(instruction) {
		return true, ""
	}
	switch keyword, _, _ := strings.Cut(instruction, " "); keyword {
	case "RUN":
		return false, "it ran a command: what that downloads may change, and files have the time of the build"
	case "COPY":
		return false, "it copied what another stage or image holds"
	case "ADD":
		return false, "it downloaded something without --checksum"
	}
	return false, "what made it is not known"
}

// flagsOf takes the --name=value words from the beginning of an instruction.
func flagsOf(rest string) (flags map[string]string, args []string) {
	flags = map[string]string{}
	args = strings.Fields(rest)
	for len(args) > 0 && strings.HasPrefix(args[0], "--") {
		name, value, _ := strings.Cut(args[0][2:], "=")
		if value == "" {
			value = "true"
		}
		flags[name] = value
		args = args[1:]
	}
	return flags, args
}

// remoteSource is true when ADD fetches, or may: an address, a git repository, a variable
// (https://docs.docker.com/reference/dockerfile/#add).
func remoteSource(args []string) bool {
	for _, a := range args {
		a = strings.Trim(a, `[",`)
		if strings.Contains(a, "://") || strings.Contains(a, "$") || strings.HasPrefix(a, "git@") {
			return true
		}
	}
	return false
}
