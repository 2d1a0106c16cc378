"""Make a virtual environment of /slipway/requirements.txt and write it as a layer.

Ends with 1 when the installer refuses the requirements, with 2 when it could
not do its work (network, disk). Everything here must come out the same on any
machine: see the recipe version in internal/plan.
"""
import os
import re
import subprocess
import sys

venv = os.environ["SLIPWAY_VENV"]
uv = "/slipway/uv/bin/uv"
env = dict(os.environ, UV_NO_CACHE="1", UV_NO_CONFIG="1", UV_LINK_MODE="copy", UV_NO_PROGRESS="1",
           UV_PYTHON_DOWNLOADS="never", NO_COLOR="1")
bundle = "/etc/ssl/certs/ca-certificates.crt"
if os.path.exists(bundle):  # the engine adds a company's certificates here; uv has a bundle of its own
    env.setdefault("SSL_CERT_FILE", bundle)


# uv ends with 2 for a network that fails as well as for a file that it cannot read.
network = re.compile(r"error sending request|failed to fetch|dns error|connection|timed out|tls|No space left", re.I)


def run(*command):
    done = subprocess.run(command, env=env, stderr=subprocess.PIPE, text=True)
    sys.stderr.write(done.stderr)
    if done.returncode:
        sys.exit(2 if done.returncode != 1 and network.search(done.stderr) else 1)


run(uv, "venv", "--quiet", "--python", sys.executable, venv)
run(uv, "pip", "install", "--quiet", "--python", venv + "/bin/python", "--requirement", "/slipway/requirements.txt")

# Files that say when or how something was installed, and nothing about what.
for name in (".lock", "CACHEDIR.TAG", ".gitignore"):
    path = os.path.join(venv, name)
    if os.path.exists(path):
        os.remove(path)

# Bytecode that is taken as it is: valid whatever the time of the source, so the
# first import does not compile (https://docs.python.org/3.11/library/py_compile.html#py_compile.PycInvalidationMode).
subprocess.run([venv + "/bin/python", "-m", "compileall", "-q", "-j", "0",
                "--invalidation-mode", "unchecked-hash", os.path.join(venv, "lib")],
               env=env, stdout=subprocess.DEVNULL)  # a package may ship files that do not compile

run("/slipway/probe", "layer", "--from", venv, "--dest", venv, "--kind", "deps", "--out", "/slipway/out/layer.tar")
