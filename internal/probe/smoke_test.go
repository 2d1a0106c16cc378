//go:build linux

package probe

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

func TestSmokeAnswers(t *testing.T) {
	t.Parallel()
	text := "5.1,3.5"
	r := smoke(t, "answers", func(s *protocol.Spec) {
		s.Env["OMP_NUM_THREADS"] = "1"
		s.Command = append(s.Command, "--flag", "a b", "")
	}, post("json", `[[5.1, 3.5]]`),
		protocol.Request{Name: "text", Text: &text, Path: "/predict?v=1", Headers: map[string]string{"x-key": "k", "Host": "model.test"}},
		protocol.Request{Name: "get", Path: "/info"})
	o := r.observed
	if o.Error != "" || o.NotReady != "" || o.Exit != nil || o.ReadyMS == nil || o.StopMS == nil || o.Killed || o.Run != t.Name() {
		t.Fatalf("observed %+v", o)
	}
	type echoed struct {
		Method, Path, Host, Body, Dir string
		Header                        map[string][]string
		Env, Args                     []string
	}
	var got []echoed
	for _, a := range o.Answers {
		if a.Error != "" || a.Status != 200 || a.ContentType != "application/json" || a.Length != int64(len(a.Body)) || a.Truncated || len(a.SHA256) != 64 || a.LatencyMS <= 0 {
			t.Errorf("answer %+v", a)
		}
		var e echoed
		if err := json.Unmarshal(a.Body, &e); err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if e := got[0]; e.Method != http.MethodPost || e.Path != "/" || e.Body != `[[5.1,3.5]]` || e.Header["Content-Type"][0] != "application/json" || !strings.HasPrefix(e.Host, "localhost:") {
		t.Errorf("json was sent as %s %s to %s: %s, header %v", e.Method, e.Path, e.Host, e.Body, e.Header)
	}
	if e := got[1]; e.Method != http.MethodPost || e.Path != "/predict?v=1" || e.Body != text || e.Header["X-Key"][0] != "k" || e.Host != "model.test" {
		t.Errorf("text was sent as %s %s to %s: %s, header %v", e.Method, e.Path, e.Host, e.Body, e.Header)
	}
	if e := got[2]; e.Method != http.MethodGet || e.Path != "/info" || e.Body != "" {
		t.Errorf("no body was sent as %s %s: %s", e.Method, e.Path, e.Body)
	}
	dir, _ := os.Getwd()
	if e := got[0]; !slices.Equal(e.Args[1:], []string{"--flag", "a b", ""}) || e.Dir != dir || !slices.Contains(e.Env, "OMP_NUM_THREADS=1") {
		t.Errorf("started with %q in %s", e.Args, e.Dir)
	}
	if o.Memory == nil || o.Memory.PeakBytes <= 0 || o.Memory.Source == "" {
		t.Errorf("memory %+v", o.Memory)
	}
}

// TestSmokeServerEnds: a server that goes is noticed at once, with how it went and what it said.
func TestSmokeServerEnds(t *testing.T) {
	for _, tc := range []struct {
		server string
		want   protocol.Exit
		log    string
	}{
		{"crashes", protocol.Exit{Code: 3}, "loading the model\nTraceback (most recent call last):\nValueError: bad magic number\n"},
		{"ends", protocol.Exit{}, ""},
		{"is killed", protocol.Exit{Code: 137, Signal: "SIGKILL"}, ""},
	} {
		t.Run(tc.server, func(t *testing.T) {
			r := smoke(t, tc.server, nil, post("a", "1"))
			o := r.observed
			if o.Exit == nil || o.ReadyMS != nil || o.NotReady == "" || len(o.Answers) != 0 || o.StopMS != nil {
				t.Fatalf("observed %+v", o)
			}
			if late := r.took - time.Duration(o.Exit.AfterMS*float64(time.Millisecond)); late > 5*time.Second { // how much less it is, `make bench` says
				t.Errorf("noticed %v late", late)
			}
			o.Exit.AfterMS = 0
			if *o.Exit != tc.want || o.Log != tc.log {
				t.Errorf("exit %+v, log %q", o.Exit, o.Log)
			}
		})
	}
}

func TestSmokeCannotStart(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"no-interpreter": "#!/nowhere/python\n", "other-processor": "\x7fELF\x00\x00"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "not-executable"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		command string
		code    int
		log     string
	}{
		{"pyhton", 127, "cannot start pyhton: file does not exist on PATH"},
		{dir + "/nothing", 127, "no such file or directory"},
		{dir + "/no-interpreter", 127, "the interpreter it names is not in the image"},
		{dir + "/other-processor", 126, "a program for another processor"},
		{dir + "/not-executable", 126, "permission denied"},
		{"not-executable", 126, "not executable"},
	} {
		t.Run(filepath.Base(tc.command), func(t *testing.T) {
			t.Parallel()
			o := smoke(t, "", func(s *protocol.Spec) {
				s.Command = []string{tc.command}
				s.Env["PATH"] = "/usr/bin:" + dir
			}).observed
			if o.Exit == nil || o.Exit.Code != tc.code || !strings.Contains(o.Log, tc.log) || o.Error != "" {
				t.Errorf("exit %+v, log %q, error %q", o.Exit, o.Log, o.Error)
			}
		})
	}
}

func TestSmokeNeverReady(t *testing.T) {
	for server, want := range map[string]string{
		"is never ready":    "not ready within 700ms: GET / answered 503 Service Unavailable: loading shard 3 of 7",
		"sleeps":            "not ready within 700ms: nothing listens on port PORT",
		"listens elsewhere": "not ready within 700ms: nothing listens on port PORT (the server listens on 127.0.0.1:",
		"accepts only":      "not ready within 700ms: the last question has had no answer for ",
		"speaks no HTTP":    "not ready within 700ms: no answer that is HTTP: ",
	} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			port := 0
			r := smoke(t, server, func(s *protocol.Spec) { s.Ready.TimeoutMS, port = 700, s.Port }, post("a", "1"))
			o := r.observed
			got := strings.ReplaceAll(o.NotReady, strconv.Itoa(port), "PORT")
			if !strings.HasPrefix(got, want) || o.ReadyMS != nil || o.Exit != nil || len(o.Answers) != 0 || o.StopMS == nil {
				t.Errorf("observed %+v", o)
			}
			if r.took > 4*time.Second {
				t.Errorf("took %v", r.took)
			}
		})
	}
}

func TestSmokeDiesWhenAsked(t *testing.T) {
	for server, want := range map[string]protocol.Exit{
		"dies when asked":  {Code: 137, Signal: "SIGKILL"},
		"exits when asked": {Code: 7},
	} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			o := smoke(t, server, nil, post("a", "1"), post("b", "2")).observed
			if o.ReadyMS == nil || o.Exit == nil || o.Exit.Code != want.Code || o.Exit.Signal != want.Signal || len(o.Answers) != 2 {
				t.Fatalf("observed %+v, exit %+v", o, o.Exit)
			}
			if got := o.Answers[0].Error; got != "the server ended before it had answered" {
				t.Errorf("first: %q", got)
			}
			if got := o.Answers[1].Error; got != "not asked: the server has ended" {
				t.Errorf("second: %q", got)
			}
		})
	}
}

// TestSmokeDiesOfItsLoad: how a server went that held while it was asked alone.
func TestSmokeDiesOfItsLoad(t *testing.T) {
	t.Parallel()
	o := smoke(t, "dies of its load", func(s *protocol.Spec) { s.Load = &protocol.Load{Requests: 10000, Concurrency: 4} }, post("a", "1")).observed
	if l := o.Load; l == nil || o.Exit == nil || o.Exit.Signal != "SIGKILL" || len(o.Answers) != 1 || o.Answers[0].Error != "" || l.Errors["server ended"] != 4 || l.Answered > 100 {
		t.Errorf("exit %+v, answers %+v, load %+v", o.Exit, o.Answers, o.Load)
	}
}

func TestSmokePrintsMuch(t *testing.T) {
	t.Parallel()
	r := smoke(t, "prints 100 MB", nil, post("a", "1"))
	if log := r.observed.Log; len(log) > logBytes+100 || !strings.HasPrefix(log, "[") || !strings.HasSuffix(log, "\nthe last line\n") {
		t.Errorf("the log has %d bytes: %.50q…", len(log), log)
	}
	if r.rss > 64<<20 {
		t.Errorf("the probe used %d MiB", r.rss>>20)
	}
}

// TestSmokeLog: what a server prints because we stop it does not stand where a
// reader looks for what went wrong, unless it is all there is.
func TestSmokeLog(t *testing.T) {
	for server, want := range map[string][2]string{
		"says goodbye": {"listening\n", "goodbye\n"},
		"buffers":      {"listening\ngoodbye\n", ""},
	} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			o := smoke(t, server, nil, post("a", "1")).observed
			if o.Log != want[0] || o.LogAfter != want[1] {
				t.Errorf("before %q, after %q", o.Log, o.LogAfter)
			}
		})
	}
}

// TestLongLine: a line without an end does not push out what stands before it.
func TestLongLine(t *testing.T) {
	log := newTail(nil)
	long := strings.Repeat("x", 5<<20)
	for _, s := range []string{"first\n", "10%\r", "20%\r\n", "say: ", long, "\nsecond\n", long} {
		log.readFrom(strings.NewReader(s))
	}
	say := "say: " + long[:lineBytes-5] + fmt.Sprintf(" [%d bytes more]\n", len(long)+5-lineBytes)
	want := "first\n10%\r20%\r\n" + say + "second\n" + long[:lineBytes] + fmt.Sprintf(" [%d bytes more]", len(long)-lineBytes)
	if got := log.String(); got != want {
		t.Errorf("%d bytes, want %d: %.40q … %.40q", len(got), len(want), got, got[max(0, len(got)-40):])
	}
}

func TestSmokeKillsWhatIgnoresSIGTERM(t *testing.T) {
	t.Parallel()
	o := smoke(t, "ignores SIGTERM", func(s *protocol.Spec) { s.StopTimeoutMS = 300 }).observed
	if !o.Killed || o.StopMS == nil || *o.StopMS < 300 || o.Exit != nil {
		t.Errorf("observed %+v", o)
	}
}

func TestSmokeLeavesNoProcessBehind(t *testing.T) {
	t.Parallel()
	r := smoke(t, "leaves a child behind", nil, post("a", "1"))
	var pid int
	if _, err := fmt.Sscanf(r.observed.Log, "<nil> %d", &pid); err != nil {
		t.Fatalf("log %q: %v", r.observed.Log, err)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("process %d is still there: %v", pid, err)
	}
	if r.took > 5*time.Second {
		t.Errorf("took %v", r.took)
	}
}

func TestSmokeMeasuresMemory(t *testing.T) {
	t.Parallel()
	m := smoke(t, "uses 100 MB", nil).observed.Memory
	if m == nil || m.PeakBytes < 100<<20 || m.PeakBytes > 400<<20 {
		t.Errorf("memory %+v", m)
	}
}

// TestSmokeListening: a server that listens on loopback is ready for us and for nobody outside.
func TestSmokeListening(t *testing.T) {
	for host, only := range map[string]bool{"127.0.0.1": true, "::1": true, "": false, "0.0.0.0": false} {
		t.Run("host "+host, func(t *testing.T) {
			t.Parallel()
			port := 0
			o := smoke(t, "answers", func(s *protocol.Spec) { s.Env["HOST"], port = host, s.Port }, post("a", "1")).observed
			if o.NotReady != "" || len(o.Answers) != 1 || o.Answers[0].Error != "" {
				t.Errorf("not ready %q, answers %+v", o.NotReady, o.Answers)
			}
			if o.OnlyLoopback(port) != only {
				t.Errorf("listening on %q", o.Listening)
			}
		})
	}
}

func TestSmokeOwnFaults(t *testing.T) {
	for name, change := range map[string]func(*protocol.Spec){
		"the spec has version 99":    func(s *protocol.Spec) { s.Version = 99 },
		"the spec names no command":  func(s *protocol.Spec) { s.Command = nil },
		"the spec names port 0":      func(s *protocol.Spec) { s.Port = 0 },
		`unknown protocol "grpc-v9"`: func(s *protocol.Spec) { s.Protocol = "grpc-v9" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if o := smoke(t, "answers", change).observed; !strings.HasPrefix(o.Error, name) {
				t.Errorf("error %q", o.Error)
			}
		})
	}
}

// TestSmokeIsStopped: when the engine ends the probe, the server goes with it
// and what was seen is still written.
func TestSmokeIsStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := smokeCommand(t, dir, protocol.Spec{
		Version: protocol.SpecVersion, Protocol: "http", Port: freePort(t), Command: []string{self(t)},
		Env: map[string]string{as: "sleeps"}, Ready: protocol.Ready{TimeoutMS: 60000},
	})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	if o := readObservations(t, dir); o.Error == "" || o.StopMS == nil {
		t.Errorf("observed %+v", o)
	}
}

// TestSmokeAsNobody: the image's user is rarely root. Only root can become
// another user; for anybody else this is one more run as not root.
func TestSmokeAsNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, mode := range map[string]os.FileMode{dir: 0o777, filepath.Dir(dir): 0o755} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	// Where go test puts the binary, only its owner can run it. It is another
	// process that copies: a file that is open for writing here would be open
	// in every child that another test starts meanwhile, and could not be run.
	program := filepath.Join(dir, "probe")
	if out, err := exec.Command("cp", self(t), program).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	port := freePort(t)
	cmd := smokeCommand(t, dir, protocol.Spec{
		Version: protocol.SpecVersion, Protocol: "http", Port: port, Command: []string{"./probe"}, Ready: protocol.Ready{TimeoutMS: 20000},
		Env: map[string]string{as: "leaves a child behind", "PORT": strconv.Itoa(port)}, Cases: []protocol.Request{post("a", "1")},
	})
	cmd.Path, cmd.Dir = program, dir
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	o := readObservations(t, dir)
	if o.Error != "" || o.NotReady != "" || len(o.Answers) != 1 || o.Answers[0].Error != "" || o.Memory == nil {
		t.Errorf("error %q, not ready %q, %d answers, memory %v, log %q", o.Error, o.NotReady, len(o.Answers), o.Memory, o.Log)
	}
}
