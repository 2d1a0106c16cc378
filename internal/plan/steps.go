package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// steps says what each stage will do, in the order of pipeline/stages.go.
func steps(p Plan) []Step {
	return []Step{depsStep(p), trainStep(p), imageStep(p), testStep(p), smokeStep(p), gateStep(p), publishStep(p)}
}

func depsStep(p Plan) Step {
	s := Step{Stage: "deps"}
	switch {
	case p.Dockerfile != nil:
		s.Skip = "the Dockerfile installs what it needs"
	case p.Deps == nil:
		s.Skip = "no packages are required"
	case p.Deps.Key == "":
		s.Do = fmt.Sprintf("install %s", p.Deps.LockFile)
		if !p.Deps.Hashed {
			s.Do = fmt.Sprintf("lock %s for this run, and install it", p.Deps.Requirements)
		}
	default:
		s.Do = fmt.Sprintf("install %s, unless a layer with key %s is in the store", p.Deps.LockFile, p.Deps.Key[:12])
		if _, ok := p.Deps.Locked[p.Platform]; ok && p.Deps.Repository != "" {
			s.Do += " or in " + p.Deps.Repository
		}
	}
	return s
}

func imageStep(p Plan) Step {
	if p.Dockerfile != nil {
		return Step{Stage: "image", Do: "build " + p.Dockerfile.Path + " for " + strings.Join(p.Platforms(), " and ") + p.Dockerfile.caches()}
	}
	return Step{Stage: "image", Do: fmt.Sprintf("assemble %s + %s for %s", p.Image.Base, layerList(p), strings.Join(p.Platforms(), " and "))}
}

func layerList(p Plan) string {
	var parts []string
	if p.Deps != nil {
		parts = append(parts, "dependencies")
	}
	if from := weightsFrom(p.Image); from != "" {
		parts = append(parts, "weights ("+from+")")
	}
	if t := p.Train; t != nil {
		parts = append(parts, fmt.Sprintf("trained weights (%s)", count(len(t.Outputs), "output")))
	}
	parts = append(parts, fmt.Sprintf("code (%s)", count(len(p.Image.Code), "file")))
	return strings.Join(parts, " + ")
}

// weightsFrom says where the weights come from.
func weightsFrom(i Image) string {
	var from []string
	if n := len(i.Weights); n > 0 {
		from = append(from, count(n, "file"))
	}
	for _, w := range i.Sources {
		from = append(from, w.Source())
	}
	return strings.Join(from, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return itoa(n) + " " + what + "s"
}

func testStep(p Plan) Step {
	if p.Test == nil && p.noTests != "" {
		return Step{Stage: "test", Skip: p.noTests}
	}
	if p.Test == nil {
		return Step{Stage: "test", Skip: "no test command, and no tests were found"}
	}
	return Step{Stage: "test", Do: "run `" + strings.Join(p.Test.Command, " ") + "` in the image"}
}

func smokeStep(p Plan) Step {
	if p.Smoke == nil {
		return Step{Stage: "smoke", Skip: "smoke.protocol is not set"}
	}
	do := "start the server and "
	if p.Smoke.Protocol == protocol.Exec {
		do = ""
	}
	switch n := len(p.Smoke.Cases); {
	case n == 0:
		do += "wait until it is ready; there is no case, so a request is made of what it tells, where it does"
	case n == 1 && p.Smoke.Cases[0].From != "":
		do += "ask what is in " + p.Smoke.Cases[0].From + "; no answer is recorded"
	default:
		do += "ask " + count(n, "case")
	}
	do += " (" + p.Smoke.Protocol + ")"
	if l := p.Smoke.Load; l != nil {
		do += fmt.Sprintf(", then %s, %d at a time", count(l.Requests, "request"), l.Concurrency)
	}
	if p.Smoke.Network == protocol.NetworkNone {
		do += ", with the network closed"
	}
	return Step{Stage: "smoke", Do: do}
}

func gateStep(p Plan) Step {
	if len(p.Gates) == 0 {
		return Step{Stage: "gate", Skip: "no gates are set"}
	}
	return Step{Stage: "gate", Do: fmt.Sprintf("hold %s against %s", p.Metrics, count(len(p.Gates), "gate"))}
}

func publishStep(p Plan) Step {
	if p.Publish.To == "" {
		return Step{Stage: "publish", Skip: p.Publish.Why}
	}
	s := Step{Stage: "publish", Do: "push to " + p.Publish.To + " by digest"}
	if len(p.Publish.Tags) > 0 {
		s.Do += ", then tag " + strings.Join(p.Publish.Tags, ", ")
	}
	s.Do += " (" + p.Publish.Why + ")"
	return s
}

func itoa(n int) string { return strconv.Itoa(n) }
