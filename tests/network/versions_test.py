#!/usr/bin/env python3
"""Several versions of a repository on a server: the image that a repository on this machine gives, by one fetch; patterns
with what they need to know first; servers that leave nothing out, change in between, or lie."""

import random
from urllib.parse import quote

from network import DIGITS, KIND, SITES, WORK, alone, expect, git, made, refused, run
from odd_servers import Forwarder
from ports import free_port
from real_servers import Ssh, Web, git_daemon, start

VERSIONS = 8
NOISE = 60_000  # bytes that each version has for itself
DATE = 1_600_000_000  # of the first; one second more for each further


def repository():
    """SITES/site.git: tags v0 to v7, each second one annotated, on commits of `main`; branches feature/x and feature/y; a
    tag of a tree, and one of a file, whose names match as well."""
    path = SITES / "site.git"
    run("git", "init", "-q", "--bare", "-b", "main", path)
    stream = bytearray()
    for v in range(VERSIONS):
        noise = random.Random(v).randbytes(NOISE)
        page = b"".join(b"line %d of version %d\n" % (i, v if i % 50 == 0 else 0) for i in range(2000))
        stream += b"commit refs/heads/main\ncommitter C <c@example.org> %d +0000\ndata 2\nc\n" % (DATE + v)
        stream += b"M 100644 inline docs/page\ndata %d\n%s\n" % (len(page), page)
        stream += b"M 100644 inline noise\ndata %d\n" % len(noise) + noise + b"\n\n"
        if v % 2:
            stream += b"tag v%d\nfrom refs/heads/main\ntagger C <c@example.org> %d +0000\ndata 2\nt\n" % (v, DATE + 100)
        else:
            stream += b"reset refs/tags/v%d\nfrom refs/heads/main\n\n" % v
    git(path, "fast-import", "--quiet", stdin=bytes(stream))
    git(path, "branch", "feature/x", "v2")
    git(path, "branch", "feature/y", "v5^{commit}")
    git(path, "tag", "v-tree", "v1^{tree}")
    git(path, "tag", "v-file", "v1:noise")
    git(path, "repack", "-q", "-ad")
    git(path, "config", "gc.auto", "0")
    return path


site = repository()
first = git(site, "rev-parse", "v0")
web, ssh, daemon = Web(), Ssh(), git_daemon()
by_ssh = {"GIT_SSH_COMMAND": ssh.command}
WAYS = [(f"http://127.0.0.1:{web.port}/git/site.git", {}), (f"http://127.0.0.1:{web.port}/old/site.git", {}),
        (f"git://127.0.0.1:{daemon}/site.git", {}), (f"ssh://127.0.0.1:{ssh.port}{site}", by_ssh)]
NAMES = ["-b", "HEAD=latest", "-b", "v1", "-b", "refs/tags/v2", "-b", "feature/x", "-b", "v1=again"]
PATTERNS = [["-b", "refs/tags/v*"], ["-b", "v[0-4]", "-b", "main", "--newest", "3"],
            ["-b", "*", "--since", "2020-09-13T12:26:45Z"], ["-b", "feature/*", "-b", "refs/tags/v*", "-b", "v0=first", "--newest", "2"],
            ["-b", "refs/heads/feature/?", "--default", "feature-x"]]
git(site, "config", "uploadpack.allowAnySHA1InWant", "true")
locally = {tuple(words): made(site, *words) for words in [NAMES, *PATTERNS]}
expect(len(set(locally.values())) == len(locally), "two lists of versions, one image")

for can_leave_out in ("true", "false"):
    git(site, "config", "uploadpack.allowFilter", can_leave_out)
    for place, environment in WAYS:
        # All of them by one way; what ways can differ in, by each.
        for words, image in locally.items() if place == WAYS[0][0] else [*locally.items()][:3]:
            expect(made(place, *words, environment=environment) == image, f"{place} {words}: another image")
        expect(made(place, "-b", f"{first}=one", "-b", "v7", environment=environment) == made(site, "-b", f"{first}=one", "-b", "v7"),
               f"{place}: by an id")
        refused(1, "nowhere: no such branch or tag", place, "-b", "v1", "-b", "nowhere", "-b", "v2", environment=environment)
        refused(1, "no such branch or tag", place, "-b", "refs/tags/w*", environment=environment)
refused(1, "a..*: no such branch or tag", WAYS[0][0], "-b", "refs/tags/a..*")
refused(2, "the versions of a pattern cannot have one name", WAYS[0][0], "-b", "v*=all")
expect(made(WAYS[0][0], "-b", "v1", "-b", "v2", "--path", "docs") == made(site, "-b", "v1", "-b", "v2", "--path", "docs"), "a folder")

# A password of the URL serves both fetches.
user, password = quote(web.user, safe=""), quote(web.password, safe="")
for can_leave_out in ("true", "false"):
    git(site, "config", "uploadpack.allowFilter", can_leave_out)
    private = f"http://{user}:{password}@127.0.0.1:{web.port}/private/site.git"
    expect(made(private, *PATTERNS[1]) == locally[tuple(PATTERNS[1])], "with a password")

# A server of plain files sends history and everything; it is asked no more often than it must be.
git(site, "update-server-info")
files = f"http://127.0.0.1:{web.port}/files/site.git"
for words in (NAMES, PATTERNS[1]):
    expect(made(files, *words) == locally[tuple(words)], f"plain files {words}: another image")

# One connection for all versions, and of others only what tells their dates.
for words, connections in ((NAMES, 1), (PATTERNS[1], 2)):
    for can_leave_out in ("true", "false"):
        git(site, "config", "uploadpack.allowFilter", can_leave_out)
        wire = Forwarder(daemon)
        expect(made(f"git://127.0.0.1:{wire.port}/site.git", *words) == locally[tuple(words)], f"{words}: another image")
        # That the ids are of SHA-256 is known after the first answer.
        expect(wire.connections == connections + (KIND == "sha256"), f"{words}: {wire.connections} connections")
        # Four versions, and the tag of a file; else all that begins with "v", once.
        most = 4 + 1 if can_leave_out == "true" else VERSIONS
        expect(wire.received < (most + 1) * NOISE, f"{words}: {wire.received} bytes came, filter: {can_leave_out}")

# References that go, or become something else, between the two fetches.
git(site, "config", "uploadpack.allowFilter", "true")


def changing(command):
    """A server that runs git with `command` before the last fetch; one of SHA-256 ids is asked three times."""
    folder = WORK / f"hook-{free_port()}"
    folder.mkdir()
    hook = folder / "hook"
    calls = 3 if KIND == "sha256" else 2
    hook.write_text(f"#!/bin/sh\necho >> '{folder}/calls'\n[ $(wc -l < '{folder}/calls') = {calls} ] && git -C '{site}' {command}\nexit 0\n")
    hook.chmod(0o755)
    port = free_port()
    start(["git", "daemon", f"--base-path={SITES}", "--export-all", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}",
           f"--access-hook={hook}"], port)
    return f"git://127.0.0.1:{port}/site.git"


v3, tree = git(site, "rev-parse", "v3"), git(site, "rev-parse", "v4^{tree}")
refused(1, "refs/tags/v3: no such branch or tag any more; it was there when the references were listed",
        changing("update-ref -d refs/tags/v3"), "-b", "refs/tags/v[1-4]")
git(site, "update-ref", "refs/tags/v3", v3)
refused(1, f"{tree} is a tree, not a commit", changing(f"update-ref refs/tags/v3 {tree}"), "-b", "refs/tags/v[1-4]")
git(site, "update-ref", "refs/tags/v3", v3)
moved = made(changing(f"update-ref refs/tags/v3 {first}"), "-b", "refs/tags/v[34]")
expect(moved == made(site, "-b", "refs/tags/v4", "-b", "refs/tags/v3"), "what was fetched last counts")
git(site, "update-ref", "refs/tags/v3", v3)

# A server that names an object which it does not have, or another one.
v4 = git(site, "rev-parse", "v4").encode()
lying = Forwarder(daemon, lambda data, at: data.replace(v4, b"1" * DIGITS))
for words in (["-b", "v1", "-b", "v4"], ["-b", "refs/tags/v*"]):
    done = refused(1, "1" * DIGITS, f"git://127.0.0.1:{lying.port}/site.git", *words)
    expect("the server lists" in done.said and "v1" not in done.said, f"not what it is: {done.said}")

# Without git: names, but no patterns.
if KIND == "sha1":
    for place in (WAYS[0][0], WAYS[2][0]):
        expect(made(place, *NAMES, environment=alone) == locally[tuple(NAMES)], f"{place} by libgit2: another image")
        refused(1, "nowhere: no such branch or tag", place, "-b", "v1", "-b", "nowhere", environment=alone)
        refused(3, "a pattern of references needs the program git in PATH", place, "-b", "v*", environment=alone)
