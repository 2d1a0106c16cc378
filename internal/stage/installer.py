"""Call uv, the same way for an image's dependencies and for its tests' packages.

A script that calls it ends with 1 when uv refuses what it was asked for, and
with 2 when it could not do its work (network, disk).
"""
import os
import re
import subprocess
import sys

env = dict(os.environ, UV_NO_CACHE="1", UV_NO_CONFIG="1", UV_LINK_MODE="copy", UV_NO_PROGRESS="1",
           UV_PYTHON_DOWNLOADS="never", NO_COLOR="1")
bundle = "/etc/ssl/certs/ca-certificates.crt"
if os.path.exists(bundle):  # the engine adds a company's certificates here; uv has a bundle of its own
    env.setdefault("SSL_CERT_FILE", bundle)

# uv ends with 2 for a network that fails as well as for a file that it cannot
# read, and with 1 for a full disk as well as for a package that there is not.
surroundings = re.compile(r"error sending request|failed to fetch|dns error|connection|timed out|tls", re.I)
full = re.compile(r"No space left|os error 28", re.I)


def uv(*arguments):
    done = subprocess.run(("/slipway/uv/bin/uv", *arguments), env=env, stderr=subprocess.PIPE, text=True)
    sys.stderr.write(done.stderr)
    if done.returncode:
        asked = done.returncode == 1 or not surroundings.search(done.stderr)
        sys.exit(1 if asked and not full.search(done.stderr) else 2)
