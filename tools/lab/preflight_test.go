package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPreflightSaysAllThatIsWrong(t *testing.T) {
	good := machine{OS: "linux", UID: 0, AptGet: true, FreeBytes: 50 << 30, Home: "/h", RegistryPort: 5000}
	with := func(change func(*machine)) machine { m := good; change(&m); return m }
	tests := []struct {
		name string
		give machine
		want []string // a part of each problem, in order
	}{
		{name: "nothing wrong", give: good},
		{name: "packages missing are installed", give: with(func(m *machine) { m.Missing = []string{"runc"} })},
		{name: "a built engine needs no room to build", give: with(func(m *machine) { m.FreeBytes = 1 << 30; m.EngineBuiltYet = true })},
		{name: "not Linux hides the rest", give: with(func(m *machine) { m.OS = "darwin"; m.UID = 501; m.AptGet = false }), want: []string{"this is darwin"}},
		{
			name: "all at once",
			give: machine{OS: "linux", UID: 1000, Missing: []string{"runc", "iptables"}, FreeBytes: 1 << 30, Home: "/h", OverlayFS: true, NoCgroups: true, RegistryPort: 5000, PortTaken: true, ForeignEngine: true, AddressClash: "vpn0 (10.87.3.1/24)"},
			want: []string{"sudo -E", "runc, iptables", "1.0 GiB free", "overlay", "cgroup2", "--registry-port", "lab down", "vpn0 (10.87.3.1/24)"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := test.give.problems()
			if len(got) != len(test.want) {
				t.Fatalf("got %d problems, want %d:\n%s", len(got), len(test.want), strings.Join(got, "\n"))
			}
			for i, part := range test.want {
				if !strings.Contains(got[i], part) {
					t.Errorf("problem %d: %q does not contain %q", i, got[i], part)
				}
			}
		})
	}
}

func TestPreflightError(t *testing.T) {
	if err := preflightError(nil); err != nil {
		t.Errorf("no problems: got %v", err)
	}
	want := "this machine cannot run the lab yet:\n  - one\n  - two"
	if diff := cmp.Diff(want, preflightError([]string{"one", "two"}).Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMissingPackagesAreNamedOnce(t *testing.T) {
	needs := []need{{"/a/one", "first"}, {"two", "second"}, {"/a/three", "first"}, {"four", "third"}}
	got := missing(needs, func(path string) bool { return path == "two" })
	if diff := cmp.Diff([]string{"first", "third"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHasCgroups(t *testing.T) {
	const root = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
	for mounts, want := range map[string]bool{
		root: false,
		root + "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n":                  true,
		root + "31 22 0:27 / /sys/fs/cgroup/pids rw shared:9 - cgroup cgroup rw,pids\n": true,
		root + "32 22 0:28 /cgroup /srv/cgroup rw - ext4 /dev/cgroup rw\n":              false,
	} {
		if got := hasCgroups(mounts); got != want {
			t.Errorf("got %v, want %v for:\n%s", got, want, mounts)
		}
	}
}
