"""The model in process, on content that is not in smoke/."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

import app


def archive() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("hello.txt", "hello")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "label"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(archive(), "zip", id="an archive"),
        pytest.param(Path(app.__file__).read_bytes(), "python", id="a program"),
        pytest.param(b"<!doctype html>\n<html><head><title>Hi</title></head><body></body></html>", "html", id="a page"),
    ],
)
def test_labels(content, label):
    assert app.identify(content)["label"] == label
