//go:build linux

package probe

import (
	"testing"
	"testing/fstest"
)

func TestGPUs(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files []string
		want  int
	}{
		{"none", []string{"dev/null", "dev/dri/renderD128"}, 0},
		{"the driver of the host", []string{"proc/driver/nvidia/gpus/0000:01:00.0/information"}, 0},
		{"control device without a GPU", []string{"dev/nvidiactl", "dev/nvidia-uvm"}, 0},
		{"two of NVIDIA", []string{"dev/nvidiactl", "dev/nvidia-uvm", "dev/nvidia-caps/nvidia-cap1", "dev/nvidia0", "dev/nvidia11"}, 2},
		{"one of AMD", []string{"dev/kfd", "dev/dri/card0", "dev/dri/renderD128"}, 1},
		{"Windows", []string{"dev/dxg"}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for _, name := range tc.files {
				root[name] = &fstest.MapFile{}
			}
			if got := gpus(root); got != tc.want {
				t.Errorf("%d, want %d", got, tc.want)
			}
		})
	}
}
