"""The HTTP interface, in process."""

import pytest
from fastapi.testclient import TestClient

from app import app

SETOSA = [5.1, 3.5, 1.4, 0.2]


@pytest.fixture(scope="module")
def client():
    with TestClient(app) as client:
        yield client


def test_healthz(client):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_one_row_of_probabilities_per_flower(client):
    response = client.post("/predict", json=[SETOSA, [6.7, 3.0, 5.2, 2.3]])
    assert response.status_code == 200
    rows = response.json()
    assert [len(row) for row in rows] == [3, 3]
    assert [sum(row) for row in rows] == pytest.approx([1, 1])
    assert rows[0].index(max(rows[0])) == 0
    assert rows[1].index(max(rows[1])) == 2


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="no flower"),
        pytest.param([SETOSA[:3]], id="three measurements"),
        pytest.param([SETOSA + [1.0]], id="five measurements"),
        pytest.param([["long", 3.5, 1.4, 0.2]], id="a word"),
        pytest.param([[5.1, 3.5, 1.4, -0.2]], id="a negative length"),
        pytest.param(SETOSA, id="not a list of lists"),
        pytest.param([SETOSA] * 1001, id="too many flowers"),
    ],
)
def test_what_is_not_a_flower_is_refused(client, body):
    assert client.post("/predict", json=body).status_code == 422


def test_nan_is_refused(client):
    headers = {"content-type": "application/json"}
    response = client.post("/predict", content="[[5.1, 3.5, 1.4, NaN]]", headers=headers)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", 0, 3]
