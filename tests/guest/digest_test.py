#!/usr/bin/env python3
"""The guest with digest=: no other image is served, and no block that is not the image's. Usage: digest_test.py ELF DOCTEUR_MAKE"""

import http.client
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from waiting import expect

ELF, MAKE = sys.argv[1:3]


def words(digest):
    return ["ip=10.0.2.15/24", "shell=23", f"digest={digest}"]


def main(work):
    files = {name: random.Random(name).randbytes(400_000) for name in ("a", "b")}
    image = servers.make_image(MAKE, work / "site", files, work / "disk.img")
    verify = pathlib.Path(MAKE).parent / "docteur-verify"
    said = subprocess.run([verify, image], check=True, capture_output=True, timeout=120).stdout.decode()
    digest = "sha256:" + said.split("sha256:")[1].split()[0]
    with servers.Guest(ELF, "microvm", [image], words("sha256:" + "0" * 64)) as guest:
        guest.waits_for(rb"another image: its digest is " + digest.encode())
    with servers.Guest(ELF, "microvm", [image], words("sha256:12")) as guest:
        guest.waits_for(rb"bad value: digest=sha256:12")
    damaged = work / "damaged.img"
    shutil.copy(image, damaged)
    with open(damaged, "r+b") as f:
        f.seek(700_000)
        byte = f.read(1)[0]
        f.seek(700_000)
        f.write(bytes([byte ^ 1]))
    with servers.Guest(ELF, "microvm", [damaged, image], words(digest)) as guest:
        expect(guest.get("/a") == (200, files["a"]), "a file whose blocks are good")
        expect(guest.status()["image"]["digest"] == digest, f"the status: {guest.status()}")
        try:
            expect(servers.fetch(guest.port, "/b")[0] != 200, "a damaged block was served")
        except http.client.HTTPException:
            pass  # cut off
        with guest.shell() as run:
            expect("mounted" in run("mount 1"), "the good image is not mounted")
        expect(guest.get("/b") == (200, files["b"]), "the good image")


with tempfile.TemporaryDirectory() as top:
    main(pathlib.Path(top))
