package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/slipway-dev/slipway/internal/stage"
)

// display shows how a run goes, and how something long in one of its stages does.
type display interface {
	stage.Watcher
	// Note may be called at any time, by several at once.
	Note(text string)
}

// noted is the last word on what takes long.
type noted struct {
	mu   sync.Mutex
	text string
	last time.Time
}

// set keeps a text, which may hold foreign names, and is true when the last one is a while ago.
func (n *noted) set(text string, every time.Duration) (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	n.text = strings.ReplaceAll(text, "##[", "## [") // see groups
	if now := time.Now(); now.Sub(n.last) >= every {
		n.last = now
		return n.text, true
	}
	return n.text, false
}

// get is what was noted since the stage began.
func (n *noted) get() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text
}

func (n *noted) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.text = ""
}

// noteEvery is how often a log hears of it; a screen always shows the last word.
const noteEvery = 10 * time.Second

// Note writes a line now and then.
func (l *lines) Note(text string) {
	if line, now := l.noted.set(text, noteEvery); now {
		fmt.Fprintf(l.w, "  %-8s %s\n", "", line)
	}
}

// Note writes a line now and then.
func (g *groups) Note(text string) { g.inner.Note(text) }

// Note is for the next time that the line is drawn.
func (s *screen) Note(text string) { s.noted.set(text, noteEvery) }
