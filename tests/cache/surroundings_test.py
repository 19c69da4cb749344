#!/usr/bin/env python3
"""The server within limits of its surroundings: ports, descriptors, memory.

Usage: surroundings_test.py DOCTEUR_CACHE DOCTEUR_MAKE
"""

import contextlib
import os
import pathlib
import random
import re
import resource
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from supervised import CACHE, PATIENCE, Serving, answers, expect, wait_until

MAKE = sys.argv[2]
LARGE = random.Random(3).randbytes(8_000_000)


def says_what_cannot_be_had(image):
    def refused(listen, *patterns, **how):
        done = subprocess.run([CACHE, image, "--listen", listen], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=PATIENCE, check=False, **how)
        said = done.stderr.decode()
        expect(done.returncode == servers.FAILED, f"status {done.returncode}: {said}")
        expect("HTTP on" not in said, said)
        for pattern in patterns:
            expect(re.search(pattern, said), f"not {pattern} in {said}")

    with socket.socket() as four:
        four.bind(("0.0.0.0", 0))
        four.listen()
        port = four.getsockname()[1]
        refused(str(port), rf"cannot listen on 0\.0\.0\.0:{port}: in use by another program\n")
        refused(f"127.0.0.1:{port}", rf"cannot listen on 127\.0\.0\.1:{port}: in use")
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as six:
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        six.bind(("::", 0))
        six.listen()
        port = six.getsockname()[1]
        refused(str(port), rf"cannot listen on \[::\]:{port}: in use by another program\n")
    refused("192.0.2.77:8080", r"192\.0\.2\.77:8080: no such address on this machine")
    refused("no-such-host.invalid:8080", "no-such-host.invalid: no address or name of a host")
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    if os.geteuid() == 0 and first > 1:
        refused(f"127.0.0.1:{first - 1}", "not permitted", user=65534, group=65534)


def knows_its_descriptors(image):
    """The soft limit is raised. Too few descriptors mean fewer connections, and one too many gets 503."""
    def few(soft, hard):
        return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with Serving(image, preparation=few(20, 400)) as s:
        limit = servers.json.loads(answers(s.port, "/.docteur/status"))["connections"]["limit"]
        expect(200 < limit < 400, f"{limit} connections with 400 descriptors")
        expect(f"at most {limit} connections, because only 400 descriptors are available" in s.log(), s.log())
        with contextlib.ExitStack() as all_of_them:
            clients = []
            for i in range(limit + 100):
                c = all_of_them.enter_context(socket.create_connection(("127.0.0.1", s.port), timeout=PATIENCE))
                clients.append(c)
                c.sendall(b"GET /page HTTP/1.1\r\nHost: h\r\n\r\n")
                got = c.recv(1000)
                code = b"HTTP/1.1 200 " if i < limit else b"HTTP/1.1 503 "
                expect(got.startswith(code), f"connection {i}: {got[:40]!r}")
        wait_until(lambda: answers(s.port) == b"a page\n", "serves nobody any more")


@contextlib.contextmanager
def memory_group(limit):
    """A function that moves the calling process into a control group with that much memory; None if none can be made."""
    groups = [line.split(":", 2) for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines()]
    mine = [path for _, controllers, path in groups if "memory" in controllers.split(",")]
    top, file = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes") if mine else ("/sys/fs/cgroup", "memory.max")
    mine = mine or [path for _, controllers, path in groups if not controllers]
    folder = pathlib.Path(top + "".join(mine[:1])) / f"docteur-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        yield None
        return
    try:
        (folder / file).write_text(str(limit))
        yield lambda: (folder / "cgroup.procs").write_text("0")
    except OSError:
        yield None
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()


def knows_its_memory(image):
    """The limit of its control group counts as the machine's memory."""
    with memory_group(96 << 20) as enter:
        if enter is None:
            print("no control group can be made here")
            return
        with Serving(image, preparation=enter) as s:
            status = servers.json.loads(answers(s.port, "/.docteur/status"))
            expect(status["memory"]["total_bytes"] == 96 << 20, f"{status['memory']}")
            expect(status["cache"]["capacity_bytes"] == 18 << 20, f"{status['cache']}")  # 3/4 of a quarter
            expect(answers(s.port, "/large") == LARGE, "the large file")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)  # for another user
        image = servers.make_image(MAKE, folder / "site", {"page": b"a page\n", "large": LARGE}, folder / "site.img")
        says_what_cannot_be_had(image)
        knows_its_descriptors(image)
        knows_its_memory(image)


main()
