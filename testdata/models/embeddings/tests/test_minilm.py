"""The model against what is published of it, which PyTorch computed."""

import numpy as np
import pytest

from minilm import MiniLM


@pytest.fixture(scope="module")
def model():
    return MiniLM()


def test_similarities_that_its_authors_publish(model):
    # The first example of https://sbert.net/docs/quickstart.html.
    sentences = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    vectors = np.array([model.embed(sentence)[0] for sentence in sentences])
    published = [[1.0000, 0.6660, 0.1046], [0.6660, 1.0000, 0.1411], [0.1046, 0.1411, 1.0000]]
    np.testing.assert_allclose(vectors @ vectors.T, published, atol=6e-5)


def test_what_comes_after_256_words_does_not_count(model):
    vector, count = model.embed("one " * 300)
    assert count == 256
    np.testing.assert_array_equal(vector, model.embed("one " * 300 + "two")[0])
