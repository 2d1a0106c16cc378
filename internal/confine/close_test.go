//go:build linux

package confine

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestMain makes the test binary also the program that is confined, and what it starts then.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 {
		os.Exit(m.Run())
	}
	switch os.Args[1] {
	case "close":
		err := Close(func(why string) []string { return []string{os.Args[0], "closed", os.Args[2], why} })
		println(err.Error())
		os.Exit(1)
	case "closed":
		os.Exit(closed(os.Args[2], os.Args[3]))
	case "look":
		if err := json.NewEncoder(os.Stdout).Encode(look()); err != nil {
			panic(err)
		}
	default:
		os.Exit(m.Run())
	}
}

// closed starts a command as the user, and says why the network is not closed.
func closed(user, why string) int {
	println("why:", why)
	who, _, err := User(user)
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(os.Args[0], "look")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		panic(err)
	}
	return 0
}

// seen is what a command finds out about what it may do.
type seen struct {
	Status     map[string]string // of /proc/self/status
	Interfaces []string
	Refused    map[string]string
}

func look() seen {
	s := seen{Status: map[string]string{}, Refused: map[string]string{}}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^(Uid|Gid|Groups|Cap\w+|NoNewPrivs|Seccomp):\s*(.*?)\s*$`).FindAllStringSubmatch(string(status), -1) {
		s.Status[m[1]] = strings.Join(strings.Fields(m[2]), " ")
	}
	all, err := net.Interfaces()
	if err != nil {
		panic(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagUp != 0 {
			s.Interfaces = append(s.Interfaces, i.Name)
		}
	}
	for name, try := range attempts {
		s.Refused[name] = "no"
		var errno syscall.Errno
		if err := try(); errors.As(err, &errno) {
			s.Refused[name] = unix.ErrnoName(errno)
		} else if err != nil {
			s.Refused[name] = err.Error()
		}
	}
	return s
}

var attempts = map[string]func() error{
	"loopback": func() error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close() //nolint:errcheck // of a test
		_, err = net.DialTimeout("tcp", l.Addr().String(), time.Second)
		return err
	},
	"outside": func() error {
		_, err := net.DialTimeout("tcp", "192.0.2.1:80", time.Second)
		return err
	},
	"host's sockets": func() error { return socket(unix.AF_VSOCK) },
	"user namespace": func() error { return unix.Unshare(unix.CLONE_NEWUSER) },
	"child in a namespace": func() error {
		_, err := syscall.ForkExec("/proc/self/exe", nil, &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER}})
		return err
	},
	"mount":          func() error { return unix.Mount("tmpfs", "/tmp", "tmpfs", 0, "") },
	"keys":           func() error { _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, true); return err },
	"unknown call":   func() error { _, _, e := unix.Syscall(100000, 0, 0, 0); return e },
	"clone3":         func() error { _, _, e := unix.Syscall(unix.SYS_CLONE3, 0, 0, 0); return e },
	"kernel setting": func() error { return os.WriteFile("/proc/sys/kernel/core_pattern", []byte("core"), 0) },
	"cgroup":         func() error { return os.Mkdir("/sys/fs/cgroup/slipway-test", 0o755) },
	"kernel log":     func() error { return read("/dev/kmsg") },
	"kernel's keys":  func() error { return read("/proc/keys") },
	"device":         func() error { return unix.Mknod(os.TempDir()+"/slipway-test-device", unix.S_IFBLK|0o600, 0) },
	"a file":         func() error { return read("/etc/passwd") },
	"no device":      func() error { return read("/dev/zero") },
}

func socket(domain int) error {
	fd, err := unix.Socket(domain, unix.SOCK_STREAM, 0)
	if err == nil {
		err = unix.Close(fd)
	}
	return err
}

// read fails when there is nothing in the file.
func read(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // of a test
	_, err = f.Read(make([]byte, 1))
	return err
}

// TestClose looks from inside. What a command finds must be what it finds in a
// container without privileges, and no network.
func TestClose(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root has privileges to give up; end to end, the engine's root does")
	}
	refused := map[string]string{
		"loopback": "no", "a file": "no", "no device": "no",
		"outside": "ENETUNREACH", "host's sockets": "EPERM", "user namespace": "EPERM", "child in a namespace": "EPERM",
		"mount": "EPERM", "keys": "EPERM", "unknown call": "ENOSYS", "clone3": "ENOSYS",
		"kernel setting": "EROFS", "cgroup": "EROFS", "kernel log": "EOF", "kernel's keys": "EOF", "device": "EPERM",
	}
	for _, tc := range []struct {
		user   string
		status map[string]string
	}{
		{"", map[string]string{
			"Uid": "0 0 0 0", "Gid": "0 0 0 0", "Groups": "0", "NoNewPrivs": "1", "Seccomp": "2",
			"CapInh": "0000000000000000", "CapAmb": "0000000000000000",
			"CapPrm": "00000000a00425fb", "CapEff": "00000000a00425fb", "CapBnd": "00000000a00425fb",
		}},
		{"4711:4712", map[string]string{
			"Uid": "4711 4711 4711 4711", "Gid": "4712 4712 4712 4712", "Groups": "4712", "NoNewPrivs": "1", "Seccomp": "2",
			"CapInh": "0000000000000000", "CapAmb": "0000000000000000",
			"CapPrm": "0000000000000000", "CapEff": "0000000000000000", "CapBnd": "00000000a00425fb",
		}},
	} {
		t.Run("user "+tc.user, func(t *testing.T) {
			got, stderr := confined(t, tc.user)
			if stderr != "why: \n" {
				t.Errorf("not closed: %s", stderr)
			}
			if diff := cmp.Diff(tc.status, got.Status); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"lo"}, got.Interfaces); diff != "" {
				t.Errorf("interfaces (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(refused, got.Refused); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
		})
	}
}

func confined(t *testing.T, user string) (s seen, stderr string) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "confined")
	// Any user can run it there, other than where go test puts it.
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("cp", os.Args[0], program).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(program, "close", user)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &s)
	}
	if err != nil {
		t.Fatalf("%v: %s%s", err, out, &log)
	}
	return s, log.String()
}
