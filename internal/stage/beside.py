"""Install what a command needs and this image lacks into /slipway/packages.

Everything that the image has is a constraint: it may be added to, never
changed. Ends as installer.py says. Prints the site directory of the image's
Python as its last line.
"""
import importlib.metadata
import os
import shutil
import sys
import sysconfig

from installer import uv

target = "/slipway/packages"


def installed():
    return {(d.metadata["Name"], d.version): d for d in importlib.metadata.distributions() if d.metadata["Name"]}


before = installed()
with open("/slipway/constraints.txt", "w") as f:
    for name, version in sorted(before):
        f.write(f"{name}=={version}\n")

uv("pip", "install", "--quiet", "--python", sys.executable, "--break-system-packages",
   "--constraint", "/slipway/constraints.txt", "--requirement", "/slipway/requirements.txt")

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
        if inside.startswith(".."):  # scripts; data files of such packages have no other use here
            inside = os.path.join("bin", os.path.basename(source))
        destination = os.path.join(target, inside)
        os.makedirs(os.path.dirname(destination), exist_ok=True)
        shutil.copy2(source, destination)
print(sysconfig.get_path("purelib"))
