# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scikit-learn==1.9.1"]
# ///
"""Train the wine model: writes model.json and held-out.json.

Run it with what the lines above name: uv run train.py. What serves the model has no Python at all.
"""

import json
from pathlib import Path

from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent


def main():
    wines = load_wine()
    train_x, test_x, train_y, test_y = train_test_split(
        wines.data, wines.target, test_size=60, stratify=wines.target, random_state=0
    )
    scaler = StandardScaler().fit(train_x)
    # The optimum itself, rounded: the same file whatever CPU it is trained on.
    model = LogisticRegression(C=0.1, solver="newton-cholesky", tol=1e-10).fit(scaler.transform(train_x), train_y)
    content = {
        "measurements": [name.replace("/", "_") for name in wines.feature_names],
        "mean": scaler.mean_.round(6).tolist(),
        "scale": scaler.scale_.round(6).tolist(),
        "weights": model.coef_.round(6).tolist(),
        "bias": model.intercept_.round(6).tolist(),
    }
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    (HERE / "model.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    rows = [json.dumps({"cultivar": int(y), "wine": x.tolist()}) for x, y in zip(test_x, test_y)]
    (HERE / "held-out.json").write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")
    print("accuracy on 60 held-out wines:", model.score(scaler.transform(test_x), test_y))


if __name__ == "__main__":
    main()
