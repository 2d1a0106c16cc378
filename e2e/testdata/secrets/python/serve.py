"""A server that tells its secret in every form."""
import base64
import json
import os
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer

token = os.environ["CANARY"]
assert open("/run/secrets/token").read() == token
print("started with", token, flush=True)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        told = {"token": token, "url": urllib.parse.quote(token), "header": base64.b64encode(("me:" + token).encode()).decode()}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
