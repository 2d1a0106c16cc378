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
	"unicode"
)

// The files of model servers belong to others: what is broken in them tells
// less, and is no problem of a run that does without.

var (
	pythonIn     = regexp.MustCompile(`\b3\.[0-9]{1,2}`)
	bentoSection = regexp.MustCompile(`(?ms)^\[tool\.bentoml(?:\.build)?\][ \t]*(?:#[^\n]*)?$(.*?)(?:^\[|\z)`)
	tomlService  = regexp.MustCompile(`(?m)^\s*service\s*=\s*["']([^"'\n]+)["']`)
	bentoClass   = regexp.MustCompile(`(?ms)^@bentoml\.service\b.*?^class\s+([A-Za-z_][A-Za-z0-9_]*)`)
	bentoPython  = regexp.MustCompile(`python_version\s*=\s*["'](3\.[0-9]{1,2})`)
	pbtxtName    = regexp.MustCompile(`(?m)^\s*name\s*:\s*"([^"\n]+)"`)
	inferenceAt  = regexp.MustCompile(`(?m)^\s*inference_address\s*=\s*\S+:([0-9]{1,5})\s*$`)
	versionDir   = regexp.MustCompile(`^[0-9]+$`)
)

// The keys by which a config.yaml is a Truss's.
var trussKeys = []string{"model_class_name", "model_module_dir", "base_image", "requirements", "requirements_file", "resources", "docker_server", "trt_llm", "weights", "model_metadata"}

// parsed is what was made of a file.
type parsed struct {
	node  *node
	fault *fault
}

// foreign reads a YAML or JSON file of somebody else's. It is read once: a
// file that is made to take its parser long must not do so for each server.
func (l *loader) foreign(file string) (*node, *fault) {
	p, ok := l.parsed[file]
	if !ok {
		read := readYAML
		if path.Ext(file) == ".json" {
			read = readJSON
		}
		p.node, p.fault = read(l.text(file))
		l.parsed[file] = p
	}
	return p.node, p.fault
}

func (l *loader) readCog(file string) (traits, bool) {
	n, f := l.foreign(file)
	if f != nil {
		return traits{fault: unreadable(file, f)}, true
	}
	runner := or(n.str("run"), n.str("predict"))
	if runner == "" && n.get("build") == nil {
		return traits{}, false
	}
	t := traits{
		python:       pythonIn.FindString(n.str("build", "python_version")),
		requirements: n.str("build", "python_requirements"),
		packages:     n.strs("build", "python_packages"),
	}
	if runner == "" {
		t.fault = file + ` names no runner, such as run: "run.py:Runner"`
		return t, true
	}
	t.env = append(t.env, setting{"COG_PREDICT_TYPE_STUB", runner, file + " names it"})
	for _, kv := range n.strs("environment") {
		if key, value, ok := strings.Cut(kv, "="); ok && envName.MatchString(key) {
			t.env = append(t.env, setting{key, value, file + " sets it"})
		}
	}
	return t, true
}

func (l *loader) readBento(file string) (traits, bool) {
	code := l.text("service.py")
	t := traits{}
	if classes := bentoClass.FindAllStringSubmatch(code, 2); len(classes) == 1 {
		t.target = "service:" + classes[0][1]
	} else if len(classes) > 1 {
		t.target = "service" // BentoML finds the one that no other depends on
	}
	if version := bentoPython.FindStringSubmatch(code); version != nil {
		t.python = version[1]
	}
	switch file {
	case "service.py":
		if t.target == "" {
			return traits{}, false
		}
		t.why = "service.py has @bentoml.service"
	case "pyproject.toml":
		section := bentoSection.FindStringSubmatch(l.text(file))
		if section == nil {
			return traits{}, false
		}
		t.why = "pyproject.toml has [tool.bentoml.build]"
		if service := tomlService.FindStringSubmatch(section[1]); service != nil {
			t.target = service[1]
		}
	case "bento.yaml":
		n, _ := l.foreign(file)
		if n.get("bentoml_version") == nil {
			return traits{}, false
		}
		t.target = "."
		t.python = pythonIn.FindString(or(n.str("image", "python_version"), n.str("docker", "python_version")))
		t.requirements = "env/python/requirements.txt"
	default:
		n, _ := l.foreign(file)
		t.target = or(n.str("service"), t.target)
		t.python = or(pythonIn.FindString(n.str("docker", "python_version")), t.python)
		t.requirements = n.str("python", "requirements_txt")
		t.packages = n.strs("python", "packages")
		for _, env := range n.elements("envs") {
			if name := env.str("name"); envName.MatchString(name) && env.get("value") != nil {
				t.env = append(t.env, setting{name, env.str("value"), file + " sets it"})
			}
		}
	}
	t.target = or(t.target, ".")
	t.env = append(t.env, l.bentoHome()...)
	return t, true
}

// bentoHome is where BentoML makes its directories at start, which is the
// user's home otherwise: a user that is only a number has none.
func (l *loader) bentoHome() []setting {
	if user, _, _ := strings.Cut(l.cfg.Build.User, ":"); user == "" || user == "0" {
		return nil
	}
	return []setting{{"BENTOML_HOME", "/tmp/bentoml", "BentoML makes directories at start, and the user " + l.cfg.Build.User + " has no home"}}
}

func (l *loader) readTruss(file string) (traits, bool) {
	n, _ := l.foreign(file)
	known := slices.ContainsFunc(trussKeys, func(key string) bool { return n.get(key) != nil })
	if !known || n.get("docker_server") == nil && n.get("trt_llm") == nil && !l.exists("model/model.py") {
		return traits{}, false
	}
	return traits{why: "config.yaml is a Truss's", python: pythonIn.FindString(strings.ReplaceAll(n.str("python_version"), "py3", "3."))}, true
}

func (l *loader) readTrussServer(file string) (traits, bool) {
	n, _ := l.foreign(file)
	s := n.get("docker_server")
	if _, ok := l.readTruss(file); !ok || s == nil {
		return traits{}, false
	}
	return traits{why: "config.yaml has docker_server", port: portNumber(s.str("server_port")), ready: s.str("readiness_endpoint")}, true
}

func (l *loader) readMLServer(file string) (traits, bool) {
	n, f := l.foreign(file)
	if f != nil {
		return traits{fault: unreadable(file, f)}, true
	}
	t := traits{model: n.str("name")}
	if dir := path.Dir(file); t.model == "" && dir != "." {
		t.model = path.Base(dir)
	}
	// mlserver_sklearn.SKLearnModel is in the package mlserver-sklearn.
	if runtime, _, _ := strings.Cut(n.str("implementation"), "."); strings.HasPrefix(runtime, "mlserver_") {
		t.packages = append(t.packages, strings.ReplaceAll(runtime, "_", "-"))
	}
	// settings.json wins over the environment.
	s, _ := l.foreign("settings.json")
	if s.get("parallel_workers") == nil {
		t.env = append(t.env, setting{"MLSERVER_PARALLEL_WORKERS", "0", "worker processes of MLServer 1.7 crash with a current uvloop, and settings.json does not ask for them"})
	}
	if port := portNumber(s.str("http_port")); port > 0 {
		t.port = port
	}
	return t, true
}

func (l *loader) readMLflow(file string) (traits, bool) {
	dir := path.Dir(file)
	n, f := l.foreign(file)
	pyfunc := n.get("flavors").get("python_function")
	env, _ := l.foreign(path.Join(dir, or(pyfunc.str("env", "virtualenv"), "python_env.yaml")))
	t := traits{
		target: dir,
		python: or(pythonIn.FindString(env.str("python")), pythonIn.FindString(pyfunc.str("python_version"))),
	}
	if dir != "." {
		t.weights = dir
	}
	if own := path.Join(dir, "requirements.txt"); !l.exists("requirements.txt") && l.exists(own) {
		t.requirements = own
	}
	if f == nil && pyfunc == nil && n.get("flavors") != nil {
		t.fault = file + " has no python_function flavor, which is what MLflow serves"
	}
	return t, true
}

func (l *loader) readTriton(file string) (traits, bool) {
	dir := path.Dir(file)
	entries, err := os.ReadDir(filepath.Join(l.dir, filepath.FromSlash(dir)))
	if err != nil || !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.IsDir() && versionDir.MatchString(e.Name()) }) {
		return traits{}, false
	}
	t := traits{why: file + " is beside a version of a model"}
	if name := pbtxtName.FindStringSubmatch(l.text(file)); name != nil {
		t.model = name[1]
	} else if dir != "." {
		t.model = path.Base(dir)
	}
	return t, true
}

func (l *loader) readTorchServe(file string) (traits, bool) {
	t := traits{}
	if address := inferenceAt.FindStringSubmatch(l.text("config.properties")); address != nil {
		t.port = portNumber(address[1])
	}
	if file == "config.properties" {
		t.why = "config.properties has an inference_address"
		return t, t.port > 0
	}
	t.model = strings.TrimSuffix(path.Base(file), ".mar")
	return t, true
}

func (l *loader) readTFServing(file string) (traits, bool) {
	version := path.Dir(file)
	if !versionDir.MatchString(path.Base(version)) {
		return traits{}, false
	}
	t := traits{why: file + " is a version of a model"}
	if model := path.Base(path.Dir(version)); model != "." {
		t.model = model
	}
	return t, true
}

func unreadable(file string, f *fault) string {
	if f.line > 0 {
		return fmt.Sprintf("line %d of %s is %s", f.line, file, f.message)
	}
	return file + " " + f.message
}

// portNumber is a port, or 0.
func portNumber(s string) int {
	port, err := strconv.Atoi(s)
	if err != nil || port < 1 || port > 65535 {
		return 0
	}
	return port
}

// str is a scalar below n by its keys, or nothing: what is no line of text
// names nothing either.
func (n *node) str(keys ...string) string {
	for _, key := range keys {
		n = n.get(key)
	}
	if n == nil || n.kind == null || n.kind == list || n.kind == object || strings.ContainsFunc(n.value, unicode.IsControl) {
		return ""
	}
	return n.value
}

// elements are what a list below n by its keys holds.
func (n *node) elements(keys ...string) []*node {
	for _, key := range keys {
		n = n.get(key)
	}
	if n == nil {
		return nil
	}
	return n.items
}

// strs are the scalars of a list below n.
func (n *node) strs(keys ...string) []string {
	var out []string
	for _, item := range n.elements(keys...) {
		if s := item.str(); s != "" {
			out = append(out, s)
		}
	}
	return out
}
