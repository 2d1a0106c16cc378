"""Serve the iris classifier over HTTP: GET /healthz and POST /predict."""

from pathlib import Path
from typing import Annotated

import joblib
from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field

MODEL = joblib.load(Path(__file__).resolve().parent / "weights" / "model.joblib")

# A flower is sepal length, sepal width, petal length and petal width, in centimetres.
Centimetres = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
Flower = Annotated[list[Centimetres], Field(min_length=4, max_length=4)]
Flowers = Annotated[list[Flower], Field(min_length=1, max_length=1000), Body()]

app = FastAPI(title="iris")


@app.exception_handler(RequestValidationError)
def refuse(_: Request, error: RequestValidationError) -> JSONResponse:
    """Say what is wrong without repeating the input: a NaN in it could not be written as JSON."""
    detail = [{"loc": problem["loc"], "msg": problem["msg"]} for problem in error.errors()]
    return JSONResponse({"detail": detail}, status_code=422)


@app.get("/healthz")
def healthz() -> dict[str, str]:
    """Answer once the model is loaded: it is loaded before the server listens."""
    return {"status": "ok"}


@app.post("/predict")
def predict(flowers: Flowers) -> list[list[float]]:
    """Return, for each flower, the probabilities of setosa, versicolor and virginica."""
    return MODEL.predict_proba(flowers).tolist()
