// Package probe is what runs inside the image under test, as a static binary
// that needs neither shell nor C library. It starts the image's own command,
// watches it, asks it what it is told to ask, and writes down what it saw.
// It judges nothing, and the model's faults are never its own: a server that
// dies is an observation.
package probe
