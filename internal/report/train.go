package report

import (
	"fmt"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// trained is where the outputs of training come from, on one line.
func trained(r result.Result) string {
	t := r.Train
	switch {
	case len(t.Outputs) == 0:
		return notRun(r, "train", "not run")
	case t.Hit != "":
		return "not run again: its outputs are from the " + t.Hit
	case t.DurationMS != nil:
		return "in this run, " + milliseconds(t.DurationMS)
	}
	return "in this run"
}

// training says where the weights come from, and what they are.
func training(r result.Result, d detail) string {
	t := r.Train
	if t == nil || d.items == 0 {
		return ""
	}
	how := "Trained in this run"
	switch {
	case len(t.Outputs) == 0:
		how = "Training " + notRun(r, "train", "was not run")
	case t.Hit != "":
		how = "Not trained again: the outputs of the same training are from the " + text(t.Hit, d.runes)
	}
	if t.DurationMS != nil {
		how += ", it took " + milliseconds(t.DurationMS)
	}
	if t.Key != "" {
		how += ". Key: " + code(t.Key, d.runes)
	}
	blocks := []string{how + "."}
	if len(t.Outputs) > 0 {
		rows := []string{"| output | size | sha256 |", "|---|---|---|"}
		for _, o := range t.Outputs[:min(len(t.Outputs), d.items)] {
			rows = append(rows, fmt.Sprintf("| %s | %s | %s |", text(o.Path, d.runes), size(o.Size), text(short("sha256:"+o.SHA256), d.runes)))
		}
		blocks = append(blocks, strings.Join(rows, "\n"), more(d.items, len(t.Outputs)))
	}
	return strings.TrimSuffix(join(blocks), "\n")
}

func trainingLog(r result.Result, d detail) string {
	if r.Train == nil {
		return ""
	}
	return logTail(r.Train.Log, d)
}
