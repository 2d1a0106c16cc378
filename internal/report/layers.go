package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// layers is the table of an image's layers, bottom first. That of a Dockerfile
// build says which instruction made each, and of what another build may differ.
func layers(all []result.Layer, d detail) string {
	row, rows := layerRow, []string{"| layer | size | pushed | digest | diff ID | |", "|---|---|---|---|---|---|"}
	if slices.ContainsFunc(all, func(l result.Layer) bool { return l.Instruction != "" }) {
		row, rows = instructionRow, []string{"| made by | size | pushed | digest | diff ID | the same in another build |", "|---|---|---|---|---|---|"}
	}
	for _, l := range all[:min(len(all), d.items)] {
		rows = append(rows, row(l, d))
	}
	return strings.Join(rows, "\n")
}

func layerRow(l result.Layer, d detail) string {
	note := ""
	if !l.Reproducible {
		note = "not reproducible"
	}
	return cells(text(l.Kind, d.runes), l, note, d)
}

// instructionRunes is how much of an instruction a table can show.
const instructionRunes = 120

func instructionRow(l result.Layer, d detail) string {
	made := text(l.Instruction, min(d.runes, instructionRunes))
	if l.Instruction == "" {
		made = text(l.Kind, d.runes)
	}
	note := "yes"
	if !l.Reproducible {
		note = "no"
		if l.Why != "" {
			note += ": " + text(l.Why, d.runes)
		}
	}
	return cells(made, l, note, d)
}

func cells(made string, l result.Layer, note string, d detail) string {
	pushed := "–"
	if l.PushedBytes != nil {
		pushed = size(*l.PushedBytes)
		if *l.PushedBytes == 0 {
			pushed = "there already"
		}
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |", made, size(l.Size), pushed, text(short(l.Digest), d.runes), text(short(l.DiffID), d.runes), note)
}
