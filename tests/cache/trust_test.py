#!/usr/bin/env python3
"""What a page in a browser can do to a server on the user's machine or network, and what options hide.

Usage: trust_test.py DOCTEUR_CACHE DOCTEUR_MAKE   Exit status 77 when curl is absent.
"""

import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from ports import free_port

CACHE, MAKE = sys.argv[1:3]


def curl(name, port, path):
    """The status that a browser gets for a name whose owner made it lead to this machine."""
    return int(subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "60", "--noproxy", "*", "--resolve",
         f"{name}:{port}:127.0.0.1", f"http://{name}:{port}{path}"], stdout=subprocess.PIPE, check=True).stdout)


def post_to_shell(port):
    """The answer to a cross-origin POST of text/plain, which any page can send."""
    body = b"umount\r\nhalt\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as s:
        s.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: https://evil.example\r\nContent-Type: text/plain\r\n"
                  b"Content-Length: %d\r\n\r\n" % (port, len(body)) + body)
        answer = b""
        try:
            while piece := s.recv(4096):
                answer += piece
        except ConnectionResetError:
            pass
    return answer


def main():
    if not shutil.which("curl"):
        print("curl is absent")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        image = servers.make_image(MAKE, work / "site", {"page": b"a page\n"}, work / "disk.img")
        with servers.Process(CACHE, [image], ["host=own.example,other.example"]) as server:
            assert server.get("/page") == (200, b"a page\n")
            answer = post_to_shell(server.shell_port)
            assert b"unmounted" not in answer and b"503" not in answer, answer
            assert server.get("/page") == (200, b"a page\n")
            for name, status in [("evil.example", 421), ("own.example", 200), ("other.example", 200), ("localhost", 200)]:
                for path in ["/.docteur/", "/.docteur/status", "/.docteur/metrics"]:
                    assert curl(name, server.port, path) == status, (name, path)
                assert curl(name, server.port, "/page") == 200, name
            server.type("halt\n")
            server.ends_with(0)
        own_port = free_port()
        with servers.Process(CACHE, [image], [f"status=127.0.0.1:{own_port}", "objects=off"]) as server:
            assert server.get("/page") == (200, b"a page\n")
            assert server.get("/.docteur/status")[0] == 404
            assert server.get("/@oid/" + "0" * 40)[0] == 404
            assert servers.fetch(own_port, "/.docteur/status")[0] == 200
            assert servers.fetch(own_port, "/page")[0] == 404
            server.type("halt\n")
            server.ends_with(0)
    return 0


sys.exit(main())
