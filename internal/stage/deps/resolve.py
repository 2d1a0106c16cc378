"""Resolve what is asked for to versions and hashes, for every platform, in
/slipway/out/requirements.lock. Ends as installer.py says.
"""
import os
import sys

from installer import uv

asked = "/slipway/requirements.txt"
if os.path.exists("/slipway/pyproject.toml"):
    asked = "/slipway/pyproject.toml"
uv("pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate",
   "--emit-index-url", "--emit-find-links", "--python", sys.executable,
   "--output-file", "/slipway/out/requirements.lock", asked)
