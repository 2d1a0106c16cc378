"""Serve the digit reader over HTTP with Flask: GET /healthz and POST /predict."""

import json
import math
import os
from pathlib import Path

from flask import Flask, jsonify, request

MODEL = json.loads((Path(__file__).resolve().parent / "weights" / "model.json").read_text(encoding="utf-8"))

app = Flask(__name__)


def probabilities(image):
    """Return the probability of each digit for an image of 8 rows of 8 numbers from 0 (paper) to 16 (ink)."""
    pixels = [value / 16 for row in image for value in row]
    scores = [
        bias + sum(weight * pixel for weight, pixel in zip(weights, pixels))
        for weights, bias in zip(MODEL["weights"], MODEL["bias"])
    ]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    return [power / sum(powers) for power in powers]


def is_image(value):
    """Say whether a JSON value is 8 rows of 8 numbers from 0 to 16."""
    return (
        isinstance(value, list)
        and len(value) == 8
        and all(isinstance(row, list) and len(row) == 8 for row in value)
        and all(type(pixel) in (int, float) and 0 <= pixel <= 16 for row in value for pixel in row)
    )


@app.route("/healthz")
def healthz():
    """Answer once the model is loaded: it is loaded before the server listens."""
    return jsonify(status="ok")


@app.route("/predict", methods=["POST"])
def predict():
    """Read one digit."""
    body = request.get_json(silent=True)
    image = body.get("image") if isinstance(body, dict) else None
    if not is_image(image):
        return jsonify(error="image: 8 rows of 8 numbers from 0 to 16 are needed"), 400
    answer = probabilities(image)
    return jsonify(digit=answer.index(max(answer)), probabilities=answer)


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=int(os.environ.get("PORT", "5000")))
