"""Debian's docker-registry on loopback, with its own folder. A test that imports this is skipped where there is none."""

import contextlib
import socket
import subprocess

from fake_registry import ENVIRONMENT, expect
from ports import free_port
from programs import program
from waiting import wait_until

binary = program("docker-registry")


class Registry:
    def __init__(self, top, name, auth="", tls=""):
        self.folder = top / name
        self.folder.mkdir()
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        (self.folder / "conf").write_text(f"""version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {self.folder}/data}}}}
http: {{addr: "{self.host}"{tls}}}
{auth}
""")
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen([binary, "serve", self.folder / "conf"], env={**ENVIRONMENT, "HOME": str(top)},
                                        stdout=self.log, stderr=subprocess.STDOUT)

        def listens():
            expect(self.process.poll() is None, (self.folder / "log").read_text())
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
            return False
        wait_until(listens, "docker-registry does not begin")

    def name(self, rest="team/site:v1"):
        return f"oci://{self.host}/{rest}"

    def requests(self):
        """Method, path, status and bytes of the requests since the last call."""
        lines = [line.split('"') for line in (self.folder / "log").read_text().splitlines()
                 if line.startswith("127.0.0.1 ")]
        seen, self.seen = lines[getattr(self, "seen", 0):], len(lines)
        return [(line[1].split()[0], line[1].split()[1], *map(int, line[2].split())) for line in seen]

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


@contextlib.contextmanager
def serving(top, name, *how, **more):
    """A registry whose files are in the folder `name` of `top`, until the end of the block."""
    server = Registry(top, name, *how, **more)
    try:
        yield server
    finally:
        server.end()
