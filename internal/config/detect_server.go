package config

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-dev/slipway/internal/protocol"
)

const (
	maxLooked     = 20_000 // files that are looked at for a server's
	lookDepth     = 3      // directories down: MODELS/MODEL/VERSION/FILE
	maxCandidates = 10     // files of one name that are read
)

// found is the server that a model's files tell of.
type found struct {
	server
	traits
	others []string // further files that tell of one
}

// findServer is the first of the servers whose files are here, or nil.
func (l *loader) findServer() *found {
	files := l.shallow()
	for _, s := range servers {
		for _, pattern := range s.files {
			candidates := matching(pattern, files)
			for i, file := range candidates {
				t, ok := s.read(l, file)
				if !ok {
					continue
				}
				t.why = or(t.why, file+" is here")
				if len(candidates) > i+1 {
					t.why += ", the first of several"
				}
				t.why, t.fault = oneLine(t.why), oneLine(t.fault)
				return &found{s, t, candidates[i+1:]}
			}
		}
	}
	return nil
}

// matching are the first of the files that a pattern of ours matches.
func matching(pattern string, files []string) []string {
	var out []string
	for _, file := range files {
		if ok, _ := path.Match(pattern, file); ok && len(out) < maxCandidates {
			out = append(out, file)
		}
	}
	return out
}

// shallow lists the files near the top of the model, the nearest first.
// Hidden directories hold no model, and a directory with a million images
// costs no more than another.
func (l *loader) shallow() []string {
	var out []string
	dirs := []string{"."}
	for depth := 0; depth <= lookDepth; depth++ {
		var below []string
		for _, dir := range dirs {
			entries, err := os.ReadDir(filepath.Join(l.dir, filepath.FromSlash(dir)))
			if err != nil {
				continue // what cannot be read tells nothing
			}
			for _, e := range entries {
				p := path.Join(dir, e.Name())
				switch {
				case len(out)+len(below) == maxLooked:
					return out
				case !e.IsDir():
					out = append(out, p)
				case !strings.HasPrefix(e.Name(), "."):
					below = append(below, p)
				}
			}
		}
		dirs = below
	}
	return out
}

// chooseServer decides which server this is, and what is spoken with it. What
// is started tells more than the files beside it: an app may load what MLflow saved.
func (l *loader) chooseServer(started protocol.Image, python bool) {
	l.server = l.findServer()
	unknown, whyUnknown := protocol.OfImage(protocol.Image{})
	name, why := protocol.OfImage(started)
	known := name != unknown || why != whyUnknown
	switch f := l.server; {
	case known && (f == nil || f.protocol != name):
		l.server = nil
		l.spoken = Detection{Value: name, Why: why}
	case f != nil && python && l.has("serve.command") && len(f.command) == 0:
		// What no Python package starts, this command does not start.
		l.server = nil
		fallthrough
	case f == nil && python:
		l.spoken = Detection{Value: unknown, Why: "nothing here tells of another protocol"}
	case f == nil:
		l.spoken = Detection{Value: "auto", Why: "nothing here tells of a protocol: the image decides"}
	default:
		l.spoken = Detection{Value: f.protocol, Why: f.why}
	}
}

// completeServe fills in how the server of a python build is started, and where it listens.
func (l *loader) completeServe(bare bool) {
	s := &l.cfg.Serve
	f := l.server
	l.completePort()
	port := strconv.Itoa(s.Port)
	if l.cfg.Smoke.Protocol == protocol.Exec {
		return // nothing is served: the cases say what runs
	}
	if !l.has("serve.command") {
		if message := l.noCommand(port); message != "" {
			l.keyProblemf("serve.command", "is missing: %s", message)
			return
		}
		s.Command = f.startedOn(port)
		l.detected("serve.command", strings.Join(s.Command, " "), f.why)
		if bare {
			l.checkPackages()
		}
	}
	if f == nil {
		return
	}
	env := f.env
	if f.portEnv != "" && s.Port != f.server.port && s.Port != f.traits.port {
		env = append(slices.Clip(env), setting{f.portEnv, port, "serve.port is " + port})
	}
	for _, e := range env {
		if _, said := s.Env[e.name]; said {
			continue
		}
		if s.Env == nil {
			s.Env = map[string]string{}
		}
		s.Env[e.name] = e.value
		l.detected("serve.env", e.name+"="+e.value, e.why)
	}
}

// noCommand says why what starts the server cannot be told, or nothing.
func (l *loader) noCommand(port string) string {
	write := func(command []string) string {
		return fmt.Sprintf("write `serve: {command: %s}` in %s", flow(command), File)
	}
	app := []string{"python", "app.py"}
	if l.exists("app.py") && namesUvicorn.MatchString(l.text(l.cfg.Build.Requirements)) {
		app = []string{"uvicorn", "app:app", "--host", "0.0.0.0", "--port", port}
	}
	switch f := l.server; {
	case f == nil:
		return "a python build does not know how its server is started; " + write(app)
	case f.fault != "":
		return f.fault + ": correct it, or " + write(app)
	case len(f.command) == 0:
		return f.why + ", but " + f.instead + "; or, with a server of your own, " + write(app)
	case f.data && l.exists("app.py") && l.cfg.Smoke.Protocol != f.protocol:
		return f.why + ", and so is app.py, which may load it: " + write(f.startedOn(port)) + ", or what starts app.py"
	}
	return ""
}

// startedOn is the server's command.
func (f *found) startedOn(port string) []string {
	out := make([]string, len(f.command))
	for i, word := range f.command {
		out[i] = strings.NewReplacer("{target}", f.target, "{port}", port).Replace(word)
	}
	return out
}

func (l *loader) completePort() {
	s := &l.cfg.Serve
	if s.Port != 0 || l.has("serve.port") {
		return
	}
	s.Port = defaultPort
	port, why := commandPort(s.Command), "serve.command names it"
	switch f := l.server; {
	case port > 0:
	case f == nil:
		return
	case f.traits.port > 0:
		port, why = f.traits.port, "the settings of "+f.name+" name it"
	default:
		port, why = f.server.port, f.name+" listens there unless it is told otherwise"
	}
	s.Port = port
	l.detected("serve.port", strconv.Itoa(port), why)
}

// commandPort is the port that a command names, or 0.
func commandPort(command []string) int {
	for i, word := range command {
		name, value, joined := strings.Cut(word, "=")
		if !joined && i+1 < len(command) {
			value = command[i+1]
		}
		switch name {
		case "--port", "-p":
			return portNumber(value)
		case "--bind", "-b": // gunicorn and hypercorn: HOST:PORT
			return portNumber(value[strings.LastIndexByte(value, ':')+1:])
		}
	}
	return 0
}

// plainWord needs no quotes in a YAML list.
var plainWord = regexp.MustCompile(`^[A-Za-z./-][A-Za-z0-9_./-]*$`)

// flow writes a command as slipway.yaml takes it.
func flow(command []string) string {
	quoted := make([]string, len(command))
	for i, word := range command {
		if quoted[i] = word; !plainWord.MatchString(word) && word != "0.0.0.0" {
			quoted[i] = strconv.Quote(word)
		}
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
