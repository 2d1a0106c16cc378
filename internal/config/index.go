package config

import (
	"net/netip"
	"net/url"
)

// Index is a package index that is asked before the public one.
type Index struct {
	URL  string // of its simple API (https://peps.python.org/pep-0503/), without credentials
	User string // empty: none is needed
	Env  string // the variable that has the password or token; empty: none is needed
}

// tokenUser is who brings a token where the URL names nobody, as the public
// index has it and GitLab takes it.
const tokenUser = "__token__"

// indexes reads a list such as [{url: "https://packages.acme.example/simple", secret: INDEX_TOKEN}].
func (l *loader) indexes(n *node, path string) []Index {
	if n.kind != list {
		l.wrong(n, path, `a list such as [{url: "https://packages.acme.example/simple", secret: INDEX_TOKEN}]`)
		return nil
	}
	var out []Index
	for i, item := range n.items {
		var x Index
		path := indexed(path, i)
		before := len(l.problems.list)
		l.object(item, path, []field{
			{"url", func(n *node, path string) { x.URL, x.User = l.indexURL(n, path) }},
			{"secret", func(n *node, path string) { x.Env = l.secretEnv(n, path) }},
		})
		if item.kind != object || len(l.problems.list) > before {
			continue // said already
		}
		if x.URL == "" {
			l.problemf(item, "%s: url is missing: where the index is", path)
			continue
		}
		if x.Env != "" {
			x.User = or(x.User, tokenUser)
		}
		out = append(out, x)
	}
	return out
}

// indexURL reads an address and takes the user's name out of it. A password in
// it would be in git, and the message does not repeat it.
func (l *loader) indexURL(n *node, path string) (address, user string) {
	text := l.str(n, path, "a URL such as https://packages.acme.example/simple")
	if text == "" {
		return "", ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		l.problemf(n, "%s: it is no URL: write it as https://packages.acme.example/simple", path)
		return "", ""
	case u.Scheme != "https" && !(u.Scheme == "http" && private(u.Hostname())):
		l.problemf(n, "%s: the URL of an index begins with https:// (http:// is for private addresses only)", path)
		return "", ""
	}
	if _, has := u.User.Password(); has {
		l.problemf(n, "%s: the URL holds a password: put it into an environment variable and name that in `secret`", path)
		return "", ""
	}
	user = u.User.Username()
	u.User = nil
	return u.String(), user
}

// private is true for an address that no route leads to from outside (RFC 1918, RFC 4193) and this machine's own.
func private(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && (a.IsPrivate() || a.IsLoopback())
}
