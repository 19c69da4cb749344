#!/usr/bin/env python3
"""An image in Debian's docker-registry, read by docteur-mount, docteur-extract and nbdkit with our plugin, as people do.
Another digest than the one that is demanded is refused by each. Usage: readers_test.py BIN PLUGIN"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import real_registry
from fake_registry import BIN, ENVIRONMENT, expect, good, refused, sample_image
from programs import is_sanitized
from waiting import PATIENCE, listens, wait_until

PLUGIN = Path(sys.argv[2]).resolve()
NOTHING = "0" * 64
image, files = sample_image(3 << 20)
data = image.read_bytes()
top = image.parent
digest = json.loads(good("verify", "--json", image).out)["digest"]
wrong = "sha256:" + NOTHING


def same_files(folder):
    seen = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and not p.is_symlink()}
    expect({name: content for name, content in seen.items() if name in files} == files, f"other files: {sorted(seen)}")


def extracted(name, pinned):
    for words in ([name], ["--digest", digest, name], [pinned], ["--git", name]):
        folder = top / "extracted"
        good("extract", "-q", *words, folder)
        if "--git" in words:
            done = subprocess.run(["git", "-C", folder, "fsck", "--strict"], capture_output=True, env=ENVIRONMENT)
            expect(done.returncode == 0, done.stderr)
        same_files(folder)
        shutil.rmtree(folder)
    refused(1, wrong, "extract", "--digest", wrong, name, top / "extracted")
    refused(3, "status 404", "extract", name.rsplit(":", 1)[0] + "@" + wrong, top / "extracted")
    expect(not (top / "extracted").exists(), "a folder of a refused image")


def mounted(name, pinned):
    if not os.access("/dev/fuse", os.R_OK | os.W_OK) or os.geteuid() != 0:
        print("docteur-mount: left out, nothing can be mounted")
        return
    folder = top / "mounted"
    folder.mkdir()
    for words in ([name], ["--digest", digest, name], [pinned]):
        server = subprocess.Popen([BIN / "docteur-mount", "-f", *words, folder], env=ENVIRONMENT)
        try:
            wait_until(lambda: os.path.ismount(folder) or server.poll() is not None, "does not mount")
            expect(server.poll() is None, "docteur-mount ended")
            same_files(folder)
        finally:
            server.send_signal(signal.SIGTERM)
            expect(server.wait(PATIENCE) == 0, "docteur-mount fails")
    refused(1, wrong, "mount", "-f", "--digest", wrong, name, folder)
    refused(3, "status 404", "mount", "-f", name.rsplit(":", 1)[0] + "@" + wrong, folder)
    expect(not os.path.ismount(folder) and not list(folder.iterdir()), "a refused image is mounted")


@contextlib.contextmanager
def exported(*words):
    """nbdkit and its socket; what it said is in top / "said"."""
    socket = top / "nbd"
    with (top / "said").open("wb") as said:
        nbdkit = subprocess.Popen(["nbdkit", "--foreground", "--unix", socket, PLUGIN, *words], env=ENVIRONMENT,
                                  stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        end = time.monotonic() + PATIENCE
        while not listens(socket) and nbdkit.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        try:
            yield nbdkit, f"nbd+unix:///?socket={socket}"
        finally:
            if nbdkit.poll() is None:
                nbdkit.send_signal(signal.SIGTERM)
            nbdkit.wait(PATIENCE)
            socket.unlink(missing_ok=True)


def on_nbd(name, pinned):
    if shutil.which("nbdkit") is None or shutil.which("nbdcopy") is None or is_sanitized(PLUGIN):
        print("nbdkit: left out")
        return
    for words in ([name], [name, f"digest={digest}"], [pinned]):
        with exported(*words) as (_, uri):
            done = subprocess.run(["nbdcopy", uri, "-"], capture_output=True, env=ENVIRONMENT, timeout=PATIENCE)
            expect(done.stdout == data, f"other bytes: {done.stderr} {(top / 'said').read_text()}")
    for words, why in (([name, f"digest={wrong}"], wrong), ([name.rsplit(":", 1)[0] + "@" + wrong], "status 404")):
        with exported(*words) as (nbdkit, _):
            status = nbdkit.wait(PATIENCE)
        text = (top / "said").read_text()
        expect(status != 0 and why in text, f"status {status}: {text}")


with real_registry.serving(top, "registry") as registry:
    the_name = registry.name()
    pushed = json.loads(good("push", "--json", image, the_name).out)
    for check in (extracted, mounted, on_nbd):
        check(the_name, pushed["name"])
