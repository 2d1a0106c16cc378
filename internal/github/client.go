// Package github is the only room that talks to GitHub: its REST API, and the
// runner that executes a step (workflow commands and command files). It
// implements the ports of package reporting and decides nothing about them.
package github

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/hashicorp/go-retryablehttp"
)

// PublicAPI is the REST API of github.com.
const PublicAPI = "https://api.github.com"

// Options are what a client is made from.
type Options struct {
	// APIURL is the base of the REST API, as in GITHUB_API_URL:
	// https://api.github.com, or https://HOST/api/v3 on GitHub Enterprise Server.
	APIURL string
	Token  string
	// RetryWait is the first wait before a call is tried again; 0: one second.
	// Every further wait is twice as long.
	RetryWait time.Duration
}

// Client talks to the REST API with one token.
type Client struct {
	api     *github.Client
	graphql string
}

// retries is how often a call is tried again, within its context's time.
const retries = 4

// New makes a client; it asks nothing yet.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(o.APIURL, "/") + "/")
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("GITHUB_API_URL is %q: expected a URL such as %s", o.APIURL, PublicAPI)
	}
	if o.RetryWait == 0 {
		o.RetryWait = time.Second
	}
	retry := retryablehttp.NewClient() // its transport takes proxies and CAs from the environment
	retry.Logger = nil
	retry.RetryMax = retries
	retry.RetryWaitMin = o.RetryWait
	retry.RetryWaitMax = 32 * o.RetryWait
	retry.CheckRetry = again
	retry.Backoff = wait
	retry.ErrorHandler = retryablehttp.PassthroughErrorHandler // go-github reads GitHub's message from the last answer

	retry.HTTPClient.CheckRedirect = sameHost

	api := github.NewClient(retry.StandardClient()).WithAuthToken(o.Token)
	api.BaseURL = base
	api.UserAgent = "slipway (https://github.com/slipway-dev/slipway)"
	return &Client{api: api, graphql: graphqlURL(base)}, nil
}

// graphqlURL follows https://docs.github.com/en/enterprise-server@latest/graphql/guides/managing-enterprise-accounts#3-setting-up-insomnia-to-use-the-github-graphql-api-with-enterprise-accounts:
// https://HOST/api/graphql beside https://HOST/api/v3, else /graphql on the API's host.
func graphqlURL(base *url.URL) string {
	u := *base
	u.Path = "/" + strings.TrimPrefix(strings.TrimSuffix(strings.TrimRight(base.Path, "/"), "/v3")+"/graphql", "/")
	return u.String()
}

// sameHost keeps the token from following a redirect to somebody else.
// net/http keeps it back only from other domains, not from other ports or subdomains.
func sameHost(req *http.Request, via []*http.Request) error {
	if req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
		return fmt.Errorf("the API answered with a redirect to another host, %s: not followed", req.URL.Host)
	}
	if len(via) >= 5 {
		return errors.New("the API answered with more than 5 redirects")
	}
	return nil
}
