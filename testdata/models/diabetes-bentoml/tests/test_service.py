"""The service in process, and the model on patients that it was not trained with."""

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from service import Diabetes, Patient


@pytest.fixture(scope="module")
def service():
    return Diabetes()


def patient(row):
    return Patient(age=row[0], sex=row[1], bmi=row[2], blood_pressure=row[3], serum=row[4:])


def test_better_than_the_mean_on_held_out_patients(service):
    rows, targets = load_diabetes(return_X_y=True, scaled=False)
    _, rows, _, targets = train_test_split(rows, targets, test_size=100, random_state=0)
    predicted = np.array(service.predict([patient(row.tolist()) for row in rows]))
    assert ((predicted - targets) ** 2).mean() < 0.7 * targets.var()


def test_a_patient_needs_all_measurements():
    with pytest.raises(ValidationError):
        patient([54, 2, 36.1, 115, 163, 98.4, 43, 4, 4.6821])
