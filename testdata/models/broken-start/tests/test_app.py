import pytest

from app import probabilities


def test_a_model_that_knows_nothing_gives_each_species_a_third():
    model = {"weights": [[0, 0, 0, 0]] * 3, "bias": [0, 0, 0]}
    assert probabilities(model, [5.1, 3.5, 1.4, 0.2]) == pytest.approx([1 / 3] * 3)


def test_three_measurements_are_refused():
    model = {"weights": [[0, 0, 0, 0]] * 3, "bias": [0, 0, 0]}
    with pytest.raises(ValueError):
        probabilities(model, [5.1, 3.5, 1.4])
