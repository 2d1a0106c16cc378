package config

import "fmt"

// kind is what a node of a file is. YAML and JSON files become the same
// nodes, so everything above the two readers knows neither.
type kind int

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

// node is one value of a file, with its place. Scalars keep the characters
// that were written: 0.10 stays 0.10 and 2^53+1 loses nothing, as it would by
// way of a float.
type node struct {
	kind      kind
	line, col int    // from 1; the column counts characters
	value     string // of a scalar: a text's content, or a number as it was written
	pairs     []pair // of an object, in the order of the file
	items     []*node
}

// pair is one key of an object.
type pair struct {
	key       string
	line, col int
	value     *node
}

// get is the value of a key, the first where it is there twice; nil when n, which may be nil, has none.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, p := range n.pairs {
		if p.key == key {
			return p.value
		}
	}
	return nil
}

// fault is what stops a file from being read at all.
type fault struct {
	line, col int
	message   string
}

func (f *fault) Error() string { return fmt.Sprintf("%d:%d: %s", f.line, f.col, f.message) }

func faultf(line, col int, format string, args ...any) *fault {
	return &fault{line: line, col: col, message: fmt.Sprintf(format, args...)}
}

// Files are written by people, and read on machines that belong to somebody
// else. These bounds are far above what a person writes and low enough that no
// file takes more than a moment.
const (
	maxConfigBytes   = 1 << 20  // of slipway.yaml
	maxYAMLCaseBytes = 2 << 20  // of a case
	maxJSONCaseBytes = 8 << 20  // of a case: an image in base64 fits
	maxFileBytes     = 16 << 20 // of a file that a case sends
	maxFilesBytes    = 32 << 20 // of all of them together
	maxBodiesBytes   = 16 << 20 // of the JSON that all cases send
	maxDepth         = 100      // of lists in lists
	maxNodes         = 1 << 20  // after aliases are followed

	// goccy/go-yaml v1.19.2 takes a time quadratic in several of these: 20,000
	// keys of a block mapping are 1.8 s, 20,000 empty lines of a literal 1.6 s.
	maxYAMLMarks = 20_000 // characters that can mean something, below
	maxBlockKeys = 5_000
	yamlMarks    = "\n,[]{}:&*!@|>%?"
)
