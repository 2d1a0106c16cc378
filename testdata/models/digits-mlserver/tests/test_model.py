"""The model file itself, on images that it was not trained with."""

from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


@pytest.fixture(scope="module")
def model():
    return joblib.load(Path("weights") / "model.joblib")


@pytest.fixture(scope="module")
def held_out():
    images, digits = load_digits(return_X_y=True)
    _, images, _, digits = train_test_split(images, digits, test_size=300, stratify=digits, random_state=0)
    return images, digits


def test_accuracy_on_held_out_images(model, held_out):
    images, digits = held_out
    assert (model.predict(images) == digits).mean() >= 0.95


def test_probabilities_are_probabilities(model, held_out):
    probabilities = model.predict_proba(held_out[0])
    assert np.all(probabilities >= 0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
