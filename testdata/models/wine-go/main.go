// Command wine serves a model of wines over HTTP: GET /healthz and POST /predict.
// `wine check` tests the model instead.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "wine:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	m, err := load()
	if err != nil {
		return err
	}
	if len(args) == 1 && args[0] == "check" {
		return check(m)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("/predict", m.serve)
	server := &http.Server{Addr: ":8080", Handler: mux, ReadHeaderTimeout: 10 * time.Second}

	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-stop.Done():
		return server.Shutdown(context.Background())
	}
}

// serve answers a list of wines with a list of probabilities for each.
func (m model) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		refuse(w, http.StatusMethodNotAllowed, "POST a list of wines")
		return
	}
	var wines [][]float64
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&wines); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	out := make([][]float64, 0, len(wines))
	for _, wine := range wines {
		probabilities, err := m.predict(wine)
		if err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		out = append(out, probabilities)
	}
	answer(w, http.StatusOK, out)
}

func refuse(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]string{"error": why})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone when this fails
}
