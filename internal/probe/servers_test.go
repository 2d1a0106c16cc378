//go:build linux

package probe

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// serve plays a server until it is ended. Most of them lie in some way that a
// real one has been seen to.
func serve(name string) {
	switch name {
	case "crashes":
		fmt.Println("loading the model")
		fmt.Fprintln(os.Stderr, "Traceback (most recent call last):\nValueError: bad magic number")
		os.Exit(3)
	case "ends":
		os.Exit(0)
	case "is killed":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "sleeps":
		time.Sleep(time.Hour)
	case "listens elsewhere":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		fmt.Println(err)
		_, _ = l.Accept()
	case "accepts only":
		accept(func(net.Conn) { time.Sleep(time.Hour) })
	case "speaks no HTTP":
		accept(func(c net.Conn) { _, _ = c.Write([]byte("SSH-2.0-OpenSSH_9.2\r\n")); _ = c.Close() })
	case "prints 100 MB":
		lines := strings.Repeat(strings.Repeat("x", 99)+"\n", 1000)
		for range 1000 {
			_, _ = os.Stdout.WriteString(lines)
		}
		fmt.Println("the last line")
		listen(echo)
	case "connects":
		// 192.0.2.0/24 is nobody's: https://www.rfc-editor.org/rfc/rfc5737
		_, err := net.DialTimeout("tcp", "192.0.2.1:80", 500*time.Millisecond)
		fmt.Println("connected:", err)
		fmt.Println("user:", os.Getuid(), os.Getgid(), os.Getenv("HOME"))
		out, err := os.OpenFile("/dev/stdout", os.O_WRONLY, 0)
		_, _ = fmt.Fprintln(out, "stdout:", err)
		listen(echo)
	case "says goodbye":
		fmt.Println("listening")
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		go func() {
			<-stop
			fmt.Println("goodbye")
			os.Exit(0)
		}()
		listen(echo)
	case "buffers":
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		go func() {
			<-stop
			fmt.Println("listening\ngoodbye")
			os.Exit(0)
		}()
		listen(echo)
	case "ignores SIGTERM":
		signal.Ignore(syscall.SIGTERM)
		listen(echo)
	case "leaves a child behind":
		// In a session of its own, as a daemon is: no process group reaches it.
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), as+"=sleeps")
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		fmt.Println(child.Start(), child.Process.Pid)
		listen(echo)
	case "uses 100 MB":
		memory := make([]byte, 100<<20)
		for i := range memory {
			memory[i] = 1
		}
		time.Sleep(300 * time.Millisecond) // longer than between two samples of any source
		listen(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, memory[len(memory)-1]) })
	default:
		listen(answers[name])
	}
}

// answers are servers that are ready at "/" and misbehave when they are asked.
var answers = map[string]http.HandlerFunc{
	"answers": echo,
	"is never ready": func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "loading shard 3 of 7", http.StatusServiceUnavailable)
	},
	"dies when asked": func(http.ResponseWriter, *http.Request) {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	},
	"exits when asked": func(http.ResponseWriter, *http.Request) { os.Exit(7) },
	"dies of its load": func(http.ResponseWriter, *http.Request) {
		if asked.Add(1) > 100 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	},
}

// asked counts what a server was asked.
var asked atomic.Int64

// listen serves on $PORT, of $HOST or everywhere. What is asked before the cases is left alone: GET / says that the server is ready.
func listen(h http.HandlerFunc) {
	err := http.ListenAndServe(net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && (r.URL.Path == "/" || r.URL.Path == "/openapi.json") && os.Getenv(as) != "is never ready" {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	}))
	fmt.Println(err)
	os.Exit(1)
}

func accept(with func(net.Conn)) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", os.Getenv("PORT")))
	fmt.Println(err)
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go with(c)
	}
}

// echo answers with what it was asked and with what it was started.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	dir, _ := os.Getwd()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "path": r.URL.String(), "host": r.Host, "header": r.Header, "body": string(body),
		"env": os.Environ(), "args": os.Args, "dir": dir,
	})
}
