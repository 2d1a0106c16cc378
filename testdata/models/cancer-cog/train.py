# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scikit-learn==1.9.1"]
# ///
"""Train the tumour model: writes model.json and tests/held_out.json.

Run it with what the lines above name: uv run train.py. What serves the model needs neither.
"""

import json
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
COLUMNS = {"radius": "mean radius", "texture": "mean texture", "smoothness": "mean smoothness",
           "concavity": "mean concavity", "worst_radius": "worst radius"}


def main():
    data = load_breast_cancer(as_frame=True)
    rows = data.data[list(COLUMNS.values())]
    malignant = (data.target == 0).astype(int)
    train_x, test_x, train_y, test_y = train_test_split(rows, malignant, test_size=100, stratify=malignant, random_state=0)

    scaler = StandardScaler().fit(train_x)
    # The optimum itself, rounded: the same file whatever CPU it is trained on.
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(scaler.transform(train_x), train_y)
    weights = (model.coef_[0] / scaler.scale_).round(6)
    bias = model.intercept_[0] - (model.coef_[0] * scaler.mean_ / scaler.scale_).sum()
    content = {"weights": dict(zip(COLUMNS, weights.tolist())), "bias": round(float(bias), 6)}
    (HERE / "model.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    tests = HERE / "tests"
    tests.mkdir(exist_ok=True)
    rows = [json.dumps([*row, bool(label)]) for row, label in zip(test_x.to_numpy().tolist(), test_y)]
    (tests / "held_out.json").write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")
    print("accuracy on 100 held-out tumours:", model.score(scaler.transform(test_x), test_y))


if __name__ == "__main__":
    main()
