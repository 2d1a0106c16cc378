package config

// server is one kind of model server: which files tell of it, what starts it,
// and where it listens.
type server struct {
	name     string
	protocol string
	port     int    // where it listens unless it is told otherwise
	portEnv  string // what tells it otherwise, where that is not the command
	// files are patterns for the files that tell of it. read looks into one
	// that is there, and is false when it is somebody else's after all.
	files []string
	read  func(l *loader, file string) (traits, bool)
	// command starts it: {target} stands for what the files name, {port} for
	// the port. It is empty where no Python package brings the server.
	command  []string
	packages []string // that the command needs
	// data is true when the files are a model's and no server's: an app of the
	// model's author may as well load them.
	data bool
	// instead is what to do where there is no command.
	instead string
}

// servers are looked for in this order, and the first one found is taken: what
// configures a server comes before what a server may load.
var servers = []server{
	{
		// https://github.com/replicate/cog/blob/main/docs/yaml.md
		name: "Cog", protocol: "cog", port: 5000, portEnv: "PORT",
		files: []string{"cog.yaml"}, read: (*loader).readCog,
		command:  []string{"python", "-m", "cog.server.http"},
		packages: []string{"cog"}, // it requires coglet
	},
	{
		// BentoML itself looks in this order; bento.yaml is in a bento that is built.
		// https://docs.bentoml.com/en/latest/reference/bentoml/bento-build-options.html
		name: "BentoML", protocol: "bentoml", port: 3000,
		files: []string{"bentofile.yaml", "pyproject.toml", "service.py", "bento.yaml"}, read: (*loader).readBento,
		command:  []string{"bentoml", "serve", "{target}", "--host", "0.0.0.0", "--port", "{port}"},
		packages: []string{"bentoml"},
	},
	{
		// A Truss whose server is one of another image, at paths of its own.
		// https://docs.baseten.co/reference/truss-configuration
		name: "Truss", protocol: "http", port: 8000,
		files: []string{"config.yaml"}, read: (*loader).readTrussServer,
		instead: "config.yaml names an image that has the server (base_image): write a Dockerfile that begins FROM it",
	},
	{
		name: "Truss", protocol: "truss", port: 8080,
		files: []string{"config.yaml"}, read: (*loader).readTruss,
		instead: "the server of a Truss comes from `truss image build`: keep the Dockerfile that it writes beside the model",
	},
	{
		// Before MLmodel, which MLServer may load.
		// https://mlserver.readthedocs.io/en/latest/reference/model-settings.html
		name: "MLServer", protocol: "oip-v2", port: 8080, portEnv: "MLSERVER_HTTP_PORT",
		files: []string{"model-settings.json", "*/model-settings.json"}, read: (*loader).readMLServer,
		command:  []string{"mlserver", "start", "."},
		packages: []string{"mlserver"},
	},
	{
		// https://mlflow.org/docs/latest/ml/model/#storage-format
		name: "MLflow", protocol: "mlflow", port: 8080,
		files: []string{"MLmodel", "*/MLmodel"}, read: (*loader).readMLflow, data: true,
		command:  []string{"mlflow", "models", "serve", "-m", "{target}", "--env-manager", "local", "--host", "0.0.0.0", "--port", "{port}"},
		packages: []string{"mlflow"}, // mlflow-skinny will do
	},
	{
		// https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_repository.html
		name: "Triton", protocol: "oip-v2", port: 8000,
		files: []string{"config.pbtxt", "*/config.pbtxt", "*/*/config.pbtxt"}, read: (*loader).readTriton, data: true,
		instead: "Triton starts from its own image: write a Dockerfile that begins FROM nvcr.io/nvidia/tritonserver",
	},
	{
		// https://docs.pytorch.org/serve/configuration.html
		name: "TorchServe", protocol: "torchserve", port: 8080,
		files: []string{"*.mar", "*/*.mar", "config.properties"}, read: (*loader).readTorchServe, data: true,
		instead: "TorchServe needs Java besides Python: write a Dockerfile that begins FROM pytorch/torchserve",
	},
	{
		// https://www.tensorflow.org/tfx/serving/serving_basic
		name: "TensorFlow Serving", protocol: "tfserving", port: 8501,
		files: []string{"*/saved_model.pb", "*/*/saved_model.pb", "*/*/*/saved_model.pb"}, read: (*loader).readTFServing, data: true,
		instead: "TensorFlow Serving starts from its own image: write a Dockerfile that begins FROM tensorflow/serving",
	},
}

// traits is what a server's files tell of one model.
type traits struct {
	why          string // what told; by default that the file is here
	target       string // what the command names
	model        string // what the server calls the model
	python       string // "3.11"
	requirements string // a file
	weights      string // a directory that holds the model and nothing else
	packages     []string
	env          []setting
	port         int    // 0: the server's usual one
	ready        string // a path
	fault        string // why the server cannot be started by what the files say
}

// setting is an environment variable that the server needs.
type setting struct{ name, value, why string }
