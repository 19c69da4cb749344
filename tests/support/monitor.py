"""QEMU's monitor, on a socket in the file system."""

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
