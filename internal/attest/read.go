package attest

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ErrOther is a document that is no provenance.
var ErrOther = errors.New("the document is no provenance")

// ReadProvenance reads a statement, signed or not. Whether a signature holds is
// not looked at.
func ReadProvenance(artifactType string, data []byte) (Statement, Provenance, error) {
	var s Statement
	var p Provenance
	if artifactType != BundleType && artifactType != StatementType {
		return s, p, ErrOther
	}
	data, _, err := Opened(artifactType, data)
	if err != nil {
		return s, p, err
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, p, fmt.Errorf("reading a statement: %w", err)
	}
	if s.PredicateType != ProvenanceV1 {
		return s, p, ErrOther
	}
	if err := json.Unmarshal(s.Predicate, &p); err != nil {
		return s, p, fmt.Errorf("reading the provenance: %w", err)
	}
	if p.BuildDefinition.BuildType != BuildType {
		return s, p, fmt.Errorf("it was built by something else: its build type is %q", p.BuildDefinition.BuildType)
	}
	return s, p, nil
}

// Named are the resources of a name that it was built from.
func (p Provenance) Named(name string) []Resource {
	var out []Resource
	for _, r := range p.BuildDefinition.ResolvedDependencies {
		if r.Name == name {
			out = append(out, r)
		}
	}
	return out
}
