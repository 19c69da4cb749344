#!/usr/bin/env python3
"""A wire that loses frames: passes frames between two descriptors in both directions, and drops some of them.

Usage: lossy_wire.py DESCRIPTOR DESCRIPTOR LOSS SEED DELAY    (taps, or datagram sockets; LOSS in percent, drawn by SEED;
each frame is DELAY milliseconds on its way)
SIGUSR1 cuts it in one direction: nothing that comes from the first descriptor passes any more. Ends by SIGTERM, and says how
many frames it has seen and how many it has lost.
"""

import collections
import os
import random
import select
import signal
import sys
import time


def hand_over(end, frame):
    while True:
        try:
            os.write(end, frame)
            return
        except BlockingIOError:  # a queue is full: nothing is lost but what shall be
            select.select([], [end], [])
        except OSError:  # a device that is not up yet
            return


def frames(end):
    """The frames that can be read now, up to a limit."""
    for _ in range(64):
        try:
            yield os.read(end, 65536)
        except BlockingIOError:
            return


def main():
    one, other = int(sys.argv[1]), int(sys.argv[2])
    loss, dice, delay = float(sys.argv[3]) / 100, random.Random(int(sys.argv[4])), float(sys.argv[5]) / 1000
    passed = lost = 0
    cut = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGUSR1, lambda *_: cut.append(one))
    for end in (one, other):
        os.set_blocking(end, False)
    to = {one: other, other: one}
    under_way = collections.deque()  # (when it is to arrive, where, frame)
    try:
        while True:
            patience = max(0, under_way[0][0] - time.monotonic()) if under_way else None
            for source in select.select([one, other], [], [], patience)[0]:
                for frame in frames(source):
                    if dice.random() < loss or source in cut:
                        lost += 1
                        continue
                    passed += 1
                    if delay:
                        under_way.append((time.monotonic() + delay, to[source], frame))
                    else:
                        hand_over(to[source], frame)
            while under_way and under_way[0][0] <= time.monotonic():
                hand_over(*under_way.popleft()[1:])
    finally:
        print(f"{passed} frames passed, {lost} lost", flush=True)


main()
