"""Say what kind of file it is: POST /predict with its bytes, POST /files with a form of several."""

from magika import Magika
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

MAX_BYTES = 32 << 20

MODEL = Magika()


def identify(content: bytes) -> dict:
    prediction = MODEL.identify_bytes(content).prediction
    kind = prediction.output
    return {
        "label": kind.label,
        "description": kind.description,
        "mime_type": kind.mime_type,
        "is_text": kind.is_text,
        "score": prediction.score,
    }


async def healthz(_: Request) -> Response:
    """Answer once the model is loaded: it is loaded before the server listens."""
    return JSONResponse({"status": "ok"})


async def predict(request: Request) -> Response:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            return JSONResponse({"error": f"the file is larger than {MAX_BYTES} bytes"}, status_code=413)
    return JSONResponse(identify(bytes(content)))


async def files(request: Request) -> Response:
    async with request.form() as form:
        uploads = [upload for upload in form.getlist("file") if isinstance(upload, UploadFile)]
        if not uploads:
            return JSONResponse({"error": "the form has no file: send one or more as the field file"}, status_code=400)
        return JSONResponse({upload.filename: identify(await upload.read()) for upload in uploads})


app = Starlette(
    routes=[
        Route("/healthz", healthz),
        Route("/predict", predict, methods=["POST"]),
        Route("/files", files, methods=["POST"]),
    ]
)
