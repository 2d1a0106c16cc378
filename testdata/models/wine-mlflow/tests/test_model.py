"""The saved model through MLflow's own loader, as its server uses it."""

import json
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pytest
from mlflow.exceptions import MlflowException
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

# Relative to the directory of the model, where the tests are started as the server is.
DIRECTORY = Path("model")


@pytest.fixture(scope="module")
def model():
    return mlflow.pyfunc.load_model(str(DIRECTORY))


@pytest.fixture(scope="module")
def held_out(model):
    wines = load_wine(as_frame=True)
    columns = model.metadata.get_input_schema().input_names()
    _, rows, _, labels = train_test_split(
        wines.data[columns], wines.target, test_size=60, stratify=wines.target, random_state=0
    )
    return rows, labels


def test_accuracy_on_held_out_wines(model, held_out):
    rows, labels = held_out
    assert (model.predict(rows).argmax(axis=1) == labels).mean() >= 0.9


def test_probabilities_add_up(model, held_out):
    np.testing.assert_allclose(model.predict(held_out[0]).sum(axis=1), 1)


def test_a_missing_column_is_refused(model, held_out):
    with pytest.raises(MlflowException, match="proline"):
        model.predict(held_out[0].drop(columns="proline"))


def test_the_input_example_has_the_columns_of_the_signature(model):
    example = json.loads((DIRECTORY / "serving_input_example.json").read_text(encoding="utf-8"))
    assert example["dataframe_split"]["columns"] == model.metadata.get_input_schema().input_names()
