package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slipway-dev/slipway/internal/testkit"
)

// cases runs every testdata/DIR/PROTOCOL-NAME.txtar: turn makes of its files
// what the file "out" must be; -update writes it.
func cases(t *testing.T, dir string, turn func(p Protocol, files map[string][]byte) string) {
	testkit.Archives(t, "testdata/"+dir+"/*.txtar", "out", func(t *testing.T, name string, files map[string][]byte) string {
		return turn(protocolOf(t, name), files)
	})
}

// protocolOf is the protocol with whose name the name of a case begins.
func protocolOf(t *testing.T, base string) Protocol {
	for _, p := range all {
		if strings.HasPrefix(base, p.Name()+"-") {
			return p
		}
	}
	t.Fatalf("%s.txtar is of none of the protocols %s", base, strings.Join(Names(), ", "))
	return nil
}

// target is the server of a case: the file "model" is the name that it knows
// the model by, each file "told STATUS PATH" an answer of its own.
func target(files map[string][]byte) Target {
	t := Target{Model: strings.TrimSpace(string(files["model"])), Default: "iris"}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		r := Response{Body: bytes.TrimSuffix(files[name], []byte("\n"))}
		if _, err := fmt.Sscanf(name, "told %d %s", &r.Status, &r.Path); err == nil {
			t.Told = append(t.Told, r)
		}
	}
	return t
}

func TestRequest(t *testing.T) {
	cases(t, "request", func(p Protocol, files map[string][]byte) string {
		var r Request
		unmarshal(t, files["case.json"], &r)
		m, err := p.Request(r, target(files))
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s %s\n", m.Method, m.Path)
		for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
			fmt.Fprintf(&b, "%s: %s\n", name, m.Headers[name])
		}
		fmt.Fprintf(&b, "\n%s\n", bytes.ReplaceAll(sent(t, m), []byte("\r\n"), []byte("␍\n")))
		return b.String()
	})
}

// sent are the bytes of a message's body.
func sent(t *testing.T, m Message) []byte {
	t.Helper()
	body, err := m.Body.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// response reads "200 application/json /path" and the body.
func response(files map[string][]byte) Response {
	var r Response
	_, _ = fmt.Sscanln(string(files["status"]), &r.Status, &r.ContentType, &r.Path)
	r.Body = bytes.TrimSuffix(files["body"], []byte("\n"))
	return r
}

func TestAnswer(t *testing.T) {
	cases(t, "answer", func(p Protocol, files map[string][]byte) string {
		c := p.Answer(response(files))
		var b strings.Builder
		if c.JSON != nil {
			fmt.Fprintf(&b, "json: %s\n", c.JSON)
		} else {
			fmt.Fprintf(&b, "text: %s\n", c.Text)
		}
		if c.Problem != "" {
			fmt.Fprintf(&b, "problem: %s\n", c.Problem)
		}
		return b.String()
	})
}

func TestReady(t *testing.T) {
	cases(t, "ready", func(p Protocol, files map[string][]byte) string {
		var b strings.Builder
		for _, check := range p.Checks(target(files), Ready{Path: strings.TrimSpace(string(files["path"]))}) {
			said := check.Judge(response(files))
			fmt.Fprintf(&b, "GET %s\nready: %t\nwhy: %s\n", check.Path, said.Ready, said.Why)
			if said.Never {
				b.WriteString("there is no use in waiting\n")
			}
		}
		return b.String()
	})
}

// TestDiscover asks as the probe does. What no file tells is answered with 404.
func TestDiscover(t *testing.T) {
	cases(t, "discover", func(p Protocol, files map[string][]byte) string {
		var b strings.Builder
		server := target(files)
		asked := Target{Model: server.Model, Default: server.Default}
		for round := 1; round <= DiscoverRounds; round++ {
			for _, m := range asked.Open(p.(Discoverer)) {
				fmt.Fprintf(&b, "%d: %s %s %s\n", round, m.Method, m.Path, sent(t, m))
				answer := Response{Path: m.Path, Status: 404}
				for _, r := range server.Told {
					if r.Path == m.Path {
						answer = r
					}
				}
				asked.Told = append(asked.Told, answer)
			}
		}
		if open := asked.Open(p.(Discoverer)); len(open) > 0 {
			fmt.Fprintf(&b, "still open: %s\n", open[0].Path)
		}
		return b.String()
	})
}

func TestExample(t *testing.T) {
	cases(t, "example", func(p Protocol, files map[string][]byte) string {
		r, from, ok := p.(Exampler).Example(target(files))
		if !ok {
			return "none\n"
		}
		data, err := json.MarshalIndent(r, "", " ")
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		return fmt.Sprintf("from %s\n%s\n", from, data)
	})
}

func unmarshal(t *testing.T, data []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

func TestForNamesTheChoices(t *testing.T) {
	for _, name := range Names() {
		if p, err := For(name); err != nil || p.Name() != name || (p.DefaultPort() == 0) != (name == "exec") {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	_, err := For("grpc")
	if diff := cmp.Diff(`unknown protocol "grpc": choose one of `+strings.Join(Names(), ", "), fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}
}

func TestLaunch(t *testing.T) {
	image := Launch{Entrypoint: []string{"python"}, Cmd: []string{"app.py"}, Env: map[string]string{"AIP_STORAGE_URI": "gs://mine"}, Port: 9000}
	for name, want := range map[string]Launch{
		"vertex": {Entrypoint: []string{"python"}, Cmd: []string{"app.py"}, Port: 9000, Env: map[string]string{
			"AIP_HTTP_PORT": "9000", "AIP_HEALTH_ROUTE": "/health", "AIP_PREDICT_ROUTE": "/predict", "AIP_STORAGE_URI": "gs://mine",
		}},
		"sagemaker": {Entrypoint: []string{"python"}, Cmd: []string{"serve"}, Port: 9000, Env: image.Env},
		"torchserve": {Entrypoint: []string{"python"}, Cmd: []string{"app.py"}, Port: 9000, Env: map[string]string{
			"TS_DISABLE_TOKEN_AUTHORIZATION": "true", "AIP_STORAGE_URI": "gs://mine",
		}},
	} {
		p, err := For(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, p.(Launcher).Launch(image)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestOnlyLoopback(t *testing.T) {
	for _, tc := range []struct {
		listening []string
		want      bool
	}{
		{nil, false},
		{[]string{"127.0.0.1:8080"}, true},
		{[]string{"127.0.0.1:8080", "[::1]:8080"}, true},
		{[]string{"127.0.0.1:8080", "10.0.0.2:8080"}, false},
		{[]string{"0.0.0.0:8080"}, false},
		{[]string{"[::]:8080"}, false},
		{[]string{"127.0.0.1:9000"}, false},
		{[]string{"127.0.0.1:8080", "0.0.0.0:9000"}, true},
	} {
		if got := (Observations{Listening: tc.listening}).OnlyLoopback(8080); got != tc.want {
			t.Errorf("%q: %t", tc.listening, got)
		}
	}
}

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		`[NaN]`:                       `[1e0]`,
		`{"NaN": Infinity}`:           `{"NaN": 10000000}`,
		`[-Infinity, "a\"NaN", NaN ]`: `[-10000000, "a\"NaN", 1e0 ]`,
		`[1NaN, NaN5, -NaN, NaNNaN]`:  `[1NaN, NaN5, -NaN, NaNNaN]`,
		`[Infinity5, InfinityNaN]`:    `[Infinity5, InfinityNaN]`,
		`"NaN`:                        `"NaN`,
		`["\\", NaN, "\`:              `["\\", 1e0, "\`,
	} {
		if got := string(mask([]byte(in))); got != want {
			t.Errorf("mask(%s) = %s, want %s", in, got, want)
		}
	}
}

// FuzzAnswer holds what the judge relies on, for any bytes a server may send:
// no panic, and JSON that is said to be JSON is.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{`{"predictions": [1, NaN]}`, `{"predictions": 1, "predictions": 2}`, `[Infinity]`, `<html>`, `{"a": "\"}`, `{"choices": []}`, ``} {
		f.Add([]byte(seed), 200)
	}
	f.Fuzz(func(t *testing.T, data []byte, status int) {
		for _, p := range all {
			r := Response{Status: status, Body: data}
			c := p.Answer(r)
			if c.JSON != nil && !json.Valid(mask(c.JSON)) {
				t.Errorf("%s: %q is not JSON", p.Name(), c.JSON)
			}
			if c.JSON != nil && c.Text != "" {
				t.Errorf("%s: both JSON %q and text %q", p.Name(), c.JSON, c.Text)
			}
			for _, check := range p.Checks(Target{Default: "m"}, Ready{}) {
				if said := check.Judge(r); said.Ready == (said.Why != "") {
					t.Errorf("%s: ready %t, why %q", p.Name(), said.Ready, said.Why)
				}
			}
		}
	})
}

// FuzzRequest: whatever a case holds and a server tells, a message is made that
// net/http will send, the same each time, or an error is returned.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"instances": [1]}`), uint8(0), "POST", "/predict", "X-Key", "v", []byte(`[{"name": "m", "state": "READY"}]`))
	f.Add([]byte(`[[1, 2.5], [3]]`), uint8(0), "", "", "", "", []byte(`{"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1]}]}`))
	f.Add([]byte("a,b"), uint8(1), "", "", "", "", []byte(`{"models": ["m"]}`))
	f.Add([]byte("\xff"), uint8(2), "", "", "Content-Type", "image/png", []byte(`{"metadata": {"signature_def": {"signature_def": {}}}}`))
	f.Add([]byte("--"), uint8(3), "", "", "", "a\r\nb", []byte(`{`))
	f.Fuzz(func(t *testing.T, body []byte, kind uint8, method, path, header, value string, told []byte) {
		r := Request{Method: method, Path: path, Headers: map[string]string{header: value}}
		file := &Binary{ContentType: value, Content: body, Name: path}
		switch kind % 4 {
		case 0:
			if json.Valid(body) {
				r.JSON = body
			}
		case 1:
			text := string(body)
			r.Text = &text
		case 2:
			r.Binary = file
		case 3:
			r.Form = []Field{{Name: header, Value: value}, {Name: method, File: file}}
		}
		for _, p := range all {
			server := discovered(p, told)
			m, err := p.Request(r, server)
			if err == nil {
				sendable(t, p, m)
			}
			if err == nil && r.JSON != nil && !json.Valid(sent(t, m)) {
				t.Errorf("%s: the body %q is not JSON", p.Name(), sent(t, m))
			}
			if again, _ := p.Request(r, server); !bytes.Equal(sent(t, again), sent(t, m)) {
				t.Errorf("%s: the body is %q, then %q", p.Name(), sent(t, m), sent(t, again))
			}
		}
	})
}

// FuzzExample: what is made up from anything a server tells can be asked.
func FuzzExample(f *testing.F) {
	for _, dir := range []string{"example", "discover"} {
		paths, err := filepath.Glob("testdata/" + dir + "/*.txtar")
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				f.Fatal(err)
			}
			for _, file := range archive.Files {
				if strings.HasPrefix(file.Name, "told") {
					f.Add(file.Data)
				}
			}
		}
	}
	f.Add([]byte(`{"inputs": [{"name": "a", "datatype": "FP32", "shape": [1, 3, 640, 640]}, {"name": "b", "datatype": "INT8", "shape": [100000]}]}`))
	f.Fuzz(func(t *testing.T, told []byte) {
		for _, p := range all {
			e, ok := p.(Exampler)
			if !ok {
				continue
			}
			server := discovered(p, told)
			r, from, ok := e.Example(server)
			if !ok {
				continue
			}
			m, err := p.Request(r, server)
			if err != nil || from == "" || (r.JSON != nil && !json.Valid(sent(t, m))) {
				t.Errorf("%s: from %q: %q: %v", p.Name(), from, sent(t, m), err)
			}
			if len(sent(t, m)) > longest {
				t.Errorf("%s: a body of %d bytes", p.Name(), len(sent(t, m)))
			}
			sendable(t, p, m)
		}
	})
}

// discovered is a server that answers the same to each question.
func discovered(p Protocol, told []byte) Target {
	server := Target{Default: "m"}
	d, ok := p.(Discoverer)
	for round := 0; ok && round < DiscoverRounds; round++ {
		for _, m := range server.Open(d) {
			server.Told = append(server.Told, Response{Path: m.Path, Status: 200, Body: told})
		}
	}
	return server
}

func sendable(t *testing.T, p Protocol, m Message) {
	t.Helper()
	if p != (execProtocol{}) && (m.Method == "" || !strings.HasPrefix(m.Path, "/")) {
		t.Errorf("%s: %+v", p.Name(), m)
	}
}
