#!/usr/bin/env python3
"""Abuses a server in four ways at once with slowhttptest, and checks that an honest client is still served.

Usage: abuse_test.py SERVER DOCTEUR_MAKE    (docteur-cache, or docteur-cache.elf: then in QEMU)
Slow heads (slowloris), slow bodies, slow reading, and requests for hundreds of overlapping ranges. The server must get rid
of every connection of theirs; meanwhile each request of the honest client is answered. The server is asked whether it has:
kernels, and QEMU's user network, hold for a slow reader what was sent long before its connection was given up.
Exit status 77 when slowhttptest is absent.
"""

import http.client
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers

SERVER, MAKE = sys.argv[1:3]
EACH = 40  # connections of an attack
TIME_OUT = 2  # seconds, of the server
LENGTH = 60  # seconds that an attack lasts unless it is ended
ROUNDS = 3  # of the honest client before the attacks are ended
ATTACKS = {
    "slow heads": ["-H", "-i", "1", "-t", "GET"],
    "slow bodies": ["-B", "-i", "1", "-s", "8192"],
    "slow reading": ["-X", "-n", "1", "-z", "256", "-w", "256", "-y", "512", "-k", "3"],
    "ranges": ["-R", "-t", "GET", "-a", "1", "-b", "6000"],
}
FILES = {"page": b"a page\n" * 300, "large": random.Random(6).randbytes(5_000_000)}


class HonestClient(threading.Thread):
    """Requests the page and a part of the large file, over and over."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.count, self.slowest, self.wrong, self.over = port, 0, 0.0, [], threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            begin = time.monotonic()
            try:
                got = servers.fetch(self.port, "/page")
                part = servers.fetch(self.port, "/large", {"Range": "bytes=4000000-4009999"})
                if (got[0], got[2]) != (200, FILES["page"]) or (part[0], part[2]) != (206, FILES["large"][4000000:4010000]):
                    self.wrong.append(f"{got[0]}, {part[0]}")
            except (OSError, http.client.HTTPException) as why:
                self.wrong.append(repr(why))
            self.slowest = max(self.slowest, time.monotonic() - begin)
            self.count += 1


def main():
    if shutil.which("slowhttptest") is None:
        print("slowhttptest is absent")
        return 77
    with tempfile.TemporaryDirectory() as work:
        image = servers.make_image(MAKE, pathlib.Path(work) / "site", FILES, pathlib.Path(work) / "disk.img")
        with servers.serve(SERVER, [image], [f"time-out={TIME_OUT}", f"idle={TIME_OUT}"]) as server:
            assert server.get("/page") == (200, FILES["page"])
            before = server.status()
            honest = HonestClient(server.ports[1])
            honest.start()
            begin = time.monotonic()
            attacks = [subprocess.Popen(
                ["slowhttptest", *how, "-c", str(EACH), "-r", "40", "-l", str(LENGTH), "-p", "20", "-v", "0",
                 "-u", f"http://127.0.0.1:{server.port}/large"], cwd=work, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for how in ATTACKS.values()]
            try:
                asked = 0
                while True:
                    after = server.status()["connections"]
                    asked += 1
                    arrived = after["accepted"] - before["connections"]["accepted"] - 2 * honest.count - asked
                    # Besides them: this request, and one of the honest client's.
                    if arrived >= EACH * len(ATTACKS) and after["active"] <= 2 and honest.count >= ROUNDS:
                        break
                    assert time.monotonic() - begin < LENGTH, f"not got rid of: {after}"
                    time.sleep(0.2)
            finally:
                for attack in attacks:
                    attack.kill()
                    attack.wait()
            took = time.monotonic() - begin
            honest.over.set()
            honest.join(servers.PATIENCE)
            assert not honest.wrong, honest.wrong[:3]
            after = server.status()
            # Slow clients got 408, all others an answer. On a busy machine quick clients may be slow as well.
            timed_out = after["connections"]["timed_out"] - before["connections"]["timed_out"]
            assert timed_out >= 3 * EACH // 2, f"{timed_out} timed out: {after}"  # heads and reading
            assert after["connections"]["aborted"] >= EACH * 3 // 4, after  # reading
            refused = [after["statuses"].get(code, 0) for code in ("405", "408", "431")]
            assert all(refused) and sum(refused) >= EACH * 9 // 4, after
            assert after["faults"] == 0 and "500" not in after["statuses"], after
            server.type("halt\n")
            server.ends_with(0)
            print(f"over after {took:.1f} s; {timed_out} timed out; {honest.count} honest requests, the slowest took "
                  f"{honest.slowest:.2f} s; {after['statuses']}")
    return 0


sys.exit(main())
