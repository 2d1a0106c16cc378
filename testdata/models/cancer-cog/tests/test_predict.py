"""The predictor in process, on tumours that it was not trained with."""

import json
from pathlib import Path

import pytest

from predict import Predictor

HELD_OUT = json.loads((Path(__file__).parent / "held_out.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def predictor():
    predictor = Predictor()
    predictor.setup()
    return predictor


def test_accuracy_on_held_out_tumours(predictor):
    right = sum(predictor.predict(*row).malignant == malignant for *row, malignant in HELD_OUT)
    assert right >= 90, f"{right} of {len(HELD_OUT)}"


def test_the_worst_radius_is_not_less_than_the_mean(predictor):
    with pytest.raises(ValueError, match="worst_radius is less than radius"):
        predictor.predict(20.29, 14.34, 0.1003, 0.198, 2)
