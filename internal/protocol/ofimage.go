package protocol

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Image is what tells of a model server in an image.
type Image struct {
	// Ref is the image's reference, or that of the image it was built from.
	Ref     string
	Labels  map[string]string
	Env     []string // "KEY=value"
	Command []string // entrypoint and arguments
	Ports   []int    // those it exposes
}

// OfImage finds the protocol that an image's server most likely speaks, and
// says what tells so. What is started tells most; labels and environment may
// come from a base image whose server is not the one that is started.
func OfImage(i Image) (name, why string) {
	for _, look := range []func(Image) (name, why string){ofCommand, ofLabels, ofEnv, ofRef, ofPlatform, ofPorts} {
		if name, why := look(i); name != "" {
			return name, why
		}
	}
	words := commandWords(i.Command)
	for _, server := range []string{"uvicorn", "gunicorn", "hypercorn", "fastapi", "flask", "waitress-serve"} {
		if slices.Contains(words, server) {
			return "http", fmt.Sprintf("the command starts %s, and nothing in the image tells of another protocol", server)
		}
	}
	return "http", "nothing in the image tells of another protocol"
}

// commands are what starts a server: words that follow each other, as the
// documentation of the server has them.
var commands = []struct{ words, protocol string }{
	{"cog.server.http", "cog"},
	{"bentoml serve", "bentoml"},
	{"bentoml serve-http", "bentoml"},
	{"mlserver start", "oip-v2"},
	{"mlflow models serve", "mlflow"},
	{"mlflow.pyfunc.scoring_server.wsgi:app", "mlflow"}, // MLflow 2, behind gunicorn
	{"mlflow.pyfunc.scoring_server.app:app", "mlflow"},  // MLflow 3, behind uvicorn
	{"vllm serve", "openai"},
	{"vllm.entrypoints.openai.api_server", "openai"},
	{"sglang.launch_server", "openai"},
	{"llama-server", "openai"},
	{"llama_cpp.server", "openai"},
	{"text-generation-launcher", "tgi"},
	{"text-generation-router", "tgi"},
	{"text-embeddings-router", "tei"},
	{"tritonserver", "oip-v2"},
	{"tensorflow_model_server", "tfserving"},
	{"tf_serving_entrypoint.sh", "tfserving"},
	{"torchserve", "torchserve"},
}

func ofCommand(i Image) (name, why string) {
	words := commandWords(i.Command)
	line := " " + strings.Join(words, " ") + " "
	for _, c := range commands {
		if !strings.Contains(line, " "+c.words+" ") {
			continue
		}
		// https://mlflow.org/docs/latest/api_reference/cli.html#mlflow-models-serve
		if c.protocol == "mlflow" && slices.Contains(words, "--enable-mlserver") {
			return "oip-v2", "the command has --enable-mlserver"
		}
		return c.protocol, fmt.Sprintf("the command has %q", c.words)
	}
	return "", ""
}

// commandWords are the words of a command, those of a shell's script too,
// programs without their directory.
func commandWords(command []string) []string {
	var words []string
	for _, argument := range command {
		for _, word := range strings.FieldsFunc(argument, func(c rune) bool { return strings.ContainsRune(" \t\r\n;&|()\"'", c) }) {
			words = append(words, path.Base(word))
		}
	}
	return words
}

func ofLabels(i Image) (name, why string) {
	if label := labelled(i, "run.cog."); label != "" {
		return "cog", "the image has the label " + label
	}
	return "", ""
}

// labelled is the first label with this prefix.
func labelled(i Image, prefix string) string {
	for _, name := range slices.Sorted(maps.Keys(i.Labels)) {
		if strings.HasPrefix(name, prefix) {
			return name
		}
	}
	return ""
}

func ofEnv(i Image) (name, why string) {
	if value, ok := variable(i, "ENABLE_MLSERVER"); ok && strings.EqualFold(value, "true") {
		return "oip-v2", "the image sets ENABLE_MLSERVER to true"
	}
	for _, env := range []struct{ name, protocol string }{
		{"BENTO_PATH", "bentoml"},
		{"BENTOML_CONTAINERIZED", "bentoml"},
		{"MLFLOW_DISABLE_ENV_CREATION", "mlflow"},
		{"ENABLE_MLSERVER", "mlflow"},
		{"MLSERVER_MODELS_DIR", "oip-v2"},
		{"NVIDIA_TRITON_SERVER_VERSION", "oip-v2"},
	} {
		if _, ok := variable(i, env.name); ok {
			return env.protocol, "the image sets " + env.name
		}
	}
	// SERVER_START_CMD alone could be anybody's.
	// https://github.com/basetenlabs/truss/blob/main/truss/templates/server.Dockerfile.jinja
	if _, ok := variable(i, "SERVER_START_CMD"); ok {
		for _, truss := range []string{"INFERENCE_SERVER_PORT", "HASH_TRUSS"} {
			if _, ok := variable(i, truss); ok {
				return "truss", "the image sets SERVER_START_CMD and " + truss
			}
		}
	}
	return "", ""
}

// refs are images that are model servers, without registry and tag.
var refs = []struct{ part, protocol string }{
	{"vllm/vllm-openai", "openai"},
	{"lmsysorg/sglang", "openai"},
	{"ggml-org/llama.cpp", "openai"},
	{"huggingface/text-generation-inference", "tgi"},
	{"huggingface/text-embeddings-inference", "tei"},
	{"nvidia/tritonserver", "oip-v2"},
	{"seldonio/mlserver", "oip-v2"},
	{"openvino/model_server", "oip-v2"},
	{"kserve/", "kserve-v1"},
	{"tensorflow/serving", "tfserving"},
	{"pytorch/torchserve", "torchserve"},
	{"sagemaker", "sagemaker"},
}

func ofRef(i Image) (name, why string) {
	ref, _, _ := strings.Cut(i.Ref, "@")
	for _, r := range refs {
		if strings.Contains(ref, r.part) {
			return r.protocol, "the image is " + i.Ref
		}
	}
	return "", ""
}

// ofPlatform finds the platform that an image was made for. It comes late:
// images of known servers have these marks too (Triton has SageMaker's label).
func ofPlatform(i Image) (name, why string) {
	// https://docs.aws.amazon.com/sagemaker/latest/dg/build-multi-model-build-container.html
	if label := labelled(i, "com.amazonaws.sagemaker."); label != "" {
		return "sagemaker", "the image has the label " + label
	}
	for _, env := range []struct{ prefix, protocol string }{{"AIP_", "vertex"}, {"SAGEMAKER_", "sagemaker"}} {
		for _, entry := range i.Env {
			if key, _, _ := strings.Cut(entry, "="); strings.HasPrefix(key, env.prefix) {
				return env.protocol, "the image sets " + key
			}
		}
	}
	return "", ""
}

// ofPorts knows pairs that only one server has.
func ofPorts(i Image) (name, why string) {
	for _, pair := range []struct {
		first, second int
		protocol      string
	}{{8500, 8501, "tfserving"}, {7070, 7071, "torchserve"}} {
		if slices.Contains(i.Ports, pair.first) && slices.Contains(i.Ports, pair.second) {
			return pair.protocol, fmt.Sprintf("the image exposes the ports %d and %d", pair.first, pair.second)
		}
	}
	return "", ""
}

// variable is the value of an environment variable; the last entry counts.
func variable(i Image, name string) (value string, ok bool) {
	for _, entry := range i.Env {
		if key, v, _ := strings.Cut(entry, "="); key == name {
			value, ok = v, true
		}
	}
	return value, ok
}
