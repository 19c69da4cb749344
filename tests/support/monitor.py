"""QEMU's monitor, on a socket in the file system."""

import json
import socket
import time

import servers

PROMPT = b"(qemu) "


def options(path):
    """QEMU's options for a monitor at `path`."""
    return ["-chardev", f"socket,id=monitor,path={path},server=on,wait=off", "-mon", "chardev=monitor"]


def connected(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(servers.PATIENCE)
    end = time.monotonic() + servers.PATIENCE
    while True:
        try:
            s.connect(str(path))
            return s
        except OSError:
            assert time.monotonic() < end, path
            time.sleep(0.02)


def tell(path, command):
    """The monitor's answer."""
    def until_prompt(s):
        said = b""
        while not said.endswith(PROMPT):
            piece = s.recv(65536)
            assert piece, f"the monitor ended after {said!r}"
            said += piece
        return said.decode()

    with connected(path) as s:
        until_prompt(s)
        s.sendall(command.encode() + b"\n")
        return until_prompt(s)


class Qmp:
    """QEMU's monitor for programs, at `path`: a function of a command and its arguments."""

    def __init__(self, path):
        self.stream = connected(path).makefile("rw")
        self.answer()  # the greeting
        self("qmp_capabilities")

    def answer(self):
        while "event" in (said := json.loads(self.stream.readline())):
            pass
        return said

    def __call__(self, command, **arguments):
        self.stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.stream.flush()
        said = self.answer()
        assert "return" in said, f"{command} {arguments}: {said}"
        return said["return"]
