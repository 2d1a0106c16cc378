//go:build linux

package probe

import (
	"maps"
	"slices"
	"strings"
)

// engineMark is set by the Dagger engine, and by nothing else, together with
// the variables of engineEnv.
// https://github.com/dagger/dagger/blob/v0.19.10/engine/buildkit/executor_spec.go (setupOTel)
const engineMark = "OTEL_EXPORTER_OTLP_TRACES_LIVE"

var engineEnv = []string{
	engineMark,
	"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_ENDPOINT",
	"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
	"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
	"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
	"TRACEPARENT", "TRACESTATE", "BAGGAGE",
}

// serverEnv is the image's environment as docker run would give it: without
// what is ours (SLIPWAY_*) and what the engine adds, with which a server that
// speaks OpenTelemetry would report to the engine. The settings of a case win.
func serverEnv(env []string, extra map[string]string) []string {
	marked := slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, engineMark+"=") })
	out := slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		_, replaced := extra[name]
		return replaced || strings.HasPrefix(name, "SLIPWAY_") || marked && slices.Contains(engineEnv, name)
	})
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		out = append(out, name+"="+extra[name])
	}
	return out
}
