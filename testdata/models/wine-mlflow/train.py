"""Train the wine model and save it as an MLflow model directory: model/.

Run it in the directory of the model: python train.py
"""

import os
import shutil
import uuid
from importlib.metadata import version
from pathlib import Path

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read when mlflow is imported

import mlflow.sklearn  # noqa: E402
from mlflow.models import Model, infer_signature  # noqa: E402
from sklearn.datasets import load_wine  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

HERE = Path(__file__).resolve().parent
COLUMNS = ["alcohol", "flavanoids", "color_intensity", "hue", "proline"]


def split():
    """Return train rows, held-out rows, train labels, held-out labels: the same ones each time."""
    wines = load_wine(as_frame=True)
    return train_test_split(
        wines.data[COLUMNS], wines.target, test_size=60, stratify=wines.target, random_state=0
    )


def train(rows, labels):
    """Return the fitted pipeline; its coefficients are rounded, so that no CPU shows in the file."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-10))
    pipeline.fit(rows, labels)
    classifier = pipeline[-1]
    classifier.coef_ = classifier.coef_.round(6)
    classifier.intercept_ = classifier.intercept_.round(6)
    return pipeline


def main():
    train_rows, test_rows, train_labels, test_labels = split()
    pipeline = train(train_rows, train_labels)

    model = HERE / "model"
    shutil.rmtree(model, ignore_errors=True)
    mlflow.sklearn.save_model(
        pipeline,
        model,
        # MLflow would write the time and a random id: a second training would never give the same file.
        mlflow_model=Model(
            utc_time_created="2026-01-01 00:00:00", model_uuid=uuid.uuid5(uuid.NAMESPACE_OID, "wine").hex
        ),
        serialization_format="cloudpickle",
        pyfunc_predict_fn="predict_proba",
        signature=infer_signature(train_rows, pipeline.predict_proba(train_rows)),
        input_example=test_rows.head(2),
        # What requirements.txt pins. Left alone, MLflow asks for all of mlflow, which serving does not need.
        pip_requirements=[
            f"{name}=={version(name)}" for name in ("mlflow-skinny", "cloudpickle", "pandas", "scikit-learn")
        ],
    )
    print("accuracy on 60 held-out wines:", pipeline.score(test_rows, test_labels))


if __name__ == "__main__":
    main()
