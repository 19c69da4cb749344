#!/usr/bin/env python3
"""Names and addresses that try to be options, commands or other transports: nothing is run, nothing is written elsewhere."""

import shutil

from network import DIGITS, SITES, WORK, Run, expect, git, made, refused, repository, run
from real_servers import Web, git_daemon

site = repository("site.git")
web, daemon = Web(), git_daemon()
canary = WORK / "canary"
touch = "touch${IFS}canary"  # in the working directory of the commands
http = f"http://127.0.0.1:{web.port}/git"

ADDRESSES = [
    (2, f"ext::sh -c touch% {canary}"),
    (2, f"EXT::sh -c touch% {canary}"),
    (2, f"fd::7/{canary}"),
    (2, f"ext::ssh://host/{touch}"),
    (2, f"persistent-https://127.0.0.1/{touch}"),
    (2, f"git+ext://127.0.0.1/{touch}"),
    (2, f"ssh://-oProxyCommand={touch}/x"),
    (2, f"ssh://-oProxyCommand=touch%20{canary}/x"),
    (2, f"ssh://%2doProxyCommand=touch%20{canary}/x"),
    (2, f"ssh://user@-oProxyCommand={touch}/x"),
    (2, f"ssh://-oProxyCommand={touch}@host/x"),
    (2, f"ssh://host:-oProxyCommand={touch}/x"),
    (2, f"ssh://[-oProxyCommand={touch}]/x"),
    (2, f"-oProxyCommand={touch}:x"),
    (2, f"user@-oProxyCommand={touch}:x"),
    (2, f"[-oProxyCommand={touch}]:x"),
    (2, f"host:-oProxyCommand={touch}"),
    (2, f"host:--upload-pack={touch}"),
    (2, "git://-x/y"),
    (2, "https://-x/y"),
    (2, "https://host:-1/y"),
    (2, f"{http}/site.git\nhost=elsewhere"),
    (2, f"{http}/site.git%0ahost=elsewhere"),
    (2, f"{http}/site.git%0Dhost=elsewhere"),
    (2, "https://host%0a.example.org/site.git"),
    (2, "https://user%0apassword@example.org/site.git"),
    (2, "https://example.org/\x1b]0;x\x07"),
    (2, "host:pa\nth"),
    (2, "https:///path"),
    (2, "https://example.org"),
    (2, "ssh://user:secret@example.org/x"),
    (2, "git://secret@example.org/x"),
    (2, "ssh://user%3asecret@example.org/x"),
    (3, f"git://127.0.0.1:{daemon}/-x"),
    (3, f"git://127.0.0.1:{daemon}/--upload-pack={touch}"),
    (3, f"git://127.0.0.1:{daemon}/$(touch {canary})"),
    (3, f"{http}/;touch {canary};"),
    (3, f"ssh://127.0.0.1:1/;touch {canary};"),
    (3, f"127.0.0.1:$(touch {canary})"),
]
for status, address in ADDRESSES:
    done = refused(status, "", address, "--timeout=20", secrets=["secret"])
    expect(not canary.exists(), f"something was run: {done.shown}")
for path in (f"--upload-pack={touch}", f"-c core.sshCommand={touch}", "-x"):  # behind "--" these are paths
    refused(1, "No such file", path)

REFERENCES = [f"--upload-pack={touch}", f"-u{touch}", "--exec=x", "a b", "x:refs/heads/y", "+main:refs/heads/x", "*:x", "refs/heads/../*",
              f"--upload-pack={touch}*", "refs/heads/.*", "@{*", "*^", "refs/heads/x.lock/*",
              "^main", "main..old", "main^", "@{0}", "a\nb", "a\x1bb", "../x", "x.lock", ".x", "-", "--", "tag v1"]
for reference in REFERENCES:
    for place in (f"{http}/site.git", f"git://127.0.0.1:{daemon}/site.git"):
        done = Run(place, f"--branch={reference}")
        expect(done.status in (1, 2) and len(done.said.splitlines()) == 1, f"{reference!r}: {done.shown}")
        expect(not canary.exists(), f"something was run: {done.shown}")

# What the user's configuration or a server leads to is as limited as what the user types.
config = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "url.ext::sh -c touch% CANARY %.insteadOf".replace(
    "CANARY", str(canary)), "GIT_CONFIG_VALUE_0": "http://example.org/"}
refused(3, "'ext' not allowed", "http://example.org/x", environment=config)
config["GIT_CONFIG_KEY_0"] = f"url.file://{SITES}/.insteadOf"
refused(3, "'file' not allowed", "http://example.org/site.git", environment=config)
config["GIT_CONFIG_KEY_0"] = f"url.{http}/.insteadOf"
expect(made("http://example.org/site.git", environment=config) == made(site), "insteadOf with an allowed transport")
refused(3, "'http' not allowed", f"{http}/site.git", environment={"GIT_ALLOW_PROTOCOL": "https:ext:file"})
expect(not canary.exists(), "something was run")

# Hooks, templates, fsmonitor: the user's own are for other repositories.
hooks = WORK / "hooks"
hooks.mkdir()
for name in ("reference-transaction", "post-checkout", "post-merge", "pre-auto-gc", "post-index-change", "fsmonitor"):
    (hooks / name).write_text(f"#!/bin/sh\ntouch {canary}\n")
    (hooks / name).chmod(0o755)
shutil.copytree(hooks, WORK / "template" / "hooks")
(WORK / "home" / ".gitconfig").write_text(
    f"[core]\n\thooksPath = {hooks}\n\tfsmonitor = {hooks}/fsmonitor\n[init]\n\ttemplateDir = {hooks.parent}/template\n"
    f"[fetch]\n\trecurseSubmodules = true\n\tprune = true\n\twriteCommitGraph = true\n\tfsckObjects = true\n"
    f"[gc]\n\tauto = 1\n\tautoDetach = true\n[submodule]\n\trecurse = true\n")
expect(made(f"{http}/site.git") == made(site), "the user's configuration changed the image")
expect(not canary.exists(), "a hook of the user's was run")

# A repository made to run something in whoever clones it: nothing is checked out, no submodule is visited.
stream = b"commit refs/heads/main\ncommitter C <c> 1 +0000\ndata 0\n\n"
evil = f'[submodule "x"]\n\tpath = x\n\turl = -u./$(touch {canary})\n\tupdate = !touch {canary}\n[submodule "../../x"]\n' \
       f'\tpath = y\n\turl = ext::sh -c touch% {canary}\n'.encode()
for path, mode, content in ((".gitmodules", b"100644", evil), (".gitattributes", b"100644", b"* filter=x\n"),
                            ("A/x", b"100644", b"x"), ("a", b"120000", b".git/hooks"), ("hooks/post-checkout", b"100755",
                            f"#!/bin/sh\ntouch {canary}\n".encode())):
    stream += b"M %s inline %s\ndata %d\n%s\n" % (mode, path.encode(), len(content), content)
absent = b"1" * DIGITS
stream += b"M 160000 %s x\nM 160000 %s y\n" % (absent, absent)
(WORK / "home" / ".gitconfig").unlink()
run("git", "init", "-q", "--bare", "-b", "main", SITES / "evil.git")
git(SITES / "evil.git", "fast-import", "--quiet", stdin=stream)
(WORK / "home" / ".gitconfig").write_text(f"[filter \"x\"]\n\tsmudge = touch {canary}\n\tclean = touch {canary}\n")
expect(made(f"{http}/evil.git") == made(SITES / "evil.git"), "another image")
expect(not canary.exists(), "something of the repository was run")
