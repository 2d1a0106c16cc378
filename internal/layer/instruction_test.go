package layer

import "testing"

func TestInstruction(t *testing.T) {
	for _, test := range []struct {
		createdBy, instruction string
		ofContext, same        bool
	}{
		// As an engine of 0.19.10 writes them.
		{"pulled from docker.io/library/python:3.11-slim@sha256:6357", "pulled from docker.io/library/python:3.11-slim@sha256:6357", false, true},
		{"[2/5] WORKDIR /app", "WORKDIR /app", true, true},
		{"[stage-1 5/9] COPY app.py data/ ./", "COPY app.py data/ ./", true, true},
		{"[linux/arm64 stage-1 5/9] COPY --chmod=600 app.py /opt/", "COPY --chmod=600 app.py /opt/", true, true},
		{"[3/7] COPY <<EOF /y/z", "COPY <<EOF /y/z", true, true},
		{"[stage-1 4/9] COPY --from=build /built /built", "COPY --from=build /built /built", false, false},
		{"[stage-1 4/9] COPY --chown=1:1 --from=build /built /built", "COPY --chown=1:1 --from=build /built /built", false, false},
		{"mount / from exec /bin/sh -c pip install -r requirements.txt", "RUN pip install -r requirements.txt", false, false},
		{"mount / from exec true a b", "RUN true a b", false, false},
		{"mount / from exec /bin/sh -c echo 1\n", "RUN echo 1", false, false},
		{"[2/2] ADD . /app", "ADD . /app", true, true},
		{"[2/2] ADD https://example.com/x /x", "ADD https://example.com/x /x", false, false},
		{`[2/2] ADD ["https://example.com/x", "/x"]`, `ADD ["https://example.com/x", "/x"]`, false, false},
		{"[2/2] ADD git@github.com:acme/x.git /x", "ADD git@github.com:acme/x.git /x", false, false},
		{"[2/2] ADD --checksum=sha256:1 https://example.com/x /x", "ADD --checksum=sha256:1 https://example.com/x /x", true, true},
		{"something new", "something new", false, false},
		{"", "", false, false},
	} {
		got := Instruction(test.createdBy)
		same, why := Reproducible(got)
		if got != test.instruction || OfContext(got) != test.ofContext || same != test.same || (why == "") != same {
			t.Errorf("%q: %q, of the context %t, reproducible %t (%s)", test.createdBy, got, OfContext(got), same, why)
		}
	}
	ref, digest, ok := PulledFrom("pulled from localhost:5000/base:1@sha256:6357")
	if ref != "localhost:5000/base:1" || digest != "sha256:6357" || !ok {
		t.Errorf("pulled from %q, %q, %t", ref, digest, ok)
	}
}
