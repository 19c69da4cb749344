"""nginx beside docteur-cache: one server of a folder, in the foreground."""

import pathlib
import shutil
import subprocess
import tempfile

from ports import free_port
from programs import program
from waiting import wait_until

TYPES = {"text/html": "html", "text/plain": "txt", "text/css": "css", "text/javascript": "js"}


class Nginx:
    """`http`, `server`: more lines of these blocks. `listen`: more addresses."""

    def __init__(self, root, http="access_log off;", server="", listen=None):
        nginx = program("nginx")
        self.port = free_port()
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="docteur-nginx-"))
        work = self.work
        temporary = "".join(f"{kind}_temp_path {work}/{kind};" for kind in
                            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        types = "types {" + "".join(f"{t} {e};" for t, e in TYPES.items()) + "}"
        (work / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {work}/pid; error_log {work}/error.log;\n"
            "events { worker_connections 64; }\n"
            f"http {{ {temporary} {types} default_type application/octet-stream; absolute_redirect off; {http}\n"
            f"server {{ listen {listen or f'127.0.0.1:{self.port}'}; root {root}; {server} }} }}\n")
        self.process = subprocess.Popen([nginx, "-e", str(work / "error.log"), "-c", str(work / "nginx.conf")],
                                        stdin=subprocess.DEVNULL)
        wait_until(lambda: (work / "pid").exists() and (work / "pid").read_text() or self.process.poll() is not None,
                   "nginx does not start")
        assert self.process.poll() is None, (work / "error.log").read_text()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.work)
