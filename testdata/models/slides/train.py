# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scikit-learn==1.9.1"]
# ///
"""Train the digit reader: writes weights/model.json and tests/held_out.json.

Run it with what the lines above name: uv run train.py. What serves the model needs neither.
"""

import json
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent


def write(path, value):
    """Write JSON, one entry of the outermost lists a line, so that a change can be read."""
    lines = []
    for key, rows in value.items():
        body = ",\n".join("  " + json.dumps(row, separators=(",", ":")) for row in rows)
        lines.append(json.dumps(key) + ": [\n" + body + "\n]")
    path.parent.mkdir(exist_ok=True)
    path.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


def main():
    pixels, digits = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(pixels, digits, test_size=100, stratify=digits, random_state=0)

    # The optimum itself, rounded: the same file whatever CPU it is trained on.
    model = LogisticRegression(C=0.1, solver="newton-cholesky", tol=1e-10).fit(train_x / 16, train_y)
    weights = {"weights": model.coef_.round(6).tolist(), "bias": model.intercept_.round(6).tolist()}
    write(HERE / "weights" / "model.json", weights)
    held_out = {"images": test_x.astype(int).reshape(-1, 8, 8).tolist(), "digits": test_y.tolist()}
    write(HERE / "tests" / "held_out.json", held_out)
    print("accuracy on 100 held-out images:", model.score(test_x / 16, test_y))


if __name__ == "__main__":
    main()
