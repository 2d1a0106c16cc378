package config

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// A Dockerfile is read for what it says of the server and of its layers: the
// engine builds it. What cannot be understood is passed over.
// https://docs.docker.com/reference/dockerfile/

// maxStages bounds the work: each FROM may copy what a stage before it said.
const maxStages = 100

var (
	heredoc = regexp.MustCompile(`<<-?["']?([A-Za-z_][A-Za-z0-9_]*)["']?`)
	fromAs  = regexp.MustCompile(`(?i)^(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$`)
)

// stage is what one FROM begins.
type stage struct {
	image           protocol.Image
	entrypoint, cmd []string
	steps           []string // the instructions that make a layer, one each
}

// readDockerfile is what a Dockerfile makes, as far as that can be told without
// building it. target is the stage to build, empty for the last.
func readDockerfile(content, target string, args map[string]string) stage {
	values := map[string]string{} // of the ARGs before the first FROM
	stages := map[string]stage{}
	var s stage
	name, count := "", 0
	for _, line := range instructions(content) {
		keyword, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		switch strings.ToUpper(keyword) {
		case "ARG":
			if count == 0 {
				declare(values, rest, args)
			}
		case "FROM":
			if count > 0 {
				stages[name], stages[strconv.Itoa(count-1)] = s, s
				if count == maxStages || target != "" && strings.EqualFold(name, target) {
					return s
				}
			}
			count++
			parts := fromAs.FindStringSubmatch(rest)
			if parts == nil {
				parts = []string{"", "", ""}
			}
			ref := expand(parts[1], values)
			name = strings.ToLower(parts[2])
			s = stages[strings.ToLower(ref)].copied()
			if s.image.Ref == "" {
				s.image.Ref = ref
			}
		default:
			s.add(strings.ToUpper(keyword), rest)
		}
	}
	return s
}

// add notes one instruction of a stage.
func (s *stage) add(keyword, rest string) {
	switch keyword {
	case "ENTRYPOINT":
		s.entrypoint = argv(rest)
	case "CMD":
		s.cmd = argv(rest)
	case "ENV":
		for _, kv := range assignments(rest) {
			s.image.Env = append(s.image.Env, kv[0]+"="+kv[1])
		}
	case "LABEL":
		for _, kv := range assignments(rest) {
			if s.image.Labels == nil {
				s.image.Labels = map[string]string{}
			}
			s.image.Labels[kv[0]] = kv[1]
		}
	case "RUN", "COPY", "ADD", "WORKDIR":
		s.steps = append(s.steps, strings.Join(append([]string{keyword}, strings.Fields(rest)...), " "))
	case "EXPOSE":
		for _, word := range strings.Fields(rest) {
			number, _, _ := strings.Cut(word, "/")
			if port, err := strconv.Atoi(number); err == nil {
				s.image.Ports = append(s.image.Ports, port)
			}
		}
	}
}

// copied is a stage for another that begins FROM it.
func (s stage) copied() stage {
	s.image.Env = slices.Clone(s.image.Env)
	s.image.Labels = maps.Clone(s.image.Labels)
	s.image.Ports = slices.Clone(s.image.Ports)
	s.steps = slices.Clone(s.steps)
	return s
}

// made is the image of a stage.
func (s stage) made() protocol.Image {
	s.image.Command = slices.Concat(s.entrypoint, s.cmd)
	return s.image
}

// instructions are the lines that mean something, each with what continues it.
func instructions(content string) []string {
	var out []string
	var line strings.Builder
	end := "" // of a heredoc
	for raw := range strings.Lines(content) {
		text := strings.TrimSpace(raw)
		if end != "" {
			if text == end {
				end = ""
			}
			continue
		}
		if text == "" || text[0] == '#' {
			continue
		}
		if part, more := strings.CutSuffix(text, `\`); more {
			line.WriteString(part + " ")
			continue
		}
		line.WriteString(text)
		full := strings.ReplaceAll(line.String(), "\t", " ")
		line.Reset()
		if here := heredoc.FindStringSubmatch(full); here != nil {
			end = here[1]
		}
		out = append(out, full)
	}
	return append(out, line.String())
}

// argv is a command as the engine starts it: a JSON list as it is, anything
// else by a shell.
func argv(rest string) []string {
	var list []string
	if json.Unmarshal([]byte(rest), &list) == nil {
		return list
	}
	return []string{"/bin/sh", "-c", rest}
}

// assignments reads KEY=value KEY2="a value", or the older KEY a value.
func assignments(rest string) [][2]string {
	list := words(rest)
	if len(list) == 0 {
		return nil
	}
	if !strings.Contains(list[0], "=") {
		_, value, _ := strings.Cut(rest, " ")
		return [][2]string{{list[0], strings.TrimSpace(value)}}
	}
	var out [][2]string
	for _, word := range list {
		if key, value, ok := strings.Cut(word, "="); ok {
			out = append(out, [2]string{key, value})
		}
	}
	return out
}

// words splits at spaces that are not quoted.
func words(s string) []string {
	var out []string
	var word strings.Builder
	var quote byte
	begun := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && quote != '\'' && i+1 < len(s):
			i++
			word.WriteByte(s[i])
			begun = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, begun = c, true
		case quote == 0 && c == ' ':
			if begun {
				out = append(out, word.String())
				word.Reset()
				begun = false
			}
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	if begun {
		out = append(out, word.String())
	}
	return out
}

// declare notes an ARG: its value is the one given, else its default.
func declare(values map[string]string, rest string, args map[string]string) {
	for _, word := range words(rest) {
		key, value, _ := strings.Cut(word, "=")
		if given, ok := args[key]; ok {
			value = given
		}
		values[key] = value
	}
}

// expand puts values for $NAME, ${NAME} and ${NAME:-default}.
func expand(s string, values map[string]string) string {
	return os.Expand(s, func(name string) string {
		name, otherwise, _ := strings.Cut(name, ":-")
		return or(values[name], otherwise)
	})
}
