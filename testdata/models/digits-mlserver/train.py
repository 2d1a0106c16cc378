"""Train the digit reader: writes weights/model.joblib.

Run it in the directory of the model: python train.py
"""

from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent


def split():
    """Return train images, held-out images, train digits, held-out digits: the same ones each time."""
    images, digits = load_digits(return_X_y=True)
    return train_test_split(images, digits, test_size=300, stratify=digits, random_state=0)


def train(images, digits):
    """Return the fitted classifier; its coefficients are rounded, so that no CPU shows in the file."""
    model = LogisticRegression(C=0.01, solver="newton-cholesky", tol=1e-10)
    model.fit(images, digits)
    model.coef_ = model.coef_.round(6)
    model.intercept_ = model.intercept_.round(6)
    return model


def main():
    train_images, test_images, train_digits, test_digits = split()
    model = train(train_images, train_digits)
    weights = HERE / "weights" / "model.joblib"
    weights.parent.mkdir(exist_ok=True)
    joblib.dump(model, weights)
    print("accuracy on 300 held-out images:", model.score(test_images, test_digits))


if __name__ == "__main__":
    main()
