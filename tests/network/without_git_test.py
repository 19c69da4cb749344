#!/usr/bin/env python3
"""Where there is no program git, libgit2 fetches: the same images, references, refusals and time limits, by http and git."""

from urllib.parse import quote

from network import (SITES, WORK, Forwarder, Server, Ssh, Web, expect, git, git_daemon, made, refused, repository, run)

site = repository("site.git")
run("git", "init", "-q", "--bare", "-b", "main", SITES / "empty.git")
old = git(site, "rev-parse", "old")
web, daemon = Web(), git_daemon()
expected = made(site)
NAMES = ("old", "v1", "v1-again", "refs/tags/light", old)
locally = {name: made(site, "-b", name) for name in NAMES}
(WORK / "nothing").mkdir()
alone = {"PATH": str(WORK / "nothing")}

for place in (f"http://127.0.0.1:{web.port}/git/site.git", f"git://127.0.0.1:{daemon}/site.git",
              f"http://127.0.0.1:{web.port}/moved/site.git"):
    expect(made(place, environment=alone) == expected, f"another image from {place}")
    for name in NAMES:
        expect(made(place, "-b", name, environment=alone) == locally[name], f"{place} -b {name}: another image")
    refused(1, "nowhere: no such branch or tag", place, "-b", "nowhere", environment=alone)
    refused(1, [f"{old[:7]}: no such branch or tag", "all 40 digits"], place, "-b", old[:7], environment=alone)
    refused(1, "gives no commits by id", place, "-b", "1" * 40, environment=alone)
    refused(2, "HEAD~1", place, "-b", "HEAD~1", environment=alone)
refused(1, "its HEAD points to no commit", f"git://127.0.0.1:{daemon}/empty.git", environment=alone)
refused(3, "404", f"http://127.0.0.1:{web.port}/git/none.git", environment=alone)
refused(3, "", f"git://127.0.0.1:1/none.git", environment=alone)

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
