"""TCP ports of loopback for servers whose port must be given."""

import fcntl
import os
import pathlib
import random
import socket
import tempfile

# Below the ports that the kernel gives to connections (ip_local_port_range), any of which may be in use at any time.
FIRST, LAST = 12000, 32000
taken = []  # open lock files: a port stays this process's until it ends


def free_port():
    """A port that nothing listens on, and that no other test gets while this process lives."""
    folder = pathlib.Path(tempfile.gettempdir()) / f"docteur-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for _ in range(1000):
        port = random.randrange(FIRST, LAST)
        lock = open(folder / str(port), "wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as s:
                s.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        taken.append(lock)
        return port
    raise RuntimeError("no port is free")
