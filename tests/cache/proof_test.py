#!/usr/bin/env python3
"""/.docteur/proof/PATH: the same bytes as docteur-prove writes, for each form, version and kind of hash; conditions, HEAD, what
is not there, and the options that turn it off. docteur-verify and the file as it was served agree.

Usage: proof_test.py SERVER DOCTEUR_MAKE    (docteur-cache, or docteur-cache.elf: then in QEMU)
"""

import hashlib
import http.client
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import urllib.parse

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "support"), str(here.parent / "proof")]
import cases
import programs
import servers

SERVER, MAKE = sys.argv[1:3]
IS_GUEST = SERVER.endswith(".elf")
PROGRAMS = pathlib.Path(MAKE).parent
FRONT = "/.docteur/proof/"


def ask(port, path, method="GET", **fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=servers.PATIENCE)
    connection.request(method, path, headers={k.replace("_", "-"): v for k, v in fields.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def quoted(path):
    return urllib.parse.quote(path)


def try_paths(world, image, server):
    for path in [*cases.FILES, "run", "link", "doc", "doc/deep"]:
        status, fields, body = ask(server.port, FRONT + quoted(path))
        assert status == 200 and body == world.prove(image, path), (path, status)
        assert fields["Content-Type"] == "application/vnd.docteur.proof" and fields["Cache-Control"] == "no-cache", fields
        assert fields["ETag"] == f'"{hashlib.sha256(body).hexdigest()}"' and fields["X-Content-Type-Options"] == "nosniff", fields
    for path in [*cases.FILES, "run", "link"]:
        status, _, body = ask(server.port, FRONT + quoted(path) + "?compact")
        assert status == 200 and body == world.prove(image, path, "--compact"), (path, status)
        served = server.get("/" + quoted(path))[1] if path != "link" else b"doc/other"
        (world.work / "served").write_bytes(served)
        (world.work / "served.proof").write_bytes(body)
        subprocess.run([PROGRAMS / "docteur-verify", "-q", "--proof", world.work / "served.proof", "--file", world.work / "served",
                        "--signature", "--allowed-signers", world.work / "allowed"], check=True, env=world.env, timeout=60)
    for path in ("nowhere", "doc/nowhere", "page.html/x", "page.html/", "nowhere/", "link/x", "doc?compact", "doc/?compact"):
        assert ask(server.port, FRONT + path)[0] == 404, path
    assert ask(server.port, FRONT + "doc/")[2] == world.prove(image, "doc"), "a folder without index.html"
    assert ask(server.port, FRONT)[2] == ask(server.port, FRONT[:-1])[2] == world.prove(image, "/")
    assert ask(server.port, "/.docteur/proofs")[0] == 404


def try_conditions(server):
    path = FRONT + "page.html"
    _, fields, body = ask(server.port, path)
    tag = fields["ETag"]
    status, fields, nothing = ask(server.port, path, If_None_Match=tag)
    assert (status, fields["ETag"], nothing) == (304, tag, b"")
    assert ask(server.port, path, If_None_Match='"other"')[2] == body
    assert ask(server.port, path, If_Match='"other"')[0] == 412
    status, fields, nothing = ask(server.port, path, "HEAD")
    assert (status, fields["Content-Length"], nothing) == (200, str(len(body)), b"")
    assert ask(server.port, path, "POST")[0] in (405, 411, 413, 415)
    status, _, other = ask(server.port, path, Host="foreign.example")
    assert (status, other) == (200, body), "a proof is content, not a page of the server"


def try_versions(world, work):
    """An image of several versions: by /@NAME/, and where each path begins with a name."""
    image = work / "versions.img"
    (world.repository / "doc/index.html").write_bytes(b"an index\n")
    world.git("add", "-A")
    world.git("commit", "-qm", "with an index")
    world.git("branch", "newest")
    world.make("-b", "newest", "-b", "v1", "--sign", world.work / "bob", world.repository, image)
    with servers.serve(SERVER, [image], []) as server:
        server.get("/page.html")
        for path, at, name in (("page.html", "page.html", "newest"), ("@v1/page.html", "page.html", "v1"),
                               ("@newest/doc/", "doc/index.html", "newest"), ("@v1/doc/", "doc", "v1"),
                               ("doc/", "doc/index.html", "newest"), ("@v1", "", "v1"), ("doc", "doc", "newest")):
            assert ask(server.port, FRONT + path)[2] == world.prove(image, at or "/", "--at", name), path
        assert ask(server.port, FRONT + "@none/page.html")[0] == 404
        assert ask(server.port, FRONT + "@newest/z?compact")[2] == world.prove(image, "z", "--compact")
        assert ask(server.port, FRONT + "@v1/z?compact")[0] == 404, "the list has the files of the first version only"
    with servers.serve(SERVER, [image], ["versions"]) as server:
        server.get("/v1/page.html")
        assert ask(server.port, FRONT + "v1/page.html")[2] == world.prove(image, "page.html", "--at", "v1")
        assert ask(server.port, FRONT + "page.html")[0] == 404


def try_large(world, work):
    """A file that the server does not hold as a whole is not hashed for a compact proof: who has the file can check it."""
    content = random.Random(1).randbytes(6 << 20)
    folder, image = work / "large", work / "large.img"
    folder.mkdir()
    (folder / "large").write_bytes(content)
    (folder / "small").write_bytes(b"small\n")
    world.make("-d", "2024-01-01T00:00:00Z", "--sign", world.work / "bob", folder, image)
    with servers.serve(SERVER, [image], []) as server:
        server.get("/small")
        status, _, proof = ask(server.port, FRONT + "large?compact")
        whole = world.prove(image, "large", "--compact")
        assert status == 200 and len(proof) == len(whole) - 32, (status, len(proof))
        (work / "large.proof").write_bytes(proof)
        verify = [PROGRAMS / "docteur-verify", "--proof", work / "large.proof", "--signature", "--allowed-signers", world.work / "allowed"]
        subprocess.run([*verify, "-q", "--file", folder / "large"], check=True, env=world.env, timeout=60)
        ran = subprocess.run(verify, capture_output=True, text=True, env=world.env, timeout=60, check=False)
        assert ran.returncode == 2 and "needs the file" in ran.stderr, ran
        assert ask(server.port, FRONT + "small?compact")[2] == world.prove(image, "small", "--compact")


def try_options(world):
    for words, proofs in ((["proofs=off"], False), (["objects=off"], False), (["objects=off", "proofs=on"], True), (["status=off"], True)):
        with servers.serve(SERVER, [world.listed], words) as server:
            assert server.get("/page.html")[0] == 200
            assert (ask(server.port, FRONT + "page.html")[0] == 200) == proofs, words
            if IS_GUEST:
                break


programs.program("ssh-keygen")
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    world = cases.World(work / "world", PROGRAMS, os.environ.get("GIT_DEFAULT_HASH", "sha1"))
    with servers.serve(SERVER, [world.listed], []) as server:
        server.get("/page.html")
        try_paths(world, world.listed, server)
        try_conditions(server)
    try_versions(world, work)
    try_large(world, work)
    try_options(world)
