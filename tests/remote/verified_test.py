#!/usr/bin/env python3
"""Images of a server are verified while they come: docteur-verify of a URL, and docteur-fetch."""

import random
import subprocess
import sys
import threading
from pathlib import Path

from range_server import (BIN, ENVIRONMENT, Ran, Server, checks, cut_then, docteur, expect, first_sent_by, good, refused, run_checks,
                          sample_image)
from waiting import wait_until

PROBE = 4096
image, files = sample_image(16 << 20)
data = image.read_bytes()
server = Server(data)
fetched = image.parent / "fetched.img"


def verified_from_the_server():
    server.reset()
    local = good("verify", image)
    remote = good("verify", server.url)
    expect(local.out == remote.out, "another report")
    expect(server.sent <= len(data) + PROBE, f"{server.sent} bytes for {len(data)}")
    # Where the folder for temporary files has none without a name.
    filtered = Ran([sys.executable, Path(__file__).parents[1] / "support/without_tmpfile.py", BIN / "docteur-verify", server.url])
    expect(filtered.status == 77 or filtered.out == local.out, f"without O_TMPFILE: {filtered.shown}")
    server.content = data[:1000] + bytes(100) + data[1100:]
    expect(docteur("verify", server.url).status == 1, "a damaged image is good")
    server.content = data
    server.reset(cut_then(503))
    refused(3, "status 503", "verify", "--retries", "1", server.url)


def verified_meanwhile():
    """Of a large image the end comes first, and what is here is verified while the server holds back the rest."""
    folder = image.parent / "large"
    folder.mkdir()
    (folder / "noise").write_bytes(random.Random(2).randbytes(70 << 20))
    large = image.parent / "large.img"
    good("make", "-q", folder, large)
    content = large.read_bytes()
    begun, late, let_go = [], [], threading.Event()

    def by_halves(r, body):
        half = len(body) // 2
        r.send(body[:half])
        if not let_go.wait(20):  # before the client tries elsewhere
            late.append(True)
        r.send(body[half:])

    def read_by(process):
        """Bytes that it read from files: what recv() brings does not count."""
        return int(dict(line.split(": ") for line in Path(f"/proc/{process.pid}/io").read_text().splitlines())["rchar"])
    server.reset(first_sent_by(by_halves, begun))
    server.content = content
    for command in (["docteur-fetch", "-q", server.url, fetched], ["docteur-verify", "-q", server.url]):
        begun.clear()
        let_go.clear()
        process = subprocess.Popen([BIN / command[0], *command[1:]], env=ENVIRONMENT)
        try:
            wait_until(lambda: len(begun) > 1 and read_by(process) > len(content) // 4, "nothing is verified")
            expect(not late, "nothing is verified before all is here")
            expect(begun[1][0] > len(content) * 9 // 10 and begun[1][1] == len(content) - 1, f"the end is not first: {begun}")
        finally:
            let_go.set()
        expect(process.wait() == 0, "failed")
    expect(fetched.read_bytes() == content, "another image")
    server.content = data


checks += [verified_from_the_server, verified_meanwhile]
run_checks(server)
