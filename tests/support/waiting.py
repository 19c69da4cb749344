"""Conditions that must be true, now or after a while."""

import sys
import time

PATIENCE = 120  # seconds; only bounds a failure


def expect(what, why):
    if not what:
        sys.exit(why)


def wait_until(what, why):
    """`why`: the failure's message, or a function that returns it."""
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end:
            sys.exit(why() if callable(why) else why)
        time.sleep(0.02)
