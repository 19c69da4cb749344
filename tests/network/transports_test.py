#!/usr/bin/env python3
"""The same commit by each way a repository can be reached gives the same image, by each kind of reference."""

from network import SITES, WORK, Ssh, Web, expect, git, git_daemon, made, refused, repository, run

site = repository("site.git")
old = git(site, "rev-parse", "old")
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

# References, over every protocol that has its own way to ask for them.
WAYS = [PLACES[0], PLACES[1], PLACES[4], PLACES[5]]
before = made(site, "-b", "old")
expect(before != expected, "two commits, one image")
git(site, "config", "uploadpack.allowAnySHA1InWant", "true")
for place, environment in WAYS:
    slow = place.startswith("ssh")
    for name in ("v1", old) if slow else ("old", "light", "v1", "v1-again", "refs/heads/old", "tags/v1", old, old.upper()):
        expect(made(place, "-b", name, environment=environment) == before, f"{place} -b {name}: another image")
    for name in ("main",) if slow else ("main", "HEAD", "@"):
        expect(made(place, "-b", name, environment=environment) == expected, f"{place} -b {name}: another image")
    refused(1, "nowhere: no such branch or tag", place, "-b", "nowhere", environment=environment)
    if slow:
        continue
    refused(1, "all 40 digits", place, "-b", old[:12], environment=environment)
    refused(1, "0" * 40, place, "-b", "0" * 40, environment=environment)
    refused(2, "HEAD~1", place, "-b", "HEAD~1", environment=environment)
git(site, "config", "uploadpack.allowAnySHA1InWant", "false")
# Version 2 of the protocol gives any object that is there; the older ones only what a reference names.
parent = git(site, "rev-parse", "main~1")
refused(1, ["gives no commits by id", parent], WAYS[1][0], "-b", parent)
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

# Repositories that have little to give.
run("git", "init", "-q", "--bare", "-b", "main", SITES / "empty.git")
run("git", "clone", "-q", "--bare", "--depth", "2", f"file://{site}", SITES / "shallow.git")
for way in (f"http://127.0.0.1:{web.port}/git/", f"git://127.0.0.1:{daemon}/"):
    refused(1, "its HEAD points to no commit", way + "empty.git")
    expect(made(way + "shallow.git") == expected, "another image from a shallow repository")
run("git", "init", "-q", "--bare", "--object-format=sha256", SITES / "sha256.git")
git(SITES / "sha256.git", "fast-import", "--quiet", stdin=b"commit refs/heads/main\ncommitter C <c> 1 +0000\ndata 0\n\n")
refused(1, "SHA-1 ids only", f"git://127.0.0.1:{daemon}/sha256.git", "-b", "main")
refused(3, "no such repository", f"http://127.0.0.1:{web.port}/git/none.git")
refused(3, "not exported", f"git://127.0.0.1:{daemon}/none.git")
