package protocol

import "errors"

// Exec is the name of the protocol of what is no server.
const Exec = "exec"

// execProtocol is no server: each case runs a command in the image, and the
// answer is its standard output.
type execProtocol struct{}

func (execProtocol) Name() string { return Exec }

// DefaultPort is 0: nothing listens.
func (execProtocol) DefaultPort() int { return 0 }

// Checks has none: there is nothing to wait for.
func (execProtocol) Checks(Target, Ready) []Check { return nil }

// Request is a message with a body only: the command's standard input. What to
// run is the case's command, or else the server's, with the case's arguments
// after it (Request.Run).
func (execProtocol) Request(r Request, _ Target) (Message, error) {
	if r.Method != "" || r.Path != "" || len(r.Headers) > 0 {
		return Message{}, errors.New("the protocol exec runs a command: it has no method, path or headers")
	}
	if r.Form != nil {
		return Message{}, errors.New("the protocol exec has no form: give json, text or file as standard input")
	}
	if len(r.Command) > 0 && r.Command[0] == "" {
		return Message{}, errors.New("the command to run has no name")
	}
	_, stdin, err := payload(r)
	return Message{Body: stdin}, err
}

// Answer is the standard output.
func (execProtocol) Answer(r Response) Content { return body(r) }

// Run is the command of a case of the protocol exec: its own, or the one that
// the image starts, with the case's arguments after it.
func (r Request) Run(command []string) []string {
	if len(r.Command) > 0 {
		command = r.Command
	}
	return append(append([]string{}, command...), r.Args...)
}
