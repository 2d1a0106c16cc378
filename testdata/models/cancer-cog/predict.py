"""Say whether a tumour of the breast is malignant, from five measurements of its cells' nuclei."""

import json
import math
from pathlib import Path

from cog import BaseModel, BasePredictor, Input


class Diagnosis(BaseModel):
    malignant: bool
    probability: float


class Predictor(BasePredictor):
    def setup(self) -> None:
        model = json.loads((Path(__file__).resolve().parent / "model.json").read_text(encoding="utf-8"))
        self.weights, self.bias = model["weights"], model["bias"]

    def predict(
        self,
        radius: float = Input(description="Mean radius, in micrometres", ge=0),
        texture: float = Input(description="Mean standard deviation of grey values", ge=0),
        smoothness: float = Input(description="Mean variation of radius lengths", ge=0, le=1),
        concavity: float = Input(description="Mean severity of concave portions", ge=0, le=1),
        worst_radius: float = Input(description="Mean of the three largest radii, in micrometres", ge=0),
    ) -> Diagnosis:
        if worst_radius < radius:
            raise ValueError("worst_radius is less than radius: the largest nuclei cannot be smaller than the mean")
        measured = {
            "radius": radius,
            "texture": texture,
            "smoothness": smoothness,
            "concavity": concavity,
            "worst_radius": worst_radius,
        }
        score = self.bias + sum(self.weights[name] * value for name, value in measured.items())
        probability = 1 / (1 + math.exp(-score))
        return Diagnosis(malignant=probability >= 0.5, probability=probability)
