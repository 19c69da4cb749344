#!/usr/bin/env python3
"""An image of SHA-256 ids, served: entity tags, requests by id and the status have ids of 64 digits.

Usage: sha256_test.py SERVER DOCTEUR_MAKE   SERVER: docteur-cache, or docteur-cache.elf for the guest
"""

import hashlib
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers

SERVER, MAKE = sys.argv[1:3]
FILES = {"page.html": b"<p>a page</p>\n" * 100, "folder/large": bytes(range(256)) * 8192}


def id_of(content):
    return hashlib.sha256(b"blob %d\0" % len(content) + content).hexdigest()


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        servers.make_image(MAKE, work / "site", FILES, work / "disk.img", "--object-format", "sha256")
        with servers.serve(SERVER, [work / "disk.img"], []) as server:
            for path, content in FILES.items():
                assert server.get("/" + path) == (200, content), path
                _, fields, _ = servers.fetch(server.port, "/" + path)
                assert fields["ETag"] == f'"{id_of(content)}"', fields["ETag"]
                assert servers.fetch(server.port, "/" + path, {"If-None-Match": fields["ETag"]})[0] == 304, path
                assert servers.fetch(server.port, "/" + path, {"Range": "bytes=5-9"})[2] == content[5:10], path
                status, fields, body = servers.fetch(server.port, "/@oid/" + id_of(content))
                assert (status, body) == (200, content), path
                assert servers.fetch(server.port, "/@oid/" + id_of(content)[:40])[0] == 404, path
            status = server.status()["image"]
            assert len(status["commit"]) == 64 and len(status["root"]) == 64, status
            assert servers.fetch(server.port, "/@oid/" + status["root"])[0] == 200


main()
