"""Train the iris classifier on data/*.csv: writes weights/model.joblib and metrics.json.

Slipway runs it in the image's packages, and only when something here changed.
"""

import csv
import json
from pathlib import Path

import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
SPECIES = ["setosa", "versicolor", "virginica"]


def flowers():
    """Return measurements and labels of all files, in the order of their names."""
    rows, labels = [], []
    for file in sorted((HERE / "data").glob("*.csv")):
        with file.open(newline="", encoding="utf-8") as lines:
            for flower in csv.DictReader(lines):
                labels.append(SPECIES.index(flower.pop("species")))
                rows.append([float(centimetres) for centimetres in flower.values()])
    return rows, labels


def main():
    rows, labels = flowers()
    print(f"training on {len(rows)} flowers")
    train_rows, test_rows, train_labels, test_labels = train_test_split(
        rows, labels, test_size=1 / 3, stratify=labels, random_state=0
    )
    # newton-cholesky with a tight tolerance ends at the optimum itself, so that CPUs differ in the last
    # digits only. Those are rounded away: the same data give the same file on any machine.
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-10))
    pipeline.fit(train_rows, train_labels)
    classifier = pipeline[-1]
    classifier.coef_ = classifier.coef_.round(6)
    classifier.intercept_ = classifier.intercept_.round(6)
    joblib.dump(pipeline, HERE / "weights" / "model.joblib")

    probabilities = pipeline.predict_proba(test_rows)
    metrics = {
        "test": {
            "accuracy": round(float(accuracy_score(test_labels, probabilities.argmax(axis=1))), 6),
            "log_loss": round(float(log_loss(test_labels, probabilities)), 6),
        },
        "rows": {"train": len(train_rows), "test": len(test_rows)},
    }
    (HERE / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    print(metrics)


if __name__ == "__main__":
    main()
