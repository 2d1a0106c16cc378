package expect

import "encoding/json"

// Expectation is what a case's answer must be. Everything that is set must hold.
type Expectation struct {
	// Answer is compared with the protocol's answer: numbers within Tolerance, the rest exactly.
	Answer    json.RawMessage `json:"answer,omitempty"`
	Tolerance *Tolerance      `json:"tolerance,omitempty"`
	// Status is the HTTP status; nil means any 2xx.
	Status *int `json:"status,omitempty"`
}

// Tolerance bounds a numeric difference: |got - want| <= Atol + Rtol*|want|.
// It never applies to integers, strings or booleans unless it is written in the case.
type Tolerance struct {
	Rtol float64 `json:"rtol"`
	Atol float64 `json:"atol"`
}

// Default is the tolerance of floating-point numbers where a case names none.
var Default = Tolerance{Rtol: 1e-6, Atol: 1e-9}
