package engine

import "testing"

// TestHere: only an engine that shares this machine's loopback is told to pull from it.
func TestHere(t *testing.T) {
	for host, want := range map[string]bool{
		"unix:///run/engine.sock": true,
		"tcp://127.0.0.1:1234":    true,
		"tcp://[::1]:1234":        true,
		"tcp://localhost:1234":    true,
		"tcp://10.0.0.7:1234":     false,
		"tcp://engine:1234":       false,
		"tcp://localhost":         false,
		"docker-container://x":    false,
		"kube-pod://x":            false,
		"":                        false,
	} {
		if got := (Address{RunnerHost: host}).here(); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}
