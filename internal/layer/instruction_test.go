package layer

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFromHistory(t *testing.T) {
	for _, test := range []struct {
		createdBy, instruction string
		ofContext, same        bool
	}{
		// As an engine of 0.19.10 writes them.
		{"pulled from docker.io/library/python:3.11-slim@sha256:6357", "FROM docker.io/library/python:3.11-slim", false, true},
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
		{"[2/2] ADD ${URL} /x", "ADD ${URL} /x", false, false},
		{"imported sha256:c23c", "imported sha256:c23c", false, false},
		{"something new", "something new", false, false},
		{"", "", false, false},
	} {
		got := fromHistory(test.createdBy)
		same, why := Reproducible(got)
		if got != test.instruction || OfContext(got) != test.ofContext || same != test.same || (why == "") != same {
			t.Errorf("%q: %q, of the context %t, reproducible %t (%s)", test.createdBy, got, OfContext(got), same, why)
		}
	}
}

func TestMadeBy(t *testing.T) {
	made := Made{From: "python:3.11-slim", Steps: []string{"RUN make it", "WORKDIR /app", "COPY . ."}}
	want := []string{"FROM python:3.11-slim", "FROM python:3.11-slim", "RUN make it", "WORKDIR /app", "COPY . ."}
	for name, history := range map[string][]string{
		"built":           {"pulled from docker.io/library/python:3.11-slim@sha256:1", "pulled from docker.io/library/python:3.11-slim@sha256:1", "mount / from exec /bin/sh -c make it", "[3/4] WORKDIR /app", "[4/4] COPY . ."},
		"from a cache":    {"imported sha256:1", "imported sha256:2", "imported sha256:3", "imported sha256:4", "imported sha256:5"},
		"some of a cache": {"pulled from python@sha256:1", "imported sha256:2", "imported sha256:3", "[3/4] WORKDIR /app", "[4/4] COPY . ."},
	} {
		if diff := cmp.Diff(want, made.by(history)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	// Where the history tells of something else than the Dockerfile, it is believed.
	for name, history := range map[string][]string{
		"ONBUILD":      {"pulled from a@sha256:1", "mount / from exec /bin/sh -c make it", "[3/4] WORKDIR /app", "[4/4] COPY . .", "[5/5] COPY . /more"},
		"too few":      {"pulled from a@sha256:1", "[4/4] COPY . ."},
		"another kind": {"pulled from a@sha256:1", "mount / from exec /bin/sh -c make it", "[4/4] COPY . .", "[4/4] COPY . ."},
	} {
		got := made.by(history)
		for n, h := range history {
			if got[n] != fromHistory(h) {
				t.Errorf("%s: layer %d is made by %q, of %q", name, n, got[n], h)
			}
		}
	}
}
