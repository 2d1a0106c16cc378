package registry

import (
	"context"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Writable tells why a reference cannot be written with the logins of Docker,
// which are what an engine is given too; nil when it can. It begins an upload
// and takes it back, which is how go-containerregistry asks.
func (c *Client) Writable(ctx context.Context, ref string) error {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return err
	}
	err = remote.CheckPushPermission(parsed, c.options.Keychain, bounded{ctx, c.options.Transport})
	return explain(err, "asking whether it may be written", host(parsed.Context().Registry))
}

// bounded ends its requests with a context, for calls that take none.
type bounded struct {
	ctx  context.Context // CheckPushPermission takes none
	next http.RoundTripper
}

// RoundTrip carries one request.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	return b.next.RoundTrip(r.WithContext(b.ctx))
}
