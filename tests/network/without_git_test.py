#!/usr/bin/env python3
"""Where there is no program git, libgit2 fetches: the same images, references, refusals and time limits, by http and git."""

import os
import threading
import time
from pathlib import Path
from urllib.parse import quote

from network import PATIENCE, SITES, Run, alone, expect, git, made, refused, repository, run
from odd_servers import Forwarder, Server
from real_servers import Ssh, Web, git_daemon

site = repository("site.git")
run("git", "init", "-q", "--bare", "-b", "main", SITES / "empty.git")
old = git(site, "rev-parse", "old")
web, daemon = Web(), git_daemon()
expected = made(site)
NAMES = ("old", "v1", "v1-again", "refs/tags/light", old)
locally = {name: made(site, "-b", name) for name in NAMES}

for place in (f"http://127.0.0.1:{web.port}/git/site.git", f"git://127.0.0.1:{daemon}/site.git",
              f"http://127.0.0.1:{web.port}/moved/site.git"):
    expect(made(place, environment=alone) == expected, f"another image from {place}")
    for name in NAMES:
        expect(made(place, "-b", name, environment=alone) == locally[name], f"{place} -b {name}: another image")
    refused(1, "nowhere: no such branch or tag", place, "-b", "nowhere", environment=alone)
    refused(1, [f"{old[:7]}: no such branch or tag", "all digits"], place, "-b", old[:7], environment=alone)
    refused(1, "does not serve commits by id", place, "-b", "1" * 40, environment=alone)
    refused(2, "HEAD~1", place, "-b", "HEAD~1", environment=alone)
refused(1, "its HEAD points to no commit", f"git://127.0.0.1:{daemon}/empty.git", environment=alone)
refused(3, "404", f"http://127.0.0.1:{web.port}/git/none.git", environment=alone)
refused(3, "", "git://127.0.0.1:1/none.git", environment=alone)
# libgit2 reads no ids of SHA-256.
run("git", "init", "-q", "--bare", "-b", "main", "--object-format=sha256", SITES / "long.git")
git(SITES / "long.git", "fast-import", "--quiet", stdin=b"commit refs/heads/main\ncommitter C <c> 1 +0000\ndata 0\n")
for place in (f"http://127.0.0.1:{web.port}/git/long.git", f"git://127.0.0.1:{daemon}/long.git"):
    refused(3, "SHA-256 ids needs the program git in PATH", place, environment=alone)

private = f"127.0.0.1:{web.port}/private/site.git"
user, password = quote(web.user, safe=""), quote(web.password, safe="")
expect(made(f"http://{user}:{password}@{private}", environment=alone) == expected, "with a password in the URL")
refused(3, "does not accept", f"http://{user}:wrong-one@{private}", environment=alone, secrets=["wrong-one"])
refused(3, "wants a user name", f"http://{private}", environment=alone)
refused(3, "certificate", f"https://127.0.0.1:{web.tls}/git/site.git", environment=alone)

# ssh: a host whose key nobody knows is refused before any key of ours is offered (CVE-2023-22742).
ssh = Ssh()
refused(3, "hostkey", f"ssh://{ssh.user}@127.0.0.1:{ssh.port}{site}", environment=alone)

# It cannot be stopped from inside: it is a process of its own, and it is ended.
silent = Server(lambda connection: connection.recv(65536) and connection.recv(65536) and connection.recv(65536))
refused(3, "nothing came for 2 seconds", f"git://127.0.0.1:{silent.port}/site.git", "--timeout=2", environment=alone)


def cut(data, at):
    if at + len(data) > 5000:
        raise EOFError
    return data


refused(3, "", f"git://127.0.0.1:{Forwarder(daemon, cut, piece=1000).port}/site.git", environment=alone)


# libgit2's process is a copy of one that never had threads, so no lock of theirs is closed in it. docteur-make itself
# has some by the time that a submodule is fetched.
def words_of(pid):
    """Of /proc/PID/status: the parent, the number of threads, and what it is."""
    lines = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    return int(lines["PPid"]), int(lines["Threads"])


asked = threading.Event()


def silent_for_now(connection):
    asked.set()
    time.sleep(PATIENCE)


inner = Server(silent_for_now)
first = git(site, "rev-parse", "main")
words = f'[submodule "x"]\n\tpath = x\n\turl = git://127.0.0.1:{inner.port}/x.git\n'.encode()
many = b"".join(b"M 100644 inline many/%d\ndata 6\n%06d\n" % (i, i) for i in range(3000))
run("git", "init", "-q", "--bare", "-b", "main", SITES / "outer.git")
git(SITES / "outer.git", "fast-import", "--quiet", stdin=b"commit refs/heads/main\ncommitter C <c> 1 +0000\ndata 0\n"
    b"M 100644 inline .gitmodules\ndata %d\n%s\n%sM 160000 %s x\n" % (len(words), words, many, first.encode()))
begun = Run(f"git://127.0.0.1:{daemon}/outer.git", "--submodules", "--threads=4", environment=alone, wait=False)
expect(asked.wait(PATIENCE), "nobody came for the submodule")
family = {int(pid): words_of(pid) for pid in begun.processes()}
expect(len(family) == 3, f"not three processes: {family}")
make = begun.process.pid
server = next(pid for pid, (parent, _) in family.items() if parent == make)
fetcher = next(pid for pid in family if pid not in (make, server))
expect(family[make][1] > 1, f"docteur-make has no threads yet: the test is none: {family}")
expect(family[fetcher] == (server, 1) and family[server] == (make, 1), f"copied off what has threads: {make}: {family}")
expect(os.getsid(server) != os.getsid(make) and os.getsid(fetcher) == fetcher, "a terminal's signals reach them")
for pid in (server, fetcher):
    open_files = {os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{pid}/fd")}
    expect(open_files <= {"/dev/null", "pipe", "socket", "anon_inode"}, f"{pid} has more open: {open_files}")

# They end with it, however it ends.
begun.process.kill()
begun.process.wait()
end = time.monotonic() + PATIENCE
while begun.processes() and time.monotonic() < end:
    time.sleep(0.02)
expect(not begun.processes(), "left running after SIGKILL")
