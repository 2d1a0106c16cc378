# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scikit-learn==1.9.1"]
# ///
"""Train the iris model: writes model.json and tests/held_out.json.

Run it with what the lines above name: uv run train.py. What predicts needs neither.
"""

import json
from pathlib import Path

from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB

HERE = Path(__file__).resolve().parent


def main():
    iris = load_iris()
    train_x, test_x, train_y, test_y = train_test_split(
        iris.data, iris.target, test_size=50, stratify=iris.target, random_state=0
    )
    model = GaussianNB().fit(train_x, train_y)
    content = {
        str(name): {"prior": round(float(prior), 6), "mean": mean.round(6).tolist(), "variance": variance.round(6).tolist()}
        for name, prior, mean, variance in zip(iris.target_names, model.class_prior_, model.theta_, model.var_)
    }
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in content.items()]
    (HERE / "model.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    tests = HERE / "tests"
    tests.mkdir(exist_ok=True)
    rows = [json.dumps([*x.tolist(), str(iris.target_names[y])]) for x, y in zip(test_x, test_y)]
    (tests / "held_out.json").write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")
    print("accuracy on 50 held-out flowers:", model.score(test_x, test_y))


if __name__ == "__main__":
    main()
