"""Serve sentence embeddings as OpenAI's API does: GET /health, GET /v1/models, POST /v1/embeddings.

https://platform.openai.com/docs/api-reference/embeddings
"""

from typing import Annotated, Literal

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from minilm import MiniLM

NAME = "all-minilm-l6-v2"
MODEL = MiniLM()

Sentence = Annotated[str, Field(min_length=1)]


class Question(BaseModel):
    model: str
    input: Sentence | Annotated[list[Sentence], Field(min_length=1, max_length=256)]
    encoding_format: Literal["float"] = "float"


app = FastAPI(title="embeddings")


@app.get("/health")
def health() -> None:
    """Answer once the model is loaded: it is loaded before the server listens."""


@app.get("/v1/models")
def models() -> dict:
    return {"object": "list", "data": [{"id": NAME, "object": "model", "created": 0, "owned_by": "slipway"}]}


@app.post("/v1/embeddings")
def embeddings(question: Question):
    if question.model != NAME:
        message = f"The model `{question.model}` does not exist, there is {NAME} only"
        error = {"message": message, "type": "invalid_request_error", "param": "model", "code": "model_not_found"}
        return JSONResponse({"error": error}, status_code=404)
    sentences = [question.input] if isinstance(question.input, str) else question.input
    answers = [MODEL.embed(sentence) for sentence in sentences]
    tokens = sum(count for _, count in answers)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": i, "embedding": vector.tolist()} for i, (vector, _) in enumerate(answers)
        ],
        "model": NAME,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
