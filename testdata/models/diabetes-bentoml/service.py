"""Serve the diabetes model with BentoML."""

from pathlib import Path
from typing import Annotated

import bentoml
import joblib
from pydantic import BaseModel, Field


class Patient(BaseModel):
    age: Annotated[float, Field(ge=0, le=120)]
    sex: Annotated[int, Field(ge=1, le=2)]
    bmi: Annotated[float, Field(gt=0)]
    blood_pressure: Annotated[float, Field(gt=0)]
    # Six measurements of the blood serum: total cholesterol, low-density and high-density lipoproteins,
    # their ratio, the logarithm of triglycerides, sugar.
    serum: Annotated[list[float], Field(min_length=6, max_length=6)]


@bentoml.service
class Diabetes:
    def __init__(self) -> None:
        self.model = joblib.load(Path(__file__).resolve().parent / "weights" / "model.joblib")

    @bentoml.api
    def predict(self, patients: list[Patient]) -> list[float]:
        """Return, for each patient, how far the disease will have gone a year later (25 to 346 in the data)."""
        rows = [[p.age, p.sex, p.bmi, p.blood_pressure, *p.serum] for p in patients]
        return self.model.predict(rows).tolist()
