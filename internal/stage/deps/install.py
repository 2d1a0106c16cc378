"""Make a virtual environment of what is asked for and write it as a layer.

It is asked for by /slipway/requirements.txt, /slipway/pylock.toml, or uv.lock
and pyproject.toml in /slipway/project.

Ends as installer.py says. Everything here must come out the same on any
machine: see the recipe version in internal/plan.
"""
import os
import platform
import re
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


def asked():
    """The file that uv installs from."""
    if os.path.exists("/slipway/pylock.toml"):
        return "/slipway/pylock.toml"
    if not os.path.exists("/slipway/project"):
        return "/slipway/requirements.txt"
    exported = "/tmp/requirements.txt"
    uv("export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate",
       "--directory", "/slipway/project", "--python", sys.executable, "--output-file", exported)
    with open(exported) as f:
        local = [line.strip() for line in f if re.match(r"(-e |\.{0,2}/|file:)", line)]
    if local:
        sys.exit("uv.lock takes packages from this repository, which are not installed: %s. "
                 "Their code lies in /app with the model's; lock without them, and import them from there" % ", ".join(local))
    return exported


venv = os.environ["SLIPWAY_VENV"]
uv("venv", "--quiet", "--python", sys.executable, venv)
uv("pip", "install", "--quiet", "--python", venv + "/bin/python", "--requirement", asked(), *foreign())

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
