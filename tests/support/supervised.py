"""docteur-cache, started as shells and supervisors do; the tests' first argument is the program."""

import http.client
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import servers
from ports import free_port
from waiting import PATIENCE, expect, wait_until

CACHE = sys.argv[1]


def answers(port, path="/page"):
    """The body, or nothing if there is no answer."""
    try:
        status, _, body = servers.fetch(port, path, timeout=PATIENCE)
        return body if status == 200 else b"status %d" % status
    except (OSError, http.client.HTTPException):
        return None


def state(pid):
    """The process's state, a letter (proc(5)); Z also if there is no such process."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


def is_stopped(pid):
    return state(pid) == "T"


class Serving:
    """A server without a terminal. Its messages are collected, unless `log` is a descriptor for them."""

    def __init__(self, image, *options, log=None, preparation=None, wrapper=()):
        self.port = free_port()
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen([*wrapper, CACHE, str(image), "--listen", f"127.0.0.1:{self.port}", *options],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.said if log is None else log, preexec_fn=preparation)
        wait_until(lambda: answers(self.port) is not None or self.process.poll() is not None, "does not answer")
        expect(self.process.poll() is None, f"ended by itself: {self.log()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def log(self):
        return os.pread(self.said.fileno(), 1 << 20, 0).decode()

    def says(self, pattern):
        wait_until(lambda: re.search(pattern, self.log()), lambda: f"not {pattern} in {self.log()!r}")

    def signal(self, which):
        self.process.send_signal(which)

    def ends_with(self, status):
        got = self.process.wait(PATIENCE)
        expect(got == status, f"status {got}, not {status}: {self.log()}")
