package main

import (
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// carryOn is how the fake slipway ends.
func carryOn(then, model string) error {
	switch then {
	case "kill":
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "hang":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt)
		if err := os.WriteFile(filepath.Join(model, "hanging"), nil, 0o644); err != nil {
			return err
		}
		select {
		case <-signals:
			os.Exit(130)
		case <-time.After(time.Minute):
		}
	}
	code, err := strconv.Atoi(then)
	if err != nil {
		return err
	}
	os.Exit(code)
	return nil
}
