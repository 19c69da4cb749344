#!/usr/bin/env python3
"""An image as a network block device: nbdkit with our plugin, from a file and from a web server, read by nbdcopy and by the
guest in QEMU. Usage: plugin_test.py BIN PLUGIN ELF, which is `none` where there is no guest."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

for folder in ("remote", "support"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / folder))

from programs import is_sanitized  # noqa: E402
from range_server import ENVIRONMENT, PATIENCE, Server, check, expect, good, replies, run_checks, sample_image  # noqa: E402
from waiting import listens  # noqa: E402

PLUGIN, ELF = sys.argv[2:4]
for tool in ("nbdkit", "nbdcopy", "nbdinfo"):
    if shutil.which(tool) is None:
        print(f"no {tool}")
        sys.exit(77)
if is_sanitized(PLUGIN):
    print("nbdkit itself is not built with AddressSanitizer")
    sys.exit(77)

image, files = sample_image()
data = image.read_bytes()
digest = json.loads(good("verify", "--json", image).out)["digest"]
server = Server(data)
folder = image.parent / "kept"
SMALL = "dir/file7"


class Exported:
    """nbdkit in the foreground, with `words` for the plugin."""

    def __init__(self, *words):
        self.socket = image.parent / "nbd"
        self.said = (image.parent / "said").open("w+b")
        self.command = ["nbdkit", "--foreground", "--unix", self.socket, PLUGIN, *words]
        self.process = subprocess.Popen([str(c) for c in self.command], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                                        stdout=self.said, stderr=self.said)
        end = time.monotonic() + PATIENCE
        while not listens(self.socket) and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)

    def __enter__(self):
        # The socket is there before the image is open.
        done = self.run("nbdinfo", "--size", self.uri)
        expect(done.returncode == 0, f"nbdkit does not serve: {done.stderr.decode()} {self.words()}")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        with contextlib.suppress(FileNotFoundError):
            self.socket.unlink()
        expect(status == 0, f"nbdkit ends with {status}: {self.words()}")

    def words(self):
        self.said.seek(0)
        return self.said.read().decode(errors="replace")

    def run(self, *command):
        return subprocess.run([*map(str, command)], capture_output=True, env=ENVIRONMENT, timeout=PATIENCE)

    @property
    def uri(self):
        return f"nbd+unix:///?socket={self.socket}"

    def copy(self, *options):
        done = self.run("nbdcopy", *options, self.uri, "-")
        expect(done.returncode == 0, f"nbdcopy: {done.stderr.decode()} {self.words()}")
        return done.stdout


def refused(words, *parameters):
    exported = Exported(*parameters)
    status = exported.process.wait(PATIENCE)
    with contextlib.suppress(FileNotFoundError):
        exported.socket.unlink()
    expect(status != 0 and words in exported.words(), f"status {status}, no word of {words!r}: {exported.words()}")


@check
def a_file():
    for words in ([image], [f"image={image}", f"digest={digest}"]):
        with Exported(*words) as e:
            expect(e.copy() == data, "other bytes")
            info = json.loads(e.run("nbdinfo", "--json", "--no-content", e.uri).stdout)["exports"][0]
            expect(info["export-size"] == len(data) and info["is_read_only"] and info["can_multi_conn"], f"{info}")


@check
def a_url():
    shutil.rmtree(folder, ignore_errors=True)
    with Exported(f"image={server.url}", f"cache={folder}", f"digest={digest}") as e:
        expect(e.copy("--connections=4") == data, "other bytes")
    expect(server.sent <= 1.1 * len(data), f"{server.sent} bytes of an image of {len(data)}")
    server.reset(lambda r: r.close() or True)
    with Exported(f"image={server.url}", f"cache={folder}") as e:
        expect(e.copy() == data, "other bytes without the server")


@check
def faults_pass():
    with Exported(server.url, "no-cache=true", "retries=0") as e:
        server.reset(replies(503))
        done = e.run("nbdcopy", e.uri, "-")
        expect(done.returncode != 0, "bytes from nowhere")
        expect("503" in e.words(), f"no reason: {e.words()}")
        server.reset()
        expect(e.copy() == data, "other bytes when it is back")


@check
def another_block():
    damaged = image.parent / "damaged.img"
    content = bytearray(data)
    content[len(data) // 2] ^= 1
    damaged.write_bytes(content)
    with Exported(damaged, f"digest={digest}") as e:
        done = e.run("nbdcopy", e.uri, "-")
        expect(done.returncode != 0, "a block that differs was given")
        done = e.run("nbdinfo", "--size", e.uri)
        expect(int(done.stdout) == len(data), "it ends with the first fault")


@check
def wrong_words():
    refused("image=FILE-OR-URL is missing")
    refused("digest", image, "digest=sha256:12")
    refused(digest, image, "digest=sha256:" + "0" * 64)
    refused("unknown parameter: size", image, "size=7")
    refused("connections: not from 1 to 64", image, "connections=65")
    server.reset(replies(404))
    refused("404", server.url.replace("//", "//jane:s3cr3t@"), "no-cache=true")
    said = (image.parent / "said").read_text()
    expect("s3cr3t" not in said, f"a password in a message: {said}")


@check
def a_guest():
    if ELF == "none" or shutil.which("qemu-system-x86_64") is None:
        print("no guest here")
        return
    import servers
    shutil.rmtree(folder, ignore_errors=True)
    with Exported(server.url, f"cache={folder}", f"digest={digest}") as e:
        drive = f"file.driver=nbd,file.server.type=unix,file.server.path={e.socket},format=raw,readonly=on"
        with servers.Guest(ELF, "q35", drive=drive) as guest:
            for path in (SMALL, "large"):
                status, body = guest.get("/" + path)
                expect(status == 200 and body == files[path], f"{path}: {status}, {len(body)} bytes")
            guest.type("halt\n")
            guest.ends_with(0)


run_checks(server)
