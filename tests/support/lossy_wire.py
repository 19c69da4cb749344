#!/usr/bin/env python3
"""A wire that loses frames: hands what it reads from one descriptor to the other, both ways, but some.

Usage: lossy_wire.py DESCRIPTOR DESCRIPTOR LOSS SEED    (taps, or datagram sockets; LOSS in percent, drawn by SEED)
Ends by SIGTERM, and says how many frames it has seen and how many it has lost.
"""

import os
import random
import select
import signal
import sys


def hand_over(end, frame):
    while True:
        try:
            os.write(end, frame)
            return
        except BlockingIOError:  # a queue is full: nothing is lost but what shall be
            select.select([], [end], [])
        except OSError:  # a device that is not up yet
            return


def main():
    one, other = int(sys.argv[1]), int(sys.argv[2])
    loss, dice = float(sys.argv[3]) / 100, random.Random(int(sys.argv[4]))
    passed = lost = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for end in (one, other):
        os.set_blocking(end, False)
    to = {one: other, other: one}
    try:
        while True:
            for source in select.select([one, other], [], [])[0]:
                for _ in range(64):
                    try:
                        frame = os.read(source, 65536)
                    except BlockingIOError:
                        break
                    if dice.random() < loss:
                        lost += 1
                        continue
                    passed += 1
                    hand_over(to[source], frame)
    finally:
        print(f"{passed} frames passed, {lost} lost", flush=True)


main()
