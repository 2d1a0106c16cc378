from app import load, probabilities

SPECIES = ["setosa", "versicolor", "virginica"]


def species(flower):
    answer = probabilities(load(), flower)
    return SPECIES[answer.index(max(answer))]


def test_a_setosa_is_recognised():
    assert species([5.1, 3.5, 1.4, 0.2]) == "setosa"


def test_a_virginica_is_recognised():
    assert species([6.3, 3.3, 6.0, 2.5]) == "virginica"


def test_a_broad_versicolor_is_recognised():
    # A real versicolor of the data set, which the model takes for a virginica.
    assert species([5.9, 3.2, 4.8, 1.8]) == "versicolor"
