package main

import "testing"

func TestHosted(t *testing.T) {
	for address, want := range map[string]string{
		"https://github.com/acme/iris":                       "github.com acme/iris",
		"https://github.com/acme/iris.git":                   "github.com acme/iris",
		"https://x-access-token:secret@github.com/acme/iris": "github.com acme/iris",
		"git@github.com:acme/iris.git":                       "github.com acme/iris",
		"ssh://git@ghe.acme.com/acme/iris.model.git":         "ghe.acme.com acme/iris.model",
		"/srv/git/iris.git":                                  "",
		"../iris":                                            "",
		"":                                                   "",
	} {
		got := ""
		if m := hosted.FindStringSubmatch(address); m != nil {
			got = m[1] + " " + m[2]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
