package layer

import (
	"regexp"
	"strings"
)

// Instruction is what made a layer, of what the history of an image says that
// the engine built of a Dockerfile. Those words depend on what the engine did
// before: a step that another Dockerfile had first is "[2/5] WORKDIR /app" in
// this one too. Without its number, it is the same on every engine.
// https://github.com/dagger/dagger/blob/v0.19.10/internal/buildkit/exporter/containerimage/writer.go
func Instruction(createdBy string) string {
	s := strings.TrimSpace(createdBy)
	if ran, ok := strings.CutPrefix(s, "mount / from exec "); ok {
		return "RUN " + strings.TrimPrefix(ran, "/bin/sh -c ")
	}
	if linked, ok := strings.CutPrefix(s, "[linking] "); ok {
		s = linked
	}
	return stepNumber.ReplaceAllString(s, "")
}

// stepNumber is "[build 2/5] ", with the platform where there are several.
var stepNumber = regexp.MustCompile(`^\[[^\]]*\d+/\d+\] `)

const pulled = "pulled from "

// PulledFrom is the image that an instruction's layer was pulled with, as
// reference and digest of what was resolved; ok is false for layers that were made.
func PulledFrom(instruction string) (ref, digest string, ok bool) {
	from, ok := strings.CutPrefix(instruction, pulled)
	if !ok {
		return "", "", false
	}
	ref, digest, _ = strings.Cut(from, "@")
	return ref, digest, true
}

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
	if _, _, base := PulledFrom(instruction); base || OfContext(instruction) {
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

// remoteSource is true when ADD fetches: an address, or a git repository
// (https://docs.docker.com/reference/dockerfile/#add).
func remoteSource(args []string) bool {
	for _, a := range args {
		a = strings.Trim(a, `[",`)
		if strings.Contains(a, "://") || strings.HasPrefix(a, "git@") {
			return true
		}
	}
	return false
}
