package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Taken from a machine after an engine was killed, with a rule of another network added.
const natRules = `-P POSTROUTING ACCEPT
-N CNI-36c19b0e19c271dd5563a01c
-N CNI-aaaaaaaaaaaaaaaaaaaaaaaa
-A POSTROUTING -s 10.87.0.6/32 -m comment --comment "name: \"slipway\" id: \"53djbtxamo0g1a252aeuwgs4l\"" -j CNI-36c19b0e19c271dd5563a01c
-A POSTROUTING -s 10.88.0.2/32 -m comment --comment "name: \"podman\" id: \"f00\"" -j CNI-aaaaaaaaaaaaaaaaaaaaaaaa
-A CNI-36c19b0e19c271dd5563a01c -d 10.87.0.0/16 -m comment --comment "name: \"slipway\" id: \"53djbtxamo0g1a252aeuwgs4l\"" -j ACCEPT
-A CNI-36c19b0e19c271dd5563a01c ! -d 224.0.0.0/4 -m comment --comment "name: \"slipway\" id: \"53djbtxamo0g1a252aeuwgs4l\"" -j MASQUERADE
`

func TestStaleNAT(t *testing.T) {
	const chain = "CNI-36c19b0e19c271dd5563a01c"
	want := [][]string{
		{"-D", "POSTROUTING", "-s", "10.87.0.6/32", "-m", "comment", "--comment", `name: "slipway" id: "53djbtxamo0g1a252aeuwgs4l"`, "-j", chain},
		{"-F", chain},
		{"-X", chain},
	}
	if diff := cmp.Diff(want, staleNAT(usual, natRules)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const filterRules = `-P FORWARD ACCEPT
-N CNI-ADMIN
-N CNI-FORWARD
-A FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD
-A FORWARD -s 10.87.0.9/32 -j DROP
-A CNI-FORWARD -m comment --comment "CNI firewall plugin admin overrides" -j CNI-ADMIN
-A CNI-FORWARD -d 10.87.0.2/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A CNI-FORWARD -s 10.87.0.2/32 -j ACCEPT
-A CNI-FORWARD -s 10.88.0.2/32 -j ACCEPT
`

func TestStaleFilter(t *testing.T) {
	want := [][]string{
		{"-D", "CNI-FORWARD", "-d", "10.87.0.2/32", "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"},
		{"-D", "CNI-FORWARD", "-s", "10.87.0.2/32", "-j", "ACCEPT"},
	}
	if diff := cmp.Diff(want, staleFilter(usual, filterRules)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
