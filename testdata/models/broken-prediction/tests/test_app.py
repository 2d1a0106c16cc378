import pytest

from app import load, probabilities


@pytest.mark.parametrize(
    ("flower", "species"),
    [([5.1, 3.5, 1.4, 0.2], 0), ([5.7, 3.0, 4.2, 1.2], 1), ([6.3, 3.3, 6.0, 2.5], 2)],
)
def test_a_typical_flower_is_recognised(flower, species):
    answer = probabilities(load(), flower)
    assert sum(answer) == pytest.approx(1)
    assert answer.index(max(answer)) == species
