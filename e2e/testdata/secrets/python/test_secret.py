import os
import sys

assert open("/run/secrets/token").read() == os.environ["CANARY"]
print("tested with", os.environ["CANARY"])
