package deps

import (
	"fmt"
	"strings"

	"github.com/slipway-dev/slipway/internal/stage"
)

// refused says for which platform the installer says no: a package without a
// wheel for another platform would have to be built there.
func refused(platform, said string) string {
	if platform == "" {
		return said
	}
	return "for " + platform + ", where only wheels are installed: " + said
}

// samePython is the error of two base images with different Pythons. Packages
// for another platform are chosen by the native one's Python.
func samePython(native, other *stage.Base) error {
	is, want := pythonVersion(native.Config.Env), pythonVersion(other.Config.Env)
	if is == want {
		return nil
	}
	return &stage.Error{
		What:   fmt.Sprintf("the base image has Python %s for %s and %s for %s, and packages are chosen by one of them", is, native.Platform, want, other.Platform),
		Where:  native.Ref,
		Remedy: "name a base image that is the same for both in build.base",
	}
}

// pythonVersion is what the official images say of themselves
// (https://github.com/docker-library/python); empty for others.
func pythonVersion(env []string) string {
	for _, kv := range env {
		if version, ok := strings.CutPrefix(kv, "PYTHON_VERSION="); ok {
			return version
		}
	}
	return ""
}
