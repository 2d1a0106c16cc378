package record

import (
	"fmt"
	"strings"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// Request is the beginning of a case file for a request that was taken from
// somewhere, which its comment names.
func Request(r protocol.Request, from string) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# the request is from %s\nrequest:\n", strings.Join(strings.Fields(from), " "))
	for _, field := range []struct{ key, value string }{{"method", r.Method}, {"path", r.Path}} {
		if field.value != "" {
			fmt.Fprintf(&b, "  %s: %s\n", field.key, quote(field.value))
		}
	}
	switch {
	case r.JSON != nil:
		n, err := read(r.JSON)
		if err != nil {
			return nil, fmt.Errorf("the request from %s is not JSON: %w", from, err)
		}
		b.WriteString("  json: ")
		n.write(&b, len("  json: "), 4)
		b.WriteByte('\n')
	case r.Text != nil:
		fmt.Fprintf(&b, "  text: %s\n", quote(*r.Text))
	}
	return []byte(b.String()), nil
}
