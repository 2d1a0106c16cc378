"""Install what the tests need and this image lacks into /slipway/packages.

Everything that the image has is a constraint: tests may add to it, never
change it. Ends with 1 when the two do not go together, with 2 when the
installer could not do its work. Prints the site directory of the image's
Python as its last line.
"""
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig

target = "/slipway/packages"
env = dict(os.environ, UV_NO_CACHE="1", UV_NO_CONFIG="1", UV_NO_PROGRESS="1", UV_PYTHON_DOWNLOADS="never",
           UV_LINK_MODE="copy", NO_COLOR="1")
bundle = "/etc/ssl/certs/ca-certificates.crt"
if os.path.exists(bundle):
    env.setdefault("SSL_CERT_FILE", bundle)


def installed():
    return {(d.metadata["Name"], d.version): d for d in importlib.metadata.distributions() if d.metadata["Name"]}


before = installed()
with open("/slipway/constraints.txt", "w") as f:
    for name, version in sorted(before):
        f.write(f"{name}=={version}\n")

done = subprocess.run(["/slipway/uv/bin/uv", "pip", "install", "--quiet", "--python", sys.executable, "--break-system-packages",
                       "--constraint", "/slipway/constraints.txt", "--requirement", "/slipway/requirements.txt"],
                      env=env, stderr=subprocess.PIPE, text=True)
sys.stderr.write(done.stderr)
if done.returncode:
    # uv ends with 2 for a network that fails as well as for a file that it cannot read.
    network = re.search(r"error sending request|failed to fetch|dns error|connection|timed out|tls|No space left", done.stderr, re.I)
    sys.exit(2 if done.returncode != 1 and network else 1)

# Take what came, file by file as each package recorded it, to a place of its own.
os.makedirs(os.path.join(target, "bin"), exist_ok=True)
for key, dist in installed().items():
    if key in before:
        continue
    root = str(dist.locate_file(""))
    for file in dist.files or []:
        source = os.path.realpath(str(dist.locate_file(file)))
        if not os.path.isfile(source):
            continue
        inside = os.path.relpath(source, os.path.realpath(root))
        if inside.startswith(".."):  # scripts; data files of test packages have no other use here
            inside = os.path.join("bin", os.path.basename(source))
        destination = os.path.join(target, inside)
        os.makedirs(os.path.dirname(destination), exist_ok=True)
        shutil.copy2(source, destination)
print(sysconfig.get_path("purelib"))
