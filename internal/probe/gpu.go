//go:build linux

package probe

import "io/fs"

// gpus counts the GPUs that a command here can open. /proc/driver/nvidia/gpus
// is not asked: it lists those of the whole machine, in every container.
func gpus(root fs.FS) int {
	for _, kind := range []struct{ needs, each string }{
		{"dev/nvidiactl", "dev/nvidia[0-9]*"}, // https://github.com/NVIDIA/nvidia-container-toolkit
		{"dev/kfd", "dev/dri/renderD*"},       // https://rocm.docs.amd.com/projects/install-on-linux/en/latest/how-to/docker.html
		{"dev/dxg", "dev/dxg"},                // one device stands for all of Windows: https://learn.microsoft.com/windows/wsl/tutorials/gpu-compute
	} {
		if _, err := fs.Stat(root, kind.needs); err != nil {
			continue
		}
		if found, err := fs.Glob(root, kind.each); err == nil && len(found) > 0 {
			return len(found)
		}
	}
	return 0
}
