"""The model file itself, on the data that it was not trained with."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

from app import MODEL


@pytest.fixture(scope="module")
def held_out():
    rows, labels = load_iris(return_X_y=True)
    _, rows, _, labels = train_test_split(rows, labels, test_size=50, stratify=labels, random_state=0)
    return rows, labels


def test_accuracy_on_held_out_flowers(held_out):
    rows, labels = held_out
    assert (MODEL.predict(rows) == labels).mean() >= 0.9


def test_probabilities_are_probabilities(held_out):
    probabilities = MODEL.predict_proba(held_out[0])
    assert np.all(probabilities >= 0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_setosa_is_never_mistaken(held_out):
    rows, labels = held_out
    assert np.all(MODEL.predict(rows[labels == 0]) == 0)


def test_a_flower_does_not_depend_on_its_neighbours(held_out):
    rows = held_out[0]
    alone = np.vstack([MODEL.predict_proba(row.reshape(1, -1)) for row in rows])
    np.testing.assert_allclose(alone, MODEL.predict_proba(rows), rtol=1e-9)
