#!/usr/bin/env python3
"""Servers that cannot leave out history: plain files over HTTP, and such as know no shallow clones. git fetches from them
with history, which is said; libgit2 from all but plain files, which is said, too."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from network import DIGITS, KIND, SITES, Run, alone, expect, git, made, refused, repository, run
from odd_servers import Forwarder
from real_servers import Web, git_daemon

site = repository("site.git")
sub = repository("sub.git", commits=2, seed=b"sub")
old = git(site, "rev-parse", "old")
NAMES = ("main", "old", "v1", "v1-again", "refs/tags/light", "refs/heads/old")
locally = {name: made(site, "-b", name) for name in NAMES}
NOTE = "note: the server can send a commit only with its history, so all of that was fetched"
web, daemon = Web(), git_daemon()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


files = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITES))
threading.Thread(target=files.serve_forever, daemon=True).start()
plain = [f"http://127.0.0.1:{files.server_port}", f"http://127.0.0.1:{web.port}/files",
         f"https://127.0.0.1:{web.tls}/files"]
by_ca = {"GIT_SSL_CAINFO": str(web.ca)}


def image_and_note(place, *arguments, environment=None):
    done = Run(place, *arguments, environment=environment)
    expect(done.status == 0, done.shown)
    expect(NOTE in done.said, f"no note: {done.shown}")
    return done.image.read_bytes()


# Packed and loose; git update-server-info is what such a server needs.
for loose in (False, True):
    if loose:
        pack = next((site / "objects" / "pack").glob("*.pack"))
        content = pack.read_bytes()
        for file in (site / "objects" / "pack").iterdir():
            file.unlink()
        git(site, "unpack-objects", "-q", stdin=content)
    for repo in (site, sub):
        git(repo, "update-server-info")
    for way in plain:
        for name in NAMES:
            expect(image_and_note(f"{way}/site.git", "-b", name, environment=by_ca) == locally[name], f"{way} {name} {loose}")
refused(1, "nowhere: no such branch or tag", f"{plain[0]}/site.git", "-b", "nowhere")
refused(1, "does not serve commits by id", f"{plain[0]}/site.git", "-b", "1" * DIGITS)
expect(made(f"{plain[0]}/site.git", "-q") == locally["main"], "HEAD")

# A submodule's commit is looked for in all branches.
words = b'[submodule "s"]\n\tpath = s\n\turl = ../sub.git\n'
pinned = git(sub, "rev-parse", "old")
run("git", "init", "-q", "--bare", "-b", "main", SITES / "top.git")
git(SITES / "top.git", "fast-import", "--quiet", stdin=b"commit refs/heads/main\ncommitter C <c> 1 +0000\ndata 0\n"
    b"M 100644 inline .gitmodules\ndata %d\n%s\nM 160000 %s s\n" % (len(words), words, pinned.encode()))
git(SITES / "top.git", "update-server-info")
expect(made(f"{plain[0]}/top.git", "--submodules") == made(f"git://127.0.0.1:{daemon}/top.git", "--submodules"),
       "another image of submodules")

# Without git, and without what such a server needs.
for way in plain[:2] if KIND == "sha1" else ():
    refused(3, "for one of plain files the program git must be in PATH", f"{way}/site.git", environment=alone)
(SITES / "site.git" / "info" / "refs").unlink()
refused(3, "", f"{plain[0]}/site.git")
git(site, "update-server-info")


# Git's own protocols without the capability "shallow": as servers of other makes have them.
def knows_none(data, _):
    return data.replace(b" shallow deepen-since deepen-not", b" xhallow xeepen-since xeepen-not") \
               .replace(b"fetch=shallow", b"fetch=xhallow")


for port, path in ((daemon, "git://127.0.0.1:{}/site.git"), (web.port, "http://127.0.0.1:{}/git/site.git"),
                   (web.port, "http://127.0.0.1:{}/old/site.git")):
    place = path.format(Forwarder(port, knows_none).port)
    for name in ("main", "v1"):
        expect(image_and_note(place, "-b", name) == locally[name], f"{place} {name}")
        expect(made(place, "-b", name, environment=alone) == locally[name], f"{place} {name} by libgit2")
# Where it may be left out it is, and nothing is said.
done = Run(f"git://127.0.0.1:{daemon}/site.git")
expect(done.status == 0 and NOTE not in done.said, done.shown)
