"""Servers for tests: docteur-cache as a process of this machine, or docteur-cache.elf in QEMU; and requests to them.

Both are context managers that end what they started, and are used alike: get(), type() on the console, shell() over TCP,
ends_with(). Software emulation and loopback only.
"""

import contextlib
import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import time

from ports import free_port

PATIENCE = 120  # seconds for the first answer, or for an end, on a busy machine
FAILED = 3  # status of a guest that ended with a failure (isa-debug-exit with 1), and of a process

MACHINES = {
    "q35": (["-M", "q35"], "pci"),
    "microvm": (["-M", "microvm"], "device"),
    "microvm-noacpi": (["-M", "microvm,acpi=off"], "device"),
    "microvm-nopit": (["-M", "microvm,pit=off"], "device"),
    "microvm-modern": (["-M", "microvm", "-global", "virtio-mmio.force-legacy=false"], "device"),
}


def fetch(port, path, headers=None, timeout=PATIENCE, host="127.0.0.1"):
    """The (status, fields, body) of one GET on its own connection."""
    with contextlib.closing(http.client.HTTPConnection(host, port, timeout=timeout)) as c:
        c.request("GET", path, headers=headers or {})
        answer = c.getresponse()
        return answer.status, answer.headers, answer.read()


def make_image(make, folder, files, image, *options):
    """An image of `files` ({path: content}), which are written to `folder` first. `options`: of docteur-make."""
    for path, content in files.items():
        at = folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(content)
    subprocess.run([make, "-q", "-d", "2024-01-01T00:00:00Z", *options, str(folder), str(image)], check=True, timeout=120)
    return image


class Server:
    """Common to both servers. `port`: HTTP; `ports`: the same service, for clients that must not affect one another."""

    def __init__(self, command, ports, shell_port, host="127.0.0.1", pass_fds=()):
        self.host, self.ports, self.port, self.shell_port = host, ports, ports[0], shell_port
        self.said = b""
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=pass_fds)
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self):
        while piece := self.process.stdout.read1():
            self.said += piece

    def __enter__(self):
        return self

    def __exit__(self, why, *_):
        self.process.kill()
        self.process.wait()
        self.listener.join(5)
        if why is not None:
            print(f"it said {self.said[-4000:].decode(errors='replace')}", file=sys.stderr)

    def get(self, path, patience=PATIENCE):
        """(status, body); repeats the request until there is an answer."""
        end = time.monotonic() + patience
        while True:
            try:
                status, _, body = fetch(self.port, path, timeout=10, host=self.host)
                return status, body
            except (OSError, http.client.HTTPException) as why:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise AssertionError(f"GET {path}: {why!r}; it said {self.said!r}") from why
            time.sleep(0.02)

    def status(self):
        code, body = self.get("/.docteur/status")
        assert code == 200, code
        return json.loads(body)

    def type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    @contextlib.contextmanager
    def shell(self):
        """A function that runs one command in a session over TCP and returns what it printed."""
        with socket.create_connection((self.host, self.shell_port), timeout=PATIENCE) as s:
            def until_prompt():
                text = b""
                while not text.endswith(b"> "):
                    piece = s.recv(4096)
                    assert piece, f"the shell ended after {text!r}"
                    text += piece
                return text.decode()

            def run(command):
                s.sendall(command.encode() + b"\n")
                return until_prompt()

            until_prompt()
            yield run

    def waits_for(self, pattern):
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.said):
            assert time.monotonic() < end and self.process.poll() is None, f"not {pattern} in {self.said!r}"
            time.sleep(0.02)

    def ends_with(self, status, pattern=None):
        got = self.process.wait(PATIENCE)
        self.listener.join(5)
        assert got == status, f"exit status {got}, not {status}; it said {self.said!r}"
        assert pattern is None or re.search(pattern, self.said), f"not {pattern} in {self.said!r}"


class Process(Server):
    def __init__(self, program, images, words=()):
        """`words`: as on a guest's command line, "time-out=2", "listing"."""
        port, shell_port = free_port(), free_port()
        options = [f"--{word}" for word in words]
        super().__init__([program, *map(str, images), "--listen", f"127.0.0.1:{port}", "--shell",
                          f"127.0.0.1:{shell_port}", "--console", *options], [port, port], shell_port)


class Guest(Server):
    def __init__(self, elf, machine, images=(), words=("ip=10.0.2.15/24",), memory=64, module=None, drive=None, sector=512, qemu=()):
        """`drive`: QEMU's options for a disk that is not just a file. `sector`: bytes of a disk's sector. `qemu`: more options."""
        ports, shell_port = [free_port(), free_port()], free_port()
        options, bus = MACHINES[machine]
        drives = [f"if=none,id=d{i},file={image},format=raw,readonly=on" for i, image in enumerate(images)]
        if drive:
            drives.append(f"if=none,id=d{len(drives)},{drive}")
        command = ["qemu-system-x86_64", "-accel", "tcg", "-m", str(memory), "-nodefaults", "-no-user-config", "-display",
                   "none", "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit", *options, "-kernel", elf,
                   "-append", " ".join(words), "-netdev", "user,id=n0" + "".join(
                       f",hostfwd=tcp:127.0.0.1:{outside}-:{inside}"
                       for outside, inside in [(ports[0], 80), (ports[1], 80), (shell_port, 23)]),
                   "-device", f"virtio-net-{bus},netdev=n0"]
        for i, text in enumerate(drives):
            command += ["-drive", text, "-device", f"virtio-blk-{bus},drive=d{i},logical_block_size={sector},physical_block_size={sector}"]
        if module:
            command += ["-initrd", str(module)]
        super().__init__([*command, *qemu], ports, shell_port)


def serve(program, images, words=()):
    """A guest with 64 MiB if `program` is one, else a process; with a shell."""
    if str(program).endswith(".elf"):
        return Guest(program, "microvm", images, ("ip=10.0.2.15/24", "shell=23", *words))
    return Process(program, images, words)
