#!/usr/bin/env python3
"""libcurl is loaded for URLs only: no program needs it for an image in a file, and one line says where it is missing.
Skipped without root."""

import os
import subprocess
import tempfile
from pathlib import Path

from range_server import BIN, Ran, Server, expect, good, sample_image

from programs import OWN_MOUNTS, skip

image, files = sample_image()
for program in sorted(BIN.iterdir()):
    if program.name.startswith("docteur-") and os.access(program, os.X_OK) and program.suffix == "":
        needed = subprocess.run(["readelf", "-d", program], stdout=subprocess.PIPE, check=True, text=True, timeout=60).stdout
        expect("NEEDED" in needed and "libcurl" not in needed, f"{program.name} loads libcurl at once")

server = Server(image.read_bytes())
expect(good("cat", server.url, "dir/file7").out == files["dir/file7"], "wrong bytes by URL")

loaded = subprocess.run(["ldconfig", "-p"], stdout=subprocess.PIPE, check=True, text=True, timeout=60,
                        env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}).stdout
paths = [line.split("=> ")[1] for line in loaded.splitlines() if line.strip().startswith("libcurl.so.4 ")]
expect(paths, "no libcurl.so.4 here")
with tempfile.NamedTemporaryFile() as empty:
    hide = "; ".join(f"mount --bind {empty.name} {Path(path).resolve()}" for path in paths)

    def without(*words):
        return Ran([OWN_MOUNTS, "sh", "-ec", hide + '; exec "$@"', "sh", *words])

    if os.geteuid() != 0 or without("true").status != 0:
        skip("libcurl cannot be hidden here")
    done = without(BIN / "docteur-cat", image, "dir/file7")
    expect(done.status == 0 and done.out == files["dir/file7"], f"an image in a file needs libcurl: {done.shown}")
    for words in (("docteur-ls", server.url), ("docteur-fetch", server.url, image.with_name("copy")),
                  ("docteur-push", image, "oci://127.0.0.1:1/team/site:v1")):
        done = without(BIN / words[0], *words[1:])
        expect(done.status == 3 and "URLs need libcurl: " in done.said and done.said.count("\n") == 1, f"{words}: {done.status} {done.shown}")
