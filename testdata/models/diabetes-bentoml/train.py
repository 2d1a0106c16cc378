"""Train the diabetes model: writes weights/model.joblib.

Run it in the directory of the model: python train.py
"""

from pathlib import Path

import joblib
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent


def split():
    """Return train rows, held-out rows, train targets, held-out targets: the same ones each time."""
    rows, targets = load_diabetes(return_X_y=True, scaled=False)
    return train_test_split(rows, targets, test_size=100, random_state=0)


def train(rows, targets):
    """Return the fitted pipeline; its coefficients are rounded, so that no CPU shows in the file."""
    model = make_pipeline(StandardScaler(), Ridge(alpha=1.0, solver="cholesky"))
    model.fit(rows, targets)
    model[-1].coef_ = model[-1].coef_.round(6)
    model[-1].intercept_ = float(model[-1].intercept_.round(6))
    return model


def main():
    train_rows, test_rows, train_targets, test_targets = split()
    model = train(train_rows, train_targets)
    weights = HERE / "weights" / "model.joblib"
    weights.parent.mkdir(exist_ok=True)
    joblib.dump(model, weights)
    print("R² on 100 held-out patients:", model.score(test_rows, test_targets))


if __name__ == "__main__":
    main()
