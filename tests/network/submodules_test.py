#!/usr/bin/env python3
"""--submodules of a repository over the network: the image of a recursive clone, from each kind of server; what a commit
says of names, paths and addresses leads to no option, no program, no file of this machine, and no password elsewhere."""

import json
import signal
import time
from urllib.parse import quote

from network import DIGITS, PATIENCE, SITES, WORK, Run, alone, expect, git, made, refused, run
from odd_servers import Server
from real_servers import Ssh, Web, git_daemon

web, ssh, daemon = Web(), Ssh(), git_daemon()
by_ssh = {"GIT_SSH_COMMAND": ssh.command}
http = f"http://127.0.0.1:{web.port}/git"
canary = WORK / "canary"


def commit(name, files=None, links=None, words=None, mode=b"100644"):
    """The id of a commit without parents in SITES/name, bare: `files`, `links` (path: commit), `words` as .gitmodules."""
    path = SITES / name
    if not path.exists():
        run("git", "init", "-q", "--bare", "-b", "main", path)
    stream = b"reset refs/heads/main\ncommit refs/heads/main\ncommitter C <c@example.org> 1 +0000\ndata 0\n"
    contents = dict(files or {name: name.encode() * 100})
    if words is not None:
        contents[".gitmodules"] = words if isinstance(words, bytes) else words.encode()
    for at, content in contents.items():
        its_mode = mode if at == ".gitmodules" else b"100644"
        stream += b"M %s inline %s\ndata %d\n%s\n" % (its_mode, at.encode(), len(content), content)
    for at, target in (links or {}).items():
        stream += b"M 160000 %s %s\n" % (target.encode(), at.encode())
    git(path, "fast-import", "--quiet", "--force", stdin=stream)
    return git(path, "rev-parse", "main")


def module(path, url, name=None):
    return f'[submodule "{name or path}"]\n\tpath = {path}\n\turl = {url}\n'


def history(name):
    """One more commit, so that no reference names the last one."""
    last = git(SITES / name, "rev-parse", "main")
    tree = git(SITES / name, "rev-parse", "main^{tree}")
    git(SITES / name, "update-ref", "refs/heads/main", git(SITES / name, "commit-tree", "-p", last, "-m", "more", tree))


# One in the other, by relative and absolute addresses; the pinned commits are on a branch, but not its tip.
inner = commit("inner.git")
history("inner.git")
sub = commit("sub.git", links={"deps/inner": inner},
             words=module("deps/inner", "../inner.git", "other/name") + module("unused", "../none.git"))
history("sub.git")
leaf = commit("leaf.git", {"f": b"leaf"})
top = commit("top.git", {"a": b"a", "dir/b": b"b"}, {"lib": sub, "dir/again": inner, "dir/leaf": leaf, "z-inner": inner},
             module("lib", ".././sub.git", "a-name") + module("dir/again", "../inner.git") +
             module("z-inner", "../inner.git/") + module("dir/leaf", f"{http}/leaf.git"))
run("git", "clone", "-q", "--recurse-submodules", f"{http}/top.git", WORK / "clone")
expected = made(WORK / "clone", "--submodules")
part = made(WORK / "clone", "--submodules", "--path", "dir")
plain = made(SITES / "top.git")
expect(len({expected, part, plain}) == 3, "three trees, less images")
for place, environment in (
    (f"{http}/top.git", {}),
    (f"{http}/top.git/", {}),
    (f"http://127.0.0.1:{web.port}/moved/top.git", {}),
    (f"http://127.0.0.1:{web.port}/old/top.git", {}),  # without ids: the branches are searched
    (f"https://127.0.0.1:{web.tls}/git/top.git", {"GIT_SSL_CAINFO": str(web.ca)}),
    (f"git://127.0.0.1:{daemon}/top.git", {}),
    (f"ssh://127.0.0.1:{ssh.port}{SITES}/top.git", by_ssh),
    (f"site:{SITES}/top.git", by_ssh),
    (f"{http}/top.git", alone),
    (f"git://127.0.0.1:{daemon}/top.git", alone),
):
    expect(made(place, "--submodules", environment=environment) == expected, f"another image from {place} {environment}")
expect(made(f"{http}/top.git", "--submodules", "--path", "/dir/") == part, "another image of a part")
expect(made(f"{http}/top.git") == plain, "without --submodules")
# A local repository stays what it was: what is not beside it is not fetched.
for place in (SITES / "top.git", f"file://{SITES}/top.git"):
    refused(1, "is not here (git submodule update --init --recursive)", place, "--submodules")

# The same commit in three places comes once.
log = web.top / "access.log"
before = log.read_text().count("GET /git/inner.git/info/refs")
made(f"{http}/top.git", "--submodules")
fetches = log.read_text().count("GET /git/inner.git/info/refs") - before
expect(fetches == 1, f"the inner one was fetched {fetches} times")
done = Run(f"{http}/top.git", "--submodules", "--json")
packs = json.loads(done.printed)["fetched_bytes"]
expect(packs > 300, f"fetched bytes: {done.shown}")

# A commit that is nowhere.
lost = ("1234567890" * 7)[:DIGITS]
commit("lost.git", links={"dir/lib": lost}, words=module("dir/lib", "../sub.git"))
for way in (http, f"http://127.0.0.1:{web.port}/old", f"git://127.0.0.1:{daemon}"):
    for environment in ({}, alone):
        refused(1, [f"dir/lib: {way}/sub.git: commit {lost} is in none of its branches and tags", "allowAnySHA1InWant"],
                f"{way}/lost.git", "--submodules", environment=environment)
# No repository there, and no server.
commit("nowhere.git", links={"lib": lost}, words=module("lib", "../none.git"))
refused(3, ["lib: ", f"{http}/none.git: no such repository"], f"{http}/nowhere.git", "--submodules")
commit("nobody.git", links={"lib": lost}, words=module("lib", "git://127.0.0.1:1/x.git"))
refused(3, ["lib: ", "git://127.0.0.1:1/x.git: "], f"{http}/nobody.git", "--submodules")

# A user and a password go along with a relative address, as in git, and with no other one.
user, password = quote(web.user, safe=""), quote(web.password, safe="")
private = f"http://{user}:{password}@127.0.0.1:{web.port}/private"
heard = []


def wants_a_password(connection):
    heard.append(connection.recv(65536))
    connection.sendall(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")


other = Server(wants_a_password).port
secrets = [web.password, password, web.user]
for environment in ({}, alone):
    expect(made(f"{private}/top.git", "--submodules", environment=environment) == expected, "with a password in the URL")
    for name, url in (("same.git", f"http://127.0.0.1:{web.port}/private/sub.git"),
                      ("other.git", f"http://127.0.0.1:{other}/sub.git"),
                      ("user.git", f"http://{user}@127.0.0.1:{other}/sub.git")):
        commit(name, links={"lib": sub}, words=module("lib", url))
        refused(3, ["lib: ", "the server wants "], f"{private}/{name}", "--submodules", secrets=secrets,
                environment=environment)
expect(len(heard) >= 4 and not any(b"authorization" in h.lower() for h in heard), f"a password was sent: {heard}")
expect(not any(b"/private" in h for h in heard), f"where it came from was told: {heard}")

# Hostile words. CVE-2018-11235: names; CVE-2018-17456: URLs that are options; CVE-2022-39253: local files;
# CVE-2020-11008: ../ up to another host.
touch = f"touch {canary}"
good = module("lib", "../sub.git")
HOSTILE = [
    ("begins with a dash", module("lib", f"--upload-pack={touch}")),
    ("begins with a dash", module("lib", f"-u./$({touch})")),
    ("begins with a dash", module("lib", "-x")),
    ("this machine", module("lib", f"file://{SITES}/sub.git")),
    ("this machine", module("lib", f"FILE://{SITES}/sub.git")),
    ("this machine", module("lib", "relativize://sites/sub.git")),
    ("this machine", module("lib", SITES / "sub.git")),
    ("this machine", module("lib", "sites/sub.git")),
    ("this machine", module("lib", "sub.git")),
    ("this machine", module("lib", "/etc")),
    ("this machine", module("lib", "~/.ssh")),
    ("this machine", module("lib", "..")),
    ("leads above the root", module("lib", "../../../etc")),
    ("leads above the root", module("lib", "../../../../evil.example.org/sub.git")),
    ("leads above the root", module("lib", "../../.././:sub.git")),
    ("remote helpers", module("lib", f"ext::sh -c {touch.replace(' ', '% ')}")),
    ("remote helpers", module("lib", "fd::7")),
    ("not supported", module("lib", f"ext://sh -c {touch}")),
    ("not supported", module("lib", "ftp://127.0.0.1/x")),
    ("option of ssh", module("lib", f"ssh://-oProxyCommand={touch.replace(' ', '${IFS}')}/x")),
    ("option of ssh", module("lib", f"ssh://%2doProxyCommand={touch.replace(' ', '%20')}/x")),
    ("option of ssh", module("lib", "x@-oProxyCommand=canary:x")),
    ("control characters", module("lib", f'"{http}/sub.git\\nhost=evil.example.org"')),
    ("control characters", module("lib", f"{http}/sub.git%0ahost=evil.example.org")),
    ("control characters", module("lib", f"{http}/sub.git\x1b]0;x\x07")),
    ("host name is missing", module("lib", "https:///sub.git")),
    ("does not say where", module("lib", "")),
    ("does not say where", module("lib/", "../sub.git")),
    ("does not say where", ""),
    ("does not say where", None),
    ("name ../../hooks: ", module("lib", "../sub.git", "../../hooks")),
    ("name x/../../y: ", module("lib", "../sub.git", "x/../../y")),
    ("name x\\\\..\\\\y: ", module("lib", "../sub.git", "x\\\\..\\\\y")),
    ("name -x: ", module("lib", "../sub.git", "-x")),
    ("name of a submodule is empty", good + '[submodule ""]\n\tpath = x\n'),
    ("path ../lib: ", good + module("../lib", "../sub.git", "n")),
    ("path -lib: ", good + module("-lib", "../sub.git", "n")),
    ("path /etc: ", good + module("/etc", "../sub.git")),
    ("control characters", good + module('"x\\ny"', "../sub.git", "n")),
    ("has two URLs", good + module("lib", "../inner.git", "another")),
    ("is given twice", good + module("lib", "../inner.git")),
    ("not well-formed", "[submodule"),
    ("not well-formed", good + "\turl == = \\x\n"),
    ("control characters", good.encode() + b"\0"),
    ("larger than", good + "#" * (1 << 20)),
]
(WORK / "words").write_text(good)
for n, (words, text) in enumerate(HOSTILE):
    commit("evil.git", links={"lib": sub}, words=text)
    place = f"git://127.0.0.1:{daemon}" if n % 2 else http
    done = refused(1, words, f"{place}/evil.git", "--submodules", "--timeout=20")
    expect(not canary.exists(), f"something was run: {done.shown}")
# A link of that name is not followed, and one deeper says no more than the first.
commit("evil.git", links={"lib": sub}, words=str(WORK / "words"), mode=b"120000")
refused(1, "an entry that stands for .gitmodules is not a file", f"{http}/evil.git", "--submodules")
worse = commit("worse.git", links={"deep": leaf}, words=module("deep", f"file://{SITES}/leaf.git"))
commit("evil.git", links={"lib": worse}, words=module("lib", "../worse.git"))
refused(1, ["lib/deep: file://", "this machine"], f"{http}/evil.git", "--submodules")
# What git would run after a checkout is nothing here; a file that nobody asks for may say what it likes.
commit("evil.git", links={"lib": leaf}, words=module("lib", "../leaf.git") + f"\tupdate = !{touch}\n\tbranch = -x\n")
expect(made(f"{http}/evil.git", "--submodules"), "update = !command")
commit("evil.git", words=module("lib", f"--upload-pack={touch}"))
expect(made(f"{http}/evil.git", "--submodules") == made(SITES / "evil.git"), "no submodule, no question")
expect(not canary.exists(), "something was run")
# The user's own list of transports is kept to.
refused(3, ["lib: ", "'git' not allowed"], f"{http}/nobody.git", "--submodules", environment={"GIT_ALLOW_PROTOCOL": "http"})

# Repositories that contain one another: too deep, and in too many places.
last = leaf
for n in range(66):
    last = commit(f"deep{n}.git", links={"d": last}, words=module("d", f"../deep{n - 1}.git" if n else "../leaf.git"))
refused(1, "nested too deeply", f"git://127.0.0.1:{daemon}/deep65.git", "--submodules")
last = leaf
for n in range(15):
    url = f"../wide{n - 1}.git" if n else "../leaf.git"
    last = commit(f"wide{n}.git", links={"a": last, "b": last}, words=module("a", url) + module("b", url))
refused(1, "more than 16384 submodules", f"git://127.0.0.1:{daemon}/wide14.git", "--submodules")

# A server that is silent, and signals meanwhile.
silent = Server(lambda connection: time.sleep(PATIENCE)).port
commit("silent.git", links={"a": leaf, "lib": inner}, words=module("a", "../leaf.git") +
       module("lib", f"git://127.0.0.1:{silent}/x.git"))
refused(3, ["lib: ", "nothing came for 2 seconds"], f"{http}/silent.git", "--submodules", "--timeout=2")
for name in (signal.SIGINT, signal.SIGTERM):
    for environment in ({}, alone):
        begun = Run(f"{http}/silent.git", "--submodules", environment=environment, wait=False)
        end = time.monotonic() + PATIENCE
        while len(list(begun.temporary.iterdir())) < 3 and time.monotonic() < end:  # the third repository
            time.sleep(0.02)
        time.sleep(0.3)
        begun.process.send_signal(name)
        begun.wait()
        expect(begun.status == -name and not begun.image.exists(), f"{name}: {begun.shown}")
