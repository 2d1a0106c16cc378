package source

import (
	"strings"
	"testing"
)

// TestIgnored: what git 2.39 lists with `git ls-files --others --exclude-standard`, pattern
// by pattern. A path that ends in / is a directory.
func TestIgnored(t *testing.T) {
	for _, test := range []struct {
		name, gitignore string
		yes, no         string
	}{
		{"a name, anywhere", "foo", "foo a/foo foo/ a/b/foo/", "food a/food foo.txt"},
		{"a leading slash", "/foo", "foo foo/", "a/foo"},
		{"a slash in the middle", "a/foo", "a/foo a/foo/", "b/a/foo foo"},
		{"directories only", "foo/", "foo/ a/foo/", "foo a/foo"},
		{"directories only, below", "a/foo/", "a/foo/", "a/foo b/a/foo/"},
		{"an asterisk", "*.pyc", "a.pyc .pyc b/c.pyc", "a.py a.pyc.txt"},
		{"an asterisk stops at a slash", "a/*.txt", "a/b.txt a/.txt", "a/b/c.txt"},
		{"a question mark", "a?c", "abc x/aXc", "ac abbc a/c"},
		{"a class", "a[0-9].txt", "a1.txt", "aa.txt a.txt"},
		{"a negated class", "a[!0-9].txt", "ab.txt", "a1.txt a/.txt"},
		{"a class by name", "a[[:digit:]]", "a7", "ab a["},
		{"a class with brackets", "a[]-]b", "a]b a-b", "acb"},
		{"a quoted wildcard", `a\*b`, "a*b", "aXb"},
		{"a quoted hash", `\#a`, "#a", "a"},
		{"a quoted exclamation mark", `\!a`, "!a", "a"},
		{"leading asterisks", "**/foo", "foo a/foo a/b/foo", "food"},
		{"leading asterisks with more", "**/foo/bar", "foo/bar a/foo/bar", "foo/x/bar"},
		{"trailing asterisks", "abc/**", "abc/x abc/x/y", "abc/ abc x/abc/y"},
		{"asterisks in the middle", "a/**/b", "a/b a/x/b a/x/y/b", "ab a/xb"},
		{"asterisks in a word", "a**b", "ab axb", "a/b"},
		{"asterisks that git takes for leading ones", "foo**/bar", "foo/bar foo/x/y/bar foobar", "xfoo/bar"},
		{"everything", "*", "a b/ a/b", ""},
		{"taken back", "*.log\n!keep.log", "a.log", "keep.log x/keep.log"},
		{"the last line decides", "!a\na", "a", ""},
		{"trailing spaces", "foo  ", "foo", ""},
		{"a quoted trailing space", `foo\ `, "", "foo"},
		{"comments and empty lines", "# foo\n\n   \nbar", "bar", "foo"},
		{"Windows line ends", "foo\r\nbar\r\n", "foo bar", ""},
		{"a class without an end", "a[b", "", "a[b ab"},
		{"a backslash at the end", `a\`, "", `a a\`},
		{"only an exclamation mark", "!", "", "! a"},
		{"only a slash", "/", "", "a a/"},
		{"beyond ASCII", "caf?\nü*", "cafe üx", "kaf"},
		{"regular expressions are none", "a.b\n(c)\nd+", "a.b (c) d+", "axb c dd"},
	} {
		f := []ignoreFile{parseIgnore("", test.gitignore)}
		check := func(paths string, want bool) {
			for p := range strings.FieldsSeq(paths) {
				name, isDir := strings.CutSuffix(p, "/")
				if got := ignored(f, name, isDir); got != want {
					t.Errorf("%s: %q ignores %s: %v, want %v", test.name, test.gitignore, p, got, want)
				}
			}
		}
		check(test.yes, true)
		check(test.no, false)
	}
}

func FuzzParseIgnore(f *testing.F) {
	f.Add("*.py[cod]\n!a/**/b/\n[[:alpha:]-z]\\", "a/b.pyc")
	f.Fuzz(func(_ *testing.T, content, p string) {
		ignored([]ignoreFile{parseIgnore("", content)}, p, false)
	})
}
