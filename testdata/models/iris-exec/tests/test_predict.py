"""The model on flowers that it was not trained with."""

import json
from pathlib import Path

import pytest

from predict import predict

HELD_OUT = json.loads((Path(__file__).parent / "held_out.json").read_text(encoding="utf-8"))


def test_accuracy_on_held_out_flowers():
    right = sum(predict(flower)[0]["label"] == name for *flower, name in HELD_OUT)
    assert right >= 45, f"{right} of {len(HELD_OUT)}"


def test_probabilities_are_probabilities():
    for *flower, _ in HELD_OUT:
        scores = [iris["score"] for iris in predict(flower)]
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) == pytest.approx(1)
