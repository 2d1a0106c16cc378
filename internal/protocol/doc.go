// Package protocol holds the wire protocols of model servers, one file each:
// when the server counts as ready, how a case becomes a request, and where in
// the response the answer lies. It also defines what the probe is told (Spec)
// and what it reports (Observations).
package protocol
