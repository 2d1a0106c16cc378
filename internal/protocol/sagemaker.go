package protocol

import "cmp"

// sageMaker is a container for Amazon SageMaker's real-time inference.
// https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
type sageMaker struct{}

func (sageMaker) Name() string { return "sagemaker" }

func (sageMaker) DefaultPort() int { return 8080 }

// Launch starts it as `docker run IMAGE serve`.
func (sageMaker) Launch(l Launch) Launch {
	l.Cmd = []string{"serve"}
	return l
}

func (sageMaker) Checks(_ Target, ready Ready) []Check {
	return []Check{answers200(cmp.Or(ready.Path, "/ping"))}
}

// Request sends any body as it is: what it must be is the model's own.
func (sageMaker) Request(r Request, _ Target) (Message, error) {
	return enveloped(r, r.Path == "" || r.Path == invocations, invocations, asIs)
}

func (sageMaker) Answer(r Response) Content { return body(r) }
