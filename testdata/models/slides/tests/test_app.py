"""The digit reader through Flask's test client, on images that it was not trained with."""

import json
from pathlib import Path

import pytest

from app import app

HELD_OUT = json.loads((Path(__file__).parent / "held_out.json").read_text(encoding="utf-8"))


@pytest.fixture
def client():
    return app.test_client()


def predict(client, image):
    response = client.post("/predict", json={"image": image})
    assert response.status_code == 200
    return response.get_json()


def test_healthz(client):
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_accuracy_on_held_out_images(client):
    read = [predict(client, image)["digit"] for image in HELD_OUT["images"]]
    right = sum(got == want for got, want in zip(read, HELD_OUT["digits"]))
    assert right >= 90, "%d of 100 read correctly" % right


def test_probabilities_add_up(client):
    answer = predict(client, HELD_OUT["images"][0])
    assert len(answer["probabilities"]) == 10
    assert sum(answer["probabilities"]) == pytest.approx(1)
    assert answer["probabilities"][answer["digit"]] == max(answer["probabilities"])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="a list"),
        pytest.param({}, id="no image"),
        pytest.param({"image": [[0] * 8] * 7}, id="seven rows"),
        pytest.param({"image": [[0] * 7] * 8}, id="seven columns"),
        pytest.param({"image": [[17] * 8] * 8}, id="too much ink"),
        pytest.param({"image": [["0"] * 8] * 8}, id="strings"),
        pytest.param({"image": [[True] * 8] * 8}, id="booleans"),
        pytest.param({"image": [[float("nan")] * 8] * 8}, id="not a number"),
    ],
)
def test_what_is_not_an_image_is_refused(client, body):
    response = client.post("/predict", json=body)
    assert response.status_code == 400
    assert "image" in response.get_json()["error"]
