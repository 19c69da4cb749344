#!/usr/bin/env python3
"""The guest on a disk that answers when the test lets it: several reads are in flight, and whoever waits delays nobody.

Usage: slow_disk_test.py ELF DOCTEUR_MAKE
nbdkit is the disk. Its reads wait as long as a file exists.
"""

import concurrent.futures
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from waiting import PATIENCE, expect, wait_until

ELF, MAKE = sys.argv[1:3]
COLD = 24
READ = """
echo >>$folder/asked
while [ -e $folder/closed ]; do sleep 0.02; done
dd if=$folder/the.img iflag=skip_bytes,count_bytes bs=65536 skip=$4 count=$3 2>$folder/dd
"""

if shutil.which("nbdkit") is None or subprocess.run(["nbdkit", "eval", "--dump-plugin"], capture_output=True).returncode != 0:
    print("needs nbdkit with its eval plugin")
    sys.exit(77)


def cold_name(i):
    return f"cold{i:02}"


def main(folder):
    dice = random.Random(1)
    files = {"hot": b"hot"} | {cold_name(i): dice.randbytes(100_000) for i in range(COLD)}
    servers.make_image(MAKE, folder / "store", files, folder / "the.img")
    closed, asked, socket = folder / "closed", folder / "asked", folder / "nbd"
    asked.touch()
    disk = subprocess.Popen(["nbdkit", "--foreground", "--readonly", "--unix", str(socket), "eval",
                             f"get_size=stat -c %s {folder}/the.img", "thread_model=echo parallel",
                             f"pread=folder={folder}; {READ}"], stdin=subprocess.DEVNULL)
    try:
        wait_until(socket.exists, "nbdkit does not listen")
        drive = f"file.driver=nbd,file.server.type=unix,file.server.path={socket},format=raw,readonly=on"
        with servers.Guest(ELF, "q35", drive=drive, words=("ip=10.0.2.15/24", "shell=23")) as guest:
            expect(guest.get("/hot") == (200, files["hot"]), "the hot file")
            closed.touch()
            before = asked.stat().st_size
            with concurrent.futures.ThreadPoolExecutor(COLD) as pool:
                cold = {name: pool.submit(guest.get, "/" + name) for name in files if name != "hot"}
                wait_until(lambda: asked.stat().st_size >= before + 4, "fewer than 4 reads are in flight")
                for _ in range(30):
                    expect(guest.get("/hot") == (200, files["hot"]), "the hot file, while others wait")
                expect(sum(c.done() for c in cold.values()) < COLD / 2, "nobody waited")
                closed.unlink()
                for name, answer in cold.items():
                    expect(answer.result(PATIENCE) == (200, files[name]), f"{name}: not its content")
            metrics = guest.get("/.docteur/metrics")[1].decode()
            waits = int(next(line.split()[1] for line in metrics.splitlines() if line.startswith("docteur_disk_waits_total")))
            expect(waits >= COLD / 2, f"{waits} waits")
            guest.type("halt\n")
            guest.ends_with(0)
    finally:
        closed.unlink(missing_ok=True)
        disk.terminate()
        disk.wait(PATIENCE)


with tempfile.TemporaryDirectory() as top:
    main(pathlib.Path(top))
