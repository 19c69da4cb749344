#!/usr/bin/env python3
"""The clock of docteur-cache.elf: right after a pause and after a restore, and about right without a timer chip.

Usage: clock_test.py ELF DOCTEUR_MAKE
"""

import email.utils
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import monitor
import servers

ELF, MAKE = sys.argv[1:3]
GONE = 6  # seconds that the guest does not see
EXACT = 2  # seconds that its date may be wrong


def lateness(guest):
    """Seconds between the guest's date and ours."""
    date = servers.fetch(guest.port, "/page")[1]["Date"]
    return time.time() - email.utils.parsedate_to_datetime(date).timestamp()


def is_right(guest):
    """Soon, since a stopped guest must first run again. A guest that relies on its counter would stay late for ever."""
    for _ in range(50):
        if abs(late := lateness(guest)) <= EXACT:
            return
        time.sleep(0.1)
    raise AssertionError(f"{late:.1f} s late")


def is_right_after_a_pause(image, folder):
    for machine in ("microvm", "q35"):
        at_monitor = folder / f"monitor-{machine}"
        with servers.Guest(ELF, machine, images=[image], qemu=monitor.options(at_monitor)) as guest:
            guest.get("/page")
            is_right(guest)
            monitor.tell(at_monitor, "stop")
            time.sleep(GONE)
            monitor.tell(at_monitor, "cont")
            is_right(guest)


def is_right_after_a_restore(image, folder):
    at_monitor, state = folder / "monitor", folder / "state"
    with servers.Guest(ELF, "q35", images=[image], qemu=monitor.options(at_monitor)) as guest:
        guest.get("/page")
        monitor.tell(at_monitor, "stop")
        monitor.tell(at_monitor, f'migrate "exec:cat >{state}"')
        assert "completed" in monitor.tell(at_monitor, "info migrate")
    time.sleep(GONE)
    with servers.Guest(ELF, "q35", images=[image], qemu=["-incoming", f"exec:cat {state}", *monitor.options(at_monitor)]) as guest:
        while "paused (inmigrate)" in monitor.tell(at_monitor, "info status"):
            time.sleep(0.05)
        monitor.tell(at_monitor, "cont")
        guest.get("/page")
        is_right(guest)


def is_as_quick_as_ours(image, _):
    """Without the interval timer the time stamp counter is measured with the real-time clock, not guessed."""
    for machine in ("microvm", "microvm-nopit"):
        with servers.Guest(ELF, machine, images=[image]) as guest:
            guest.get("/page")
            begin, up = time.monotonic(), guest.status()["uptime_ms"] / 1000
            time.sleep(5)
            took, went = time.monotonic() - begin, guest.status()["uptime_ms"] / 1000 - up
            print(f"{machine}: {went:.3f} s in {took:.3f} s")
            assert 0.85 < went / took < 1.15, f"{machine}: {went:.3f} s in {took:.3f} s"


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        image = servers.make_image(MAKE, folder / "site", {"page": b"a page\n"}, folder / "disk.img")
        for check in (is_as_quick_as_ours, is_right_after_a_pause, is_right_after_a_restore):
            check(image, folder)
            print(check.__name__.replace("_", " "), flush=True)


main()
