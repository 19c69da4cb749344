"""A registry on loopback, in memory, that keeps to the OCI distribution specification unless it is told to do something
else; and what the tests with registries share. Usage of each test: NAME_test.py BIN, the folder of the commands."""

import collections
import contextlib
import hashlib
import http.server
import json
import re
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "remote"))

from range_server import (  # noqa: E402, F401
    BIN, ENVIRONMENT, WORK, Ran, docteur, expect, good, refused, run_checks, sample_image)

# No credentials of whoever runs the tests.
for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
    ENVIRONMENT.pop(name, None)

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
KIND = "application/vnd.docteur.image.v1"
DISK = "application/vnd.docteur.image.v1.disk"
EMPTY = "application/vnd.oci.empty.v1+json"


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def manifest_of(data, **change):
    """The manifest of an image with these bytes; `change`: members that are other ones."""
    layer = {"mediaType": DISK, "digest": sha256(data), "size": len(data)}
    config = {"mediaType": EMPTY, "digest": sha256(b"{}"), "size": 2}
    return {"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": KIND, "config": config, "layers": [layer],
            **change}


Asked = collections.namedtuple("Asked", "command path headers")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle(self):
        with contextlib.suppress(OSError):
            super().handle()

    def answer(self, status, fields=(), body=b""):
        self.send_response(status)
        for key, value in fields:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return True

    def cut(self):
        """Ends the connection without an answer."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(2)
        return True

    def one(self):
        server = self.server
        with server.guard:
            self.number = len(server.requests)
            server.requests.append(Asked(self.command, self.path,
                                         self.headers))  # a handler serves a whole connection
        if server.fault and server.fault(self):
            return
        match = re.fullmatch(r"/v2/(.+?)/(blobs|manifests)/(.*)", self.path)
        if not match:
            self.answer(404)
            return
        if match[2] == "manifests":
            self.manifest(match[1], match[3])
        elif match[3].startswith("uploads/"):
            self.upload(match[1], match[3][len("uploads/"):])
        else:
            self.blob(match[3])

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = one

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def manifest(self, name, reference):
        server = self.server
        if self.command == "PUT":
            data = self.body()
            for key in (reference, sha256(data)):
                server.manifests[key] = (self.headers["Content-Type"], data)
            self.answer(201, [("Docker-Content-Digest", sha256(data))])
        elif reference in server.manifests:
            kind, data = server.manifests[reference]
            self.answer(200, [("Content-Type", kind)], data)
        else:
            self.answer(404)

    def blob(self, digest):
        data = self.server.blobs.get(digest)
        if data is None:
            self.answer(404)
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not wanted:
            self.answer(200, [], data)
            return
        first, last = int(wanted[1]), min(int(wanted[2]), len(data) - 1)
        part = data[first:last + 1]
        self.server.sent += len(part)
        self.answer(206, [("Content-Range", f"bytes {first}-{last}/{len(data)}")], part)

    def upload(self, name, rest):
        server = self.server
        if self.command == "POST":
            self.body()
            with server.guard:
                number = str(len(server.uploads))
                server.uploads[number] = bytearray()
            self.answer(202, [("Location", f"/v2/{name}/blobs/uploads/{number}?state=0"), *server.more])
            return
        number, _, query = rest.partition("?")
        if number not in server.uploads:
            self.answer(404)
            return
        has = server.uploads[number]
        place = ("Location",
                 f"http://127.0.0.1:{server.server_address[1]}/v2/{name}/blobs/uploads/{number}?state={len(has)}")
        if self.command == "PATCH":
            first = int(self.headers["Content-Range"].split("-")[0])
            if first != len(has):
                self.body()
                self.answer(416, [("Range", f"0-{max(len(has) - 1, 0)}")])
                return
            left = int(self.headers["Content-Length"])
            while left > 0:
                piece = self.rfile.read(min(left, 65536))
                if not piece:
                    return
                has += piece
                left -= len(piece)
                if server.cuts and len(has) >= server.cuts[0]:
                    del has[server.cuts.pop(0):]
                    self.cut()
                    return
            place = (place[0], place[1].split("=")[0] + f"={len(has)}")
        if self.command == "PUT":
            digest = query.split("digest=")[1].replace("%3A", ":")
            if sha256(has) != digest:
                self.answer(400, [], b'{"errors":[{"code":"DIGEST_INVALID"}]}')
                return
            server.blobs[digest] = bytes(has)
            del server.uploads[number]
            self.answer(201)
            return
        self.answer(204 if self.command == "GET" else 202, [place, ("Range", f"0-{max(len(has) - 1, 0)}")])


class FakeRegistry(http.server.ThreadingHTTPServer):
    """`fault`, if there is one, is called with each request, and returns whether it has answered it. `cuts`: the bytes
    of an upload after which the connection ends."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.guard, self.blobs, self.manifests = threading.Lock(), {}, {}
        self.reset()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def reset(self, fault=None):
        self.requests, self.uploads, self.cuts, self.more, self.sent, self.fault = [], {}, [], [], 0, fault

    @property
    def host(self):
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self):
        return f"http://{self.host}"

    def name(self, reference="v1"):
        return f"oci://{self.host}/team/site" + ("@" if reference.startswith("sha256:") else ":") + reference

    def hold(self, data, reference="v1", content=None, kind=MANIFEST, **change):
        """Has the image `data` under this reference; the blob's bytes are `content`. Returns the manifest's digest."""
        self.blobs[sha256(data)] = data if content is None else content
        text = json.dumps(manifest_of(data, **change)).encode()
        for key in (reference, sha256(text)):
            self.manifests[key] = (kind, text)
        return sha256(text)

    def asked(self):
        return [(r.command, r.path) for r in self.requests]

    def handle_error(self, request, client_address):
        pass  # clients go away, as they are told to here
