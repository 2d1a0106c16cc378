"""Fetch uv into /slipway/uv with the image's own pip."""
import os
import subprocess
import sys

# The engine puts a company's certificates into the system's bundle; pip reads
# a bundle of its own unless it is told.
bundle = "/etc/ssl/certs/ca-certificates.crt"
if os.path.exists(bundle):
    os.environ.setdefault("PIP_CERT", bundle)
sys.exit(subprocess.call([
    sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-cache-dir", "--no-compile",
    "--disable-pip-version-check", "--root-user-action=ignore",
    "--require-hashes", "--target", "/slipway/uv", "--requirement", "/slipway/uv.txt",
]))
