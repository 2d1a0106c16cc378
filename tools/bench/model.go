package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// model is the one that everything is measured with: iris, scikit-learn behind FastAPI.
type model struct {
	dir        string
	dockerfile string // of the builders that need one, beside the model: in it, Slipway would build it
}

// dockerfile is the usual one for such a model. The certificates are for networks whose proxy has one of its own; they
// and the argument leave no trace in the image.
const dockerfile = `FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
ARG PIP_CERT
RUN --mount=type=secret,id=certificates,target=/run/certificates.crt pip install --no-cache-dir -r requirements.txt
COPY . .
ENV OMP_NUM_THREADS=1
CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8080", "--log-level", "warning"]
`

// certificates is the machine's bundle of certificate authorities.
const certificates = "/etc/ssl/certs/ca-certificates.crt"

func copyModel(root, dir string) (model, error) {
	m := model{dir: dir, dockerfile: filepath.Join(dir+"-dockerfile", "Dockerfile")}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "testdata", "models", "iris"))); err != nil {
		return m, err
	}
	if err := os.MkdirAll(filepath.Dir(m.dockerfile), 0o755); err != nil {
		return m, err
	}
	return m, os.WriteFile(m.dockerfile, []byte(dockerfile), 0o644)
}

// changeCode adds a line to the model's program.
func (m model) changeCode() error {
	f, err := os.OpenFile(filepath.Join(m.dir, "app.py"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(f, "# %d\n", time.Now().UnixNano()); err != nil {
		return err
	}
	return f.Close()
}

// weightsBytes is how large the large weights are.
const weightsBytes = 600 << 20

// changeWeights writes large weights that cannot be compressed, the same for each seed.
func (m model) changeWeights(seed byte) error {
	f, err := os.Create(filepath.Join(m.dir, "weights", "large.bin"))
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(f, 1<<20)
	if _, err := io.CopyN(buffered, rand.NewChaCha8([32]byte{seed}), weightsBytes); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	// On the disk before the clock starts: what the system has still to write would be counted otherwise.
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}
