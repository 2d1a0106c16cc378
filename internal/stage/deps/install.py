"""Make a virtual environment of /slipway/requirements.txt and write it as a layer.

Ends as installer.py says. Everything here must come out the same on any
machine: see the recipe version in internal/plan.
"""
import os
import platform
import subprocess
import sys

from installer import env, uv


def foreign():
    """What uv is told for a platform that is not this one: wheels only, for the libc that this image has."""
    if not os.environ["SLIPWAY_PLATFORM"]:
        return []
    machine = {"linux/arm64": "aarch64", "linux/amd64": "x86_64"}[os.environ["SLIPWAY_PLATFORM"]]
    name, version = platform.libc_ver()
    if name != "glibc":
        target = machine + "-unknown-linux-musl"
    else:
        # The names that uv knows: https://docs.astral.sh/uv/reference/cli/#uv-pip-install--python-platform
        minor = int(version.split(".")[1])
        target = "%s-manylinux_2_%d" % (machine, min(minor, 40) if minor >= 31 else 28 if minor >= 28 else 17)
    return ["--python-platform", target, "--only-binary", ":all:"]


venv = os.environ["SLIPWAY_VENV"]
uv("venv", "--quiet", "--python", sys.executable, venv)
uv("pip", "install", "--quiet", "--python", venv + "/bin/python", "--requirement", "/slipway/requirements.txt", *foreign())

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

if subprocess.run(["/slipway/probe", "layer", "--from", venv, "--dest", venv, "--kind", "deps",
                   "--out", "/slipway/out/layer.tar"]).returncode:
    sys.exit(2)
