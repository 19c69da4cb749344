#!/usr/bin/env python3
"""Each kind of reference, over each protocol that has a way of its own to ask for it, means what it means locally."""

from network import DIGITS, expect, git, made, refused, repository
from real_servers import Ssh, Web, git_daemon

site = repository("site.git")
old = git(site, "rev-parse", "old")
web, ssh, daemon = Web(), Ssh(), git_daemon()
expected = made(site)

WAYS = [
    (f"http://127.0.0.1:{web.port}/git/site.git", {}),
    (f"http://127.0.0.1:{web.port}/old/site.git", {}),
    (f"git://127.0.0.1:{daemon}/site.git", {}),
    (f"ssh://127.0.0.1:{ssh.port}{site}", {"GIT_SSH_COMMAND": ssh.command}),
]
before = made(site, "-b", "old")
expect(before != expected, "two commits, one image")
# An annotated tag is kept in the image, so its name makes another one than its commit's.
NAMES = ("old", "light", "v1", "v1-again", "refs/heads/old", "tags/v1", old, old.upper())
locally = {name: made(site, "-b", name.lower() if name == old.upper() else name) for name in NAMES}
expect(locally["light"] == before and locally["v1"] != before, "tags, light and annotated")
git(site, "config", "uploadpack.allowAnySHA1InWant", "true")
for place, environment in WAYS:
    few = place not in (WAYS[0][0], WAYS[1][0])  # all by http, of either version of the protocol
    for name in ("v1", old) if few else NAMES:
        expect(made(place, "-b", name, environment=environment) == locally[name], f"{place} -b {name}: another image")
    for name in ("main",) if few else ("main", "HEAD", "@"):
        expect(made(place, "-b", name, environment=environment) == expected, f"{place} -b {name}: another image")
    refused(1, "nowhere: no such branch or tag", place, "-b", "nowhere", environment=environment)
    if few:
        continue
    refused(1, "all digits", place, "-b", old[:12], environment=environment)
    refused(1, "0" * DIGITS, place, "-b", "0" * DIGITS, environment=environment)
    refused(2, "HEAD~1", place, "-b", "HEAD~1", environment=environment)
git(site, "config", "uploadpack.allowAnySHA1InWant", "false")
# Version 2 of the protocol gives any object that is there; the older ones only what a reference names.
parent = git(site, "rev-parse", "main~1")
refused(1, ["does not serve commits by id", parent], WAYS[1][0], "-b", parent)
expect(made(WAYS[1][0], "-b", old) == before, "the id of a branch's tip is always given")
git(site, "config", "--unset", "uploadpack.allowAnySHA1InWant")

# A tag wins over a branch of the same name, as in a local repository; odd names mean themselves.
for name in ("both", "tag", "+plus", "-dash"):
    git(site, "update-ref", f"refs/heads/{name}", "main")
git(site, "update-ref", "refs/tags/both", old)
expect(made(WAYS[2][0], "-b", "both") == before == made(site, "-b", "both"), "a tag and a branch of one name")
for name in ("tag", "+plus", "-dash", "refs/heads/-dash"):
    expect(made(WAYS[2][0], f"--branch={name}") == expected == made(site, f"--branch={name}"), f"the branch {name}")
tree = git(site, "rev-parse", "main^{tree}")
git(site, "update-ref", "refs/tags/tree", tree)
refused(1, f"{tree} is a tree, not a commit", WAYS[2][0], "-b", "tree")
