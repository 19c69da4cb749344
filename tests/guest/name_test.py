#!/usr/bin/env python3
"""The name of docteur-cache.elf: what the DHCP server learns (dnsmasq).

Usage: name_test.py ELF DOCTEUR_MAKE CHECK    (each function below whose name CHECK is)
Runs in a network namespace of its own. Exit status 77 if this machine has none.
"""

import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import router
import servers
import wire

ELF, MAKE, CHECK = sys.argv[1:4]
FILES = {"page": b"a page\n" * 300}


def name(image, folder):
    """The DHCP server learns the guest's name, which the guest's own pages answer to."""
    with wire.Guest(ELF, image, ["name=Site-7"], addresses=()) as guest, \
            router.Dnsmasq(folder, f"--dhcp-range={wire.FAR},{wire.FAR},255.255.0.0") as server:
        assert guest.get("/page") == (200, FILES["page"])
        lease = server.leases.read_text().split()
        assert lease[2:4] == [wire.FAR, "Site-7"], lease
        for host, status in (("site-7", 200), ("SITE-7.local", 200), ("site-7.example", 421)):
            assert servers.fetch(80, "/.docteur/status", {"Host": host}, host=wire.FAR)[0] == status, host
    with wire.Guest(ELF, image, ["name=-x"]) as guest:
        guest.ends_with(servers.FAILED, rb"failure: name=-x: not a name of ")


def main():
    wire.enter()
    for program in ("dnsmasq",):
        if not shutil.which(program):
            print(f"no {program} here")
            sys.exit(wire.SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        image = servers.make_image(MAKE, folder / "site", FILES, folder / "disk.img")
        globals()[CHECK](image, folder)


main()
