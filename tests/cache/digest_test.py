#!/usr/bin/env python3
"""docteur-cache --digest: no other image is served, now or after a remount, and no block that is not the image's; what was
damaged for a while is served again.

Usage: digest_test.py SERVER DOCTEUR_MAKE"""

import http.client
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers

SERVER, MAKE = sys.argv[1:3]


def digest_of(image):
    return "sha256:" + subprocess.run([pathlib.Path(MAKE).parent / "docteur-verify", image], check=True, capture_output=True,
                                      timeout=120).stdout.decode().split("sha256:")[1].split()[0]


def flip(image, at):
    """Changes a byte in place: the server has the file open."""
    with open(image, "r+b") as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 1]))


def fetched(server, path):
    """The content, or None."""
    try:
        status, _, body = servers.fetch(server.port, path)
        return body if status == 200 else None
    except (OSError, http.client.HTTPException):
        return None


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        files = {name: random.Random(name).randbytes(400_000) for name in ("a", "b")}
        image = servers.make_image(MAKE, work / "site", files, work / "disk.img")
        other = servers.make_image(MAKE, work / "other", {"a": b"other\n"}, work / "other.img")
        ours, theirs = digest_of(image), digest_of(other)
        assert ours != theirs

        # The server looks at nothing in another image; words: --digest=...
        with servers.Process(SERVER, [other], [f"digest={ours}"]) as server:
            server.ends_with(1, rb"another image: its digest is " + theirs.encode() + b", not " + ours.encode())
        with servers.Process(SERVER, [image], ["digest=sha256:12"]) as server:
            server.ends_with(2, rb"--digest: expected sha256: and 64")

        with servers.Process(SERVER, [image], [f"digest={ours}", "cache=0"]) as server:
            assert server.get("/a") == (200, files["a"])
            flip(image, 700_000)
            assert fetched(server, "/b") is None, "a damaged block was served"
            flip(image, 700_000)
            assert fetched(server, "/b") == files["b"], "a failure was kept"
            # Another image under the name is refused; what was served still is.
            os.replace(image, work / "kept.img")
            subprocess.run(["cp", other, image], check=True)
            with server.shell() as run:
                said = run("remount")
                assert "another image" in said and "still served" in said, said
            assert server.get("/a") == (200, files["a"])
            os.replace(work / "kept.img", image)
            with server.shell() as run:
                assert "another image" not in run("remount")
            assert server.get("/b") == (200, files["b"])

        # Either of two.
        with servers.Process(SERVER, [image], [f"digest={theirs}", f"digest={ours}"]) as server:
            assert server.get("/a") == (200, files["a"])
            os.replace(other, image)
            with server.shell() as run:
                run("remount")
            assert server.get("/a") == (200, b"other\n")


main()
