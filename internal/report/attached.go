package report

import (
	"slices"

	"github.com/slipway-dev/slipway/internal/result"
)

// attached are the documents about what was published, each kind once, and
// whether anybody vouches for them: where no one does, that is said.
func attached(i *result.Image) []string {
	if i == nil || len(i.Attestations) == 0 {
		return nil
	}
	var kinds []string
	signed := false
	for _, a := range i.Attestations {
		signed = signed || a.Kind == "provenance" && a.Signed
		if !slices.Contains(kinds, a.Kind) {
			kinds = append(kinds, a.Kind)
		}
	}
	slices.Sort(kinds)
	if signed {
		return append(kinds, "signed")
	}
	return append(kinds, "unsigned")
}
