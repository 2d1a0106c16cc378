"""Train the iris classifier: writes weights/model.joblib and metrics.json.

Run it in the directory of the model: python train.py
"""

import json
from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent


def split():
    """Return train rows, held-out rows, train labels, held-out labels: the same ones each time."""
    rows, labels = load_iris(return_X_y=True)
    return train_test_split(rows, labels, test_size=50, stratify=labels, random_state=0)


def train(rows, labels):
    """Return the fitted pipeline: standardised measurements into a logistic regression."""
    # newton-cholesky with a tight tolerance ends at the optimum itself, not somewhere near it, so that
    # what the linear algebra of one CPU does differently from another's is in the last digits only.
    # Those are rounded away: the same data give the same file on any machine.
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-10))
    pipeline.fit(rows, labels)
    classifier = pipeline[-1]
    classifier.coef_ = classifier.coef_.round(6)
    classifier.intercept_ = classifier.intercept_.round(6)
    return pipeline


def main():
    train_rows, test_rows, train_labels, test_labels = split()
    pipeline = train(train_rows, train_labels)

    weights = HERE / "weights" / "model.joblib"
    weights.parent.mkdir(exist_ok=True)
    joblib.dump(pipeline, weights)

    probabilities = pipeline.predict_proba(test_rows)
    metrics = {
        "accuracy": round(float(accuracy_score(test_labels, probabilities.argmax(axis=1))), 6),
        "log_loss": round(float(log_loss(test_labels, probabilities)), 6),
        "held_out_rows": len(test_rows),
    }
    (HERE / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    print(metrics)


if __name__ == "__main__":
    main()
