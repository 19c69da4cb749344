#!/usr/bin/env python3
"""The image as a remote of Git, with the real git: clones whole and shallow, fetches, updates from image to image, references,
SHA-256, prefixes, images that have files of these names; with versions 2, 1 and 0 of the protocol.

Usage: git_test.py SERVER DOCTEUR_MAKE   SERVER: docteur-cache, or docteur-cache.elf for the guest
"""

import gzip
import http.client
import pathlib
import socket
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from git_history import History, check_worktree, git

SERVER, MAKE = sys.argv[1:3]
PROTOCOLS = (2, 1, 0)
CONTENT_TYPE = "application/x-git-upload-pack-request"


def address(server, prefix=""):
    return f"http://127.0.0.1:{server.port}/{prefix}"


def clone(server, to, protocol, *options, prefix=""):
    git(to.parent, "-c", f"protocol.version={protocol}", "clone", "-q", "-c", "fetch.unpackLimit=1", *options, address(server, prefix), to)
    # Nothing is missing, and everything is as git demands.
    said = git(to, "fsck", "--full", "--strict", check=False)
    assert said[0] == 0 and "missing" not in said[1] + said[2], said
    return to


def shallow(repository):
    file = repository / ".git/shallow"
    return sorted(file.read_text().split()) if file.exists() else []


def packs(repository):
    return sorted(repository.glob(".git/objects/pack/*.pack"))


def log(repository, name="origin/main"):
    return git(repository, "log", "--format=%H", name).split()


def check_one_commit(work, history, server, protocol):
    """An image of the annotated tag v3 alone."""
    commit, tag = history.commits[2], history.id("v3")
    listed = git(work, "-c", f"protocol.version={protocol}", "ls-remote", "--symref", address(server))
    assert listed.split("\n")[:-1] == ["ref: refs/heads/main\tHEAD", f"{commit}\tHEAD", f"{commit}\trefs/heads/main",
                                       f"{tag}\trefs/tags/v3", f"{commit}\trefs/tags/v3^{{}}"], listed
    for name, options in (("shallow", ("--depth", "1")), ("whole", ()), ("tag", ("--depth", "1", "-b", "v3"))):
        to = clone(server, work / f"{name}{protocol}", protocol, *options)
        assert history.commits[2] == git(to, "rev-parse", "HEAD").strip()
        assert shallow(to) == [commit], shallow(to)
        check_worktree(to, history.files("v3"))
    to = work / f"whole{protocol}"
    assert git(to, "rev-parse", "v3").strip() == tag
    version = ("-c", f"protocol.version={protocol}")
    # Nothing new: what it has is not sent again, whatever depth it asks for.
    for depth in ((), ("--depth", "1"), ("--depth", "5"), ("--deepen", "2"), ("--unshallow",)):
        git(to, *version, "fetch", "-q", *depth)
        assert len(packs(to)) == 1 and log(to) == [commit], depth
        git(to, "fsck", "--full", "--strict")
    # Any object by its id, but none that is not there.
    git(to, *version, "fetch", "-q", "--depth", "1", "origin", git(to, "rev-parse", "HEAD^{tree}").strip())
    status, _, said = git(to, *version, "fetch", "origin", history.commits[5], check=False)
    assert status != 0 and f"not our ref {history.commits[5]}" in said, said
    # What is not served is said.
    status, _, said = git(to, *version, "fetch", "--shallow-since=2020-01-01", check=False)
    assert status != 0 and ("unexpected line: deepen-since" in said or "does not support --shallow-since" in said), said
    status, _, said = git(work, *version, "clone", "--bare", "--depth", "1", "--filter=blob:none", address(server), work / f"filtered{protocol}", check=False)
    assert status == 0 and "filtering not recognized by server" in said, said
    # Nothing can be pushed.
    status, _, said = git(to, *version, "push", "origin", "HEAD:refs/heads/new", check=False)
    assert status != 0 and "403" in said, said


def check_versions(work, history, server, protocol):
    """main (6), v1, v2 and v5 with light5; 3 and 4 are not in the image."""
    c = history.commits
    expected = {"HEAD": c[5], "refs/heads/main": c[5], "refs/tags/v1": history.id("v1"), "refs/tags/outer": history.id("outer"),
                "refs/tags/v1^{}": c[0], "refs/tags/outer^{}": c[1], "refs/tags/light5": c[4]}
    listed = git(work, "-c", f"protocol.version={protocol}", "ls-remote", address(server))
    assert dict(line.split("\t")[::-1] for line in listed.split("\n")[:-1]) == expected, listed
    to = clone(server, work / f"versions{protocol}", protocol)
    assert shallow(to) == [c[4]] and log(to) == [c[5], c[4]], (shallow(to), log(to))
    assert log(to, "outer") == [c[1], c[0]]
    for name in ("main", "light5", "outer", "v1"):
        git(to, "checkout", "-q", "--detach", name)
        check_worktree(to, history.files(name))
    # One of them, then more history, then all.
    version = ("-c", f"protocol.version={protocol}")
    to = clone(server, work / f"one{protocol}", protocol, "--depth", "1", "-b", "outer")
    # The PACK has the other commits, too.
    assert shallow(to) == sorted([c[1], c[4]]) and git(to, "rev-parse", "HEAD").strip() == c[1], shallow(to)
    git(to, *version, "fetch", "-q", "--depth", "2", "origin", "refs/tags/outer:refs/tags/outer")
    assert shallow(to) == [c[4]] and log(to, "outer") == [c[1], c[0]], shallow(to)
    to = clone(server, work / f"deeper{protocol}", protocol, "--depth", "1")
    git(to, *version, "fetch", "-q", "--unshallow")
    assert shallow(to) == [c[4]] and log(to) == [c[5], c[4]], shallow(to)
    git(to, "fsck", "--full", "--strict")


def check_update(work, history, older, newer, latest):
    """From image to image: commit 3, its child 4, and 6, whose parent 5 is in none."""
    to = clone(older, work / "moves", 2)
    c = history.commits
    git(to, "remote", "set-url", "origin", address(newer))
    git(to, "pull", "-q")
    assert git(to, "rev-parse", "HEAD").strip() == c[3] and log(to) == [c[3], c[2]] and shallow(to) == [c[2]], log(to)
    check_worktree(to, history.files(c[3]))
    git(to, "remote", "set-url", "origin", address(latest))
    git(to, "fetch", "-q")  # git refuses a branch whose history would end elsewhere, and says so only with -v
    assert log(to) == [c[3], c[2]], log(to)
    git(to, "fetch", "-q", "--depth", "1")
    git(to, "reset", "-q", "--hard", "origin/main")
    check_worktree(to, history.files(c[5]))
    git(to, "fsck", "--full", "--strict")


def post(server, body, fields=None, path="/git-upload-pack", version=2, chunks=None):
    """(status, body) of a POST. `chunks`: sizes of the chunks that the body is sent in."""
    c = http.client.HTTPConnection("127.0.0.1", server.port, timeout=servers.PATIENCE)
    headers = {"Content-Type": CONTENT_TYPE, **({"Git-Protocol": f"version={version}"} if version else {}), **(fields or {})}
    if chunks:
        c.request("POST", path, (body[i:i + chunks] for i in range(0, len(body), chunks)), headers, encode_chunked=True)
    else:
        c.request("POST", path, body, headers)
    answer = c.getresponse()
    result = answer.status, answer.read()
    c.close()
    return result


def packet(text):
    return b"%04x" % (len(text) + 4) + text


def check_bodies(history, server, kind=b"sha1"):
    listing = packet(b"command=ls-refs\n") + packet(b"object-format=" + kind) + b"0001" + packet(b"peel\n") + packet(b"symrefs\n") + b"0000"
    status, plain = post(server, listing)
    assert status == 200 and plain.endswith(b"0000") and history.commits[2].encode() in plain, (status, plain)
    zipped = gzip.compress(listing)
    for body, fields, chunks in ((zipped, {"Content-Encoding": "gzip"}, None), (zipped, {"Content-Encoding": "x-gzip"}, 7),
                                 (listing, {}, 1), (listing, {}, 50), (listing, {"Content-Encoding": "identity"}, 5000)):
        assert post(server, body, fields, chunks=chunks) == (200, plain), (fields, chunks)
    bomb = gzip.compress(b"0000" * (4 << 20))
    for wrong, body, fields in ((400, zipped[:12] + b"\xff" + zipped[13:], {"Content-Encoding": "gzip"}), (400, b"zzzz", {}), (400, b"", {}),
                                (400, listing[:-4], {}), (400, zipped + zipped, {"Content-Encoding": "gzip"}),
                                (413, bomb, {"Content-Encoding": "gzip"}), (415, listing, {"Content-Encoding": "br"}),
                                (415, listing, {"Content-Type": "text/plain"})):
        assert post(server, body, fields)[0] == wrong, (wrong, body[:40], fields)
    assert post(server, b"x" * 200_000)[0] == 413
    assert post(server, listing, path="/other")[0] == 405
    for refused, why in ((packet(b"command=push\n") + b"0000", b"invalid command"),
                         (packet(b"command=fetch\n") + packet(b"object-format=" + kind) + b"0001" + packet(b"want xyz\n") + b"0000",
                          b"not an id"),
                         (packet(b"command=fetch\n") + packet(b"object-format=" + kind) + b"0001" + packet(b"filter blob:none\n") + b"0000",
                          b"unexpected line"),
                         (packet(b"command=ls-refs\n") + packet(b"object-format=sha3") + b"0000", b"unknown object format")):
        status, body = post(server, refused)
        assert status == 200 and body[4:8] == b"ERR " and why in body, (why, status, body)
    # A client that waits for leave to send its body.
    with socket.create_connection(("127.0.0.1", server.port), timeout=servers.PATIENCE) as s:
        s.sendall(b"POST /git-upload-pack HTTP/1.1\r\nHost: a\r\nConnection: close\r\nGit-Protocol: version=2\r\nExpect: 100-continue\r\n"
                  b"Content-Type: " + CONTENT_TYPE.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(listing))
        said = s.recv(4096)
        assert said == b"HTTP/1.1 100 Continue\r\n\r\n", said
        s.sendall(listing)
        said = b"".join(iter(lambda: s.recv(65536), b""))
        assert said.startswith(b"HTTP/1.1 200 ") and said.endswith(plain), said


def check_hostile(server):
    """Bodies that do not end, from more clients than there is memory for: others are served, and it is given back."""
    head = b"POST /git-upload-pack HTTP/1.1\r\nHost: a\r\nContent-Type: " + CONTENT_TYPE.encode() + b"\r\nContent-Length: 131072\r\n\r\n"
    hostile, refused = [], 0
    for _ in range(100):
        s = socket.create_connection(("127.0.0.1", server.ports[1]), timeout=servers.PATIENCE)
        hostile.append(s)
        s.sendall(head + b"0" * 100_000)
    assert server.get("/number.txt")[0] == 200
    for s in hostile:
        s.settimeout(0.2)
        try:
            refused += s.recv(100).startswith(b"HTTP/1.1 503")
        except TimeoutError:
            pass
        s.close()
    assert 0 < refused < len(hostile), refused
    assert server.get("/number.txt")[0] == 200
    assert post(server, b"0000", version=0)[1][4:].startswith(b"ERR upload-pack: nothing is wanted"), "the memory was not given back"


def check_many(work, history):
    """More references than fit into a body of 1 KiB, so that git compresses it."""
    names = []
    for n in range(60):
        history.run("tag", f"many{n}", history.run("commit-tree", "-m", str(n), "HEAD^{tree}").strip())
        names.append(f"many{n}")
    image = history.image(MAKE, work / "many.img", *names)
    with servers.serve(SERVER, [image]) as server:
        server.get("/")
        to = work / "many"
        status, _, said = git(work, "clone", "-q", address(server), to, check=False, GIT_TRACE_CURL="1")
        assert status == 0 and "Content-Encoding: gzip" in said, said[-2000:]
        assert len(git(to, "tag").split()) == 60
        git(to, "fsck", "--full", "--strict")


def check_places(work, history):
    """Off, below a prefix, and beside files of the image that have the same names."""
    image = history.image(MAKE, work / "place.img", "main")
    with servers.serve(SERVER, [image], ["git=off"]) as server:
        assert server.get("/info/refs?service=git-upload-pack")[0] == 404
        assert post(server, b"0000")[0] == 405
    with servers.serve(SERVER, [image], ["objects=off"]) as server:
        assert server.get("/info/refs?service=git-upload-pack")[0] == 404
    with servers.serve(SERVER, [image], ["git=/some/prefix", "objects=off"]) as server:
        assert server.get("/info/refs?service=git-upload-pack")[0] == 404
        clone(server, work / "below", 2, "--depth", "1", prefix="some/prefix")
        clone(server, work / "below2", 0, prefix="some/prefix/")
    own = servers.make_image(MAKE, work / "own", {"info/refs": b"mine\n", "git-upload-pack": b"mine too\n"}, work / "own.img")
    with servers.serve(SERVER, [own]) as server:
        assert server.get("/info/refs?service=git-upload-pack") == (200, b"mine\n")
        assert server.get("/git-upload-pack") == (200, b"mine too\n")
    with servers.serve(SERVER, [own], ["git=/x"]) as server:
        server.get("/")
        clone(server, work / "of_a_folder", 2, prefix="x")
        check_worktree(work / "of_a_folder", {"info/refs": "mine\n", "git-upload-pack": "mine too\n"})
        assert server.status()["packs"] == 1


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        history = History(work / "history")
        one = history.image(MAKE, work / "one.img", "v3")
        newer = history.image(MAKE, work / "newer.img", "v4")
        latest = history.image(MAKE, work / "latest.img", "main")
        several = history.image(MAKE, work / "several.img", "main", "v1", "outer", "light5")
        with servers.serve(SERVER, [one]) as server, servers.serve(SERVER, [several]) as server_of_several:
            server.get("/"), server_of_several.get("/")
            for protocol in PROTOCOLS:
                check_one_commit(work, history, server, protocol)
                check_versions(work, history, server_of_several, protocol)
            check_bodies(history, server)
            check_hostile(server)
            with servers.serve(SERVER, [newer]) as next_server, servers.serve(SERVER, [latest]) as last_server:
                next_server.get("/"), last_server.get("/")
                check_update(work, history, server, next_server, last_server)
        check_places(work, history)
        check_many(work, history)
        other = History(work / "sha256", "sha256")
        with servers.serve(SERVER, [other.image(MAKE, work / "sha256.img", "v3")]) as server:
            server.get("/")
            for protocol in PROTOCOLS:
                check_one_commit(work / "sha256", other, server, protocol)
            check_bodies(other, server, b"sha256")


main()
