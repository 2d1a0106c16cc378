import os
import sys

assert open("/run/secrets/token").read() == os.environ["CANARY"]
print("tested with", os.environ["CANARY"])
assert not os.path.exists("/run/secrets/build"), "the build's secret is still there"
