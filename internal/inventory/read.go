package inventory

import (
	"bufio"
	"encoding/json"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"
)

// maxFile bounds what is read of a file about one package, in bytes; maxLine a line of it.
const (
	maxFile = 4 << 20
	maxLine = 1 << 20
)

// lines gives the fields of a file of "key: value" lines until something is not as it should be.
func lines(root fs.FS, name, separator string) iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		f, err := root.Open(name)
		if err != nil {
			return
		}
		defer f.Close() //nolint:errcheck // read only
		s := bufio.NewScanner(f)
		s.Buffer(nil, maxLine)
		for s.Scan() {
			key, value, _ := strings.Cut(s.Text(), separator)
			if !yield(key, strings.TrimSpace(value)) {
				return
			}
		}
	}
}

// Python: each installed distribution has its metadata beside it; the fields end at the first empty line
// (https://packaging.python.org/en/latest/specifications/recording-installed-packages/).
func isPython(p string) bool {
	return in(p, ".dist-info", "METADATA") || in(p, ".egg-info", "PKG-INFO")
}

func readPython(root fs.FS, p string) []Package {
	var found Package
	for key, value := range lines(root, p, ":") {
		switch strings.ToLower(key) {
		case "name":
			found.Name = value
		case "version":
			found.Version = value
		case "":
			return []Package{found}
		}
	}
	return []Package{found}
}

// Debian: one file for all packages, or, in images without dpkg, one for each
// (dpkg-query(1); https://github.com/GoogleContainerTools/distroless/blob/main/PACKAGE_METADATA.md).
func isDebian(p string) bool {
	return p == "var/lib/dpkg/status" || path.Dir(p) == "var/lib/dpkg/status.d" && path.Ext(p) != ".md5sums"
}

func readDebian(root fs.FS, p string) []Package {
	var out []Package
	var one Package
	status := ""
	end := func() {
		// A package that was removed may still have its settings there.
		if one.Source == one.Name {
			one.Source = "" // only its version differs
		}
		if status == "" || strings.HasSuffix(status, " installed") {
			out = append(out, one)
		}
		one, status = Package{}, ""
	}
	for key, value := range lines(root, p, ":") {
		switch key {
		case "Package":
			one.Name = value
		case "Version":
			one.Version = value
		case "Architecture":
			one.Architecture = value
		case "Source": // "name (version)", the version only when it differs
			one.Source, _, _ = strings.Cut(value, " ")
		case "Status":
			status = value
		case "":
			end()
		}
		if len(out) > maxPackages {
			return out
		}
	}
	end()
	return out
}

// npm: node_modules/NAME/package.json and node_modules/@SCOPE/NAME/package.json
// (https://docs.npmjs.com/cli/configuring-npm/folders).
func isNpm(p string) bool {
	if path.Base(p) != "package.json" {
		return false
	}
	above := path.Dir(path.Dir(p))
	if strings.HasPrefix(path.Base(above), "@") {
		above = path.Dir(above)
	}
	return path.Base(above) == "node_modules"
}

func readNpm(root fs.FS, p string) []Package {
	f, err := root.Open(p)
	if err != nil {
		return nil
	}
	defer f.Close() //nolint:errcheck // read only
	var m struct{ Name, Version string }
	if json.NewDecoder(io.LimitReader(f, maxFile)).Decode(&m) != nil {
		return nil
	}
	return []Package{{Name: m.Name, Version: m.Version}}
}
