"""Serve the iris classifier with the standard library only: GET /healthz and POST /predict."""

import json
import math
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WEIGHTS = Path(__file__).resolve().parent / "weights" / "model.json"


def load():
    """Read the weights and biases of setosa, versicolor and virginica."""
    return json.loads(WEIGHTS.read_text(encoding="utf-8"))


def probabilities(model, flower):
    """Return the probability of each species for four measurements in centimetres."""
    scores = [
        bias + sum(weight * value for weight, value in zip(weights, flower, strict=True))
        for weights, bias in zip(model["weights"], model["bias"], strict=True)
    ]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    return [power / sum(powers) for power in powers]


class Handler(BaseHTTPRequestHandler):
    """Answer in JSON, and write no line per request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/healthz":
            self.answer(200, {"status": "ok"})
        else:
            self.answer(404, {"error": "not found"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/predict":
            self.answer(404, {"error": "not found"})
            return
        try:
            answer = [probabilities(self.server.model, flower) for flower in json.loads(body)]
        except (TypeError, ValueError):
            self.answer(422, {"error": "a list of flowers is needed, four measurements each"})
        else:
            self.answer(200, answer)

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    model = load()
    server = ThreadingHTTPServer(("0.0.0.0", 8080), Handler)
    server.model = model
    server.serve_forever()


if __name__ == "__main__":
    main()
