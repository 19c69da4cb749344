#!/usr/bin/env python3
"""The same commit by each way a repository can be reached gives the same image; and repositories that have little to give."""

from network import SITES, WORK, expect, made, refused, repository, run
from real_servers import Ssh, Web, git_daemon

site = repository("site.git")
web, ssh, daemon = Web(), Ssh(), git_daemon()
by_ssh = {"GIT_SSH_COMMAND": ssh.command}
by_ca = {"GIT_SSL_CAINFO": str(web.ca)}
expected = made(site)

run("git", "clone", "-q", site, WORK / "worktree")
PLACES = [
    (f"http://127.0.0.1:{web.port}/git/site.git", {}),
    (f"http://127.0.0.1:{web.port}/old/site.git", {}),
    (f"http://127.0.0.1:{web.port}/moved/site.git", {}),
    (f"https://127.0.0.1:{web.tls}/git/site.git", by_ca),
    (f"git://127.0.0.1:{daemon}/site.git", {}),
    (f"ssh://127.0.0.1:{ssh.port}{site}", by_ssh),
    (f"ssh://site{site}", by_ssh),
    (f"site:{site}", by_ssh),
    (f"{ssh.user}@site:{site}", by_ssh),
    (f"[127.0.0.1:{ssh.port}]:{site}", by_ssh),
    (f"file://{site}", {}),
    (str(WORK / "worktree"), {}),
    ("relativize://worktree", {}),
]
for place, environment in PLACES:
    expect(made(place, environment=environment) == expected, f"another image from {place}")

# Repositories that have little to give.
run("git", "init", "-q", "--bare", "-b", "main", SITES / "empty.git")
run("git", "clone", "-q", "--bare", "--depth", "2", f"file://{site}", SITES / "shallow.git")
for way in (f"http://127.0.0.1:{web.port}/git/", f"git://127.0.0.1:{daemon}/"):
    refused(1, "its HEAD points to no commit", way + "empty.git")
    expect(made(way + "shallow.git") == expected, "another image from a shallow repository")
refused(3, "no such repository", f"http://127.0.0.1:{web.port}/git/none.git")
refused(3, "not exported", f"git://127.0.0.1:{daemon}/none.git")
