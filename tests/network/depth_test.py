#!/usr/bin/env python3
"""From a repository of 2,000 commits one is fetched: the bytes on the wire beside `git clone --depth 1` and a full clone."""

import shutil

from network import WORK, expect, made, repository, run
from odd_servers import Forwarder
from real_servers import Web, git_daemon

site = repository("history.git", commits=2000)
web, daemon = Web(), git_daemon()
expected = made(site)

for name, port, path in (("http", web.port, "/git/history.git"), ("git", daemon, "/history.git")):
    def bytes_of(action):
        count = Forwarder(port)
        action(f"{name}://127.0.0.1:{count.port}{path}")
        return count.received + count.sent

    def clone(*options):
        def action(url):
            run("git", "clone", "--progress", "--bare", *options, url, WORK / "clone")
            shutil.rmtree(WORK / "clone")
        return action

    ours = bytes_of(lambda url: expect(made(url) == expected, f"another image by {name}"))
    shallow, full = bytes_of(clone("--depth", "1")), bytes_of(clone())
    told = f"{name}: {ours} bytes, git clone --depth 1: {shallow} ({ours / shallow:.3f}), git clone: {full}"
    # With progress, which the server sends, as on a terminal. Programs may be of any version: what counts is that no
    # history came.
    expect(ours < shallow * 1.2 and ours * 5 < full, told)
    print(told)
