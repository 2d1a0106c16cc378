package protocol

// Untold is the error of a request that cannot be made because of something
// the server did not say of itself. Every other error of Request is a mistake
// in the case, and is found before anything runs.
type Untold string

func (u Untold) Error() string { return string(u) }
