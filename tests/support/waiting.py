"""Conditions that must be true, now or after a while."""

import pathlib
import sys
import time

PATIENCE = 120  # seconds; only bounds a failure


def expect(what, why):
    if not what:
        sys.exit(why)


def listens(path):
    """Whether a program accepts connections at a socket of the file system. It is there before that: bind() makes it."""
    accepts = "00010000"  # __SO_ACCEPTCON
    sockets = [line.split(None, 7) for line in pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]]
    return any(s[3] == accepts and s[-1] == str(path) for s in sockets)


def wait_until(what, why):
    """`why`: the failure's message, or a function that returns it."""
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end:
            sys.exit(why() if callable(why) else why)
        time.sleep(0.02)
