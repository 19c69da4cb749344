#!/usr/bin/env python3
"""docteur-make --sign: what is signed and with what, the same bytes each time, what other commands make of such an image, and what
goes wrong. The root is computed here once more, from the files. Usage: sign_test.py PROGRAMS"""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "support"), str(here)]
import cases
import programs
from waiting import listens, wait_until

PROGRAMS = pathlib.Path(sys.argv[1])


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(entries):
    """RFC 9162, section 2.1.1, over {path: (mode, content)}."""
    size = cases.put_number
    leaves = [sha256(b"\0", size(len(path)), path, size(mode), sha256(content)) for path, (mode, content) in sorted(entries.items())]

    def node(some):
        if len(some) == 1:
            return some[0]
        k = 1 << (len(some) - 1).bit_length() - 1
        return sha256(b"\1", node(some[:k]), node(some[k:]))

    return node(leaves).hex()


def run(world, program, *words, status=0):
    ran = subprocess.run([PROGRAMS / program, *map(str, words)], capture_output=True, text=True, timeout=120, env=world.env, check=False)
    assert ran.returncode == status, (program, words, ran)
    return ran


def fails(world, status, text, *words):
    out = world.work / "out"
    out.mkdir(exist_ok=True)
    ran = run(world, "docteur-make", "-q", *words, world.repository, out / "x.img", status=status)
    assert text in ran.stderr and len(ran.stderr.splitlines()) == 1, ran
    assert not list(out.iterdir()), "left behind"


def try_root(world):
    entries = {path.encode(): (0o100644, content) for path, content in cases.FILES.items()}
    entries |= {b"run": (0o100755, b"#!/bin/sh\n"), b"link": (0o120000, b"doc/other")}
    said = run(world, "docteur-verify", "--signature", "--allowed-signers", world.work / "allowed", world.listed)
    assert f"list\t: sha256:{root_of(entries)}, {len(entries)} files, a signature of SSH" in said.stdout.splitlines(), said
    assert "signed\t: list of files by bob@example.org" in said.stdout, said
    found = json.loads(run(world, "docteur-verify", "--json", world.listed).stdout)
    assert found["list"] == {"root": "sha256:" + root_of(entries), "files": len(entries)}, found
    # ssh-keygen alone checks the signature, over the statement as the document has it.
    proof = world.prove(world.listed, "z", "--compact")
    raw = proof[proof.index(b"SSHSIG") :]
    commit = world.commit("v1^{commit}")
    statement = (f"docteur list 1\ncommit {world.kind}:{commit}\ndate 1704067200\nfiles {len(entries)}\n"
                 f"root sha256:{root_of(entries)}\n")

    (world.work / "sig").write_text("-----BEGIN SSH SIGNATURE-----\n" + base64.b64encode(raw).decode() + "\n-----END SSH SIGNATURE-----\n")
    subprocess.run(["ssh-keygen", "-Y", "verify", "-f", world.work / "allowed", "-I", "bob@example.org", "-n", "docteur", "-s",
                    world.work / "sig"], input=statement.encode(), check=True, stdout=subprocess.DEVNULL, timeout=60)


def try_submodule(world):
    """A submodule's leaf is over its commit's id."""
    commit = world.commit("signed")
    world.git("update-index", "--add", "--cacheinfo", f"160000,{commit},module")
    tree = world.git("write-tree").decode().strip()
    made = world.git("commit-tree", "-m", "with a submodule", tree).decode().strip()
    image = world.work / "module.img"
    world.make("-b", made, "--sign", world.work / "bob", world.repository, image)
    run(world, "docteur-verify", "-q", "--signature", "--allowed-signers", world.work / "allowed", image)
    (world.work / "module.proof").write_bytes(world.prove(image, "module", "--compact"))
    said = run(world, "docteur-verify", "--proof", world.work / "module.proof", "--signature", "--allowed-signers", world.work / "allowed").stdout
    assert f"sha256\t: {sha256(bytes.fromhex(commit)).hex()}" in said.splitlines() and "mode\t: 160000" in said, said
    world.git("rm", "-q", "--cached", "module")


def try_determinism(world):
    again = world.work / "again.img"
    for words in (["--threads", "1"], ["--threads", "3"]):
        world.make("-b", world.commit("v1^{commit}"), "--sign", world.work / "bob", *words, world.repository, again)
        assert again.read_bytes() == world.listed.read_bytes(), words


def try_others(world):
    """Images with a list are extracted, updated and made from as others are."""
    work, allowed = world.work, ["--signature", "--allowed-signers", world.work / "allowed"]
    run(world, "docteur-extract", world.listed, work / "files")
    assert (work / "files/doc/other").read_bytes() == cases.FILES["doc/other"]
    run(world, "docteur-extract", "--git", world.listed, work / "copy")
    subprocess.run(["git", "-C", work / "copy", "fsck", "--strict"], check=True, capture_output=True, env=world.env, timeout=60)
    new = work / "new.img"
    world.make("-b", "signed", "--sign", work / "bob", "--from", world.listed, world.repository, new)
    run(world, "docteur-verify", "-q", *allowed, new)
    run(world, "docteur-diff", world.listed, new, work / "update")
    run(world, "docteur-patch", world.listed, work / "update", work / "patched.img")
    assert (work / "patched.img").read_bytes() == new.read_bytes()
    versions = work / "versions.img"
    world.make("-b", "signed", "-b", "v1", "--sign", work / "bob", world.repository, versions)
    run(world, "docteur-verify", "-q", *allowed, versions)
    said = run(world, "docteur-prove", versions, "z", "--compact", "--at", "v1", status=1).stderr
    assert "first version only" in said, said
    folder = work / "folder"
    folder.mkdir()
    (folder / "x").write_bytes(b"of a folder\n")
    world.make("-d", "2024-01-01T00:00:00Z", "--sign", work / "bob", folder, work / "folder.img")
    assert "signed\t: list of files by bob" in run(world, "docteur-verify", *allowed, work / "folder.img").stdout


def try_agent(world):
    """A public key: the agent signs."""
    if not shutil.which("ssh-agent"):
        return
    socket = world.work / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(socket), "no agent")
        world.env["SSH_AUTH_SOCK"] = str(socket)
        subprocess.run(["ssh-add", "-q", world.work / "bob"], check=True, env=world.env, timeout=60)
        shutil.copy(world.work / "bob.pub", world.work / "only.pub")
        image = world.work / "agent.img"
        world.make("-b", world.commit("v1^{commit}"), "--sign", world.work / "only.pub", world.repository, image)
        assert image.read_bytes() == world.listed.read_bytes()
    finally:
        world.env.pop("SSH_AUTH_SOCK", None)
        agent.terminate()
        agent.wait()


def try_faults(world):
    allowed = world.work / "allowed"
    fails(world, 3, "does not sign with it", "--sign", world.work / "nowhere")
    fails(world, 3, "does not sign with it", "--sign", allowed)
    fails(world, 2, "an empty name", "--sign", "")
    fails(world, 2, "an empty name", "--sign", "gpg:")
    (world.work / "eve-only").write_text(f"eve@example.org {world.key('eve')}")
    said = run(world, "docteur-verify", "--signature", "--allowed-signers", world.work / "eve-only", world.listed, status=1).stderr
    assert "list of files: made with a key that belongs to no allowed signer" in said, said
    # For another purpose only.
    (world.work / "git-only").write_text(f"bob@example.org namespaces=\"git\" {world.key('bob')}")
    said = run(world, "docteur-verify", "--signature", "--allowed-signers", world.work / "git-only", world.listed, status=1).stderr
    assert "list of files: made with a key" in said, said
    empty = world.work / "empty"
    empty.mkdir()
    ran = run(world, "docteur-make", "-q", "--sign", world.work / "bob", "-d", "2024-01-01T00:00:00Z", empty, world.work / "out/x.img", status=1)
    assert "no file" in ran.stderr, ran


def try_gpg(world):
    if not shutil.which("gpg"):
        return
    with tempfile.TemporaryDirectory(prefix="gpg.", dir="/tmp") as home:  # the path of its sockets is short
        world.env["GNUPGHOME"] = home
        try:
            subprocess.run(["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "Jane <jane@example.org>", "ed25519", "sign", "0"],
                           check=True, env=world.env, capture_output=True, timeout=120)
            image = world.work / "gpg.img"
            world.make("-b", "v1", "--sign", "gpg:jane@example.org", world.repository, image)
            said = run(world, "docteur-verify", "--signature", "--allowed-signers", world.work / "allowed", image).stdout
            assert "signed\t: list of files by Jane <jane@example.org> (OpenPGP " in said, said
            (world.work / "gpg.proof").write_bytes(world.prove(image, "z", "--compact"))
            said = run(world, "docteur-verify", "--proof", world.work / "gpg.proof", "--signature").stdout
            assert "signed\t: list of files by Jane" in said, said
            ran = run(world, "docteur-make", "-q", "--sign", "gpg:nobody@example.org", world.repository, world.work / "out/x.img", status=3)
            assert "does not sign with it" in ran.stderr, ran
        finally:
            subprocess.run(["gpgconf", "--kill", "all"], env=world.env, check=False, timeout=60)
            del world.env["GNUPGHOME"]


programs.program("ssh-keygen")
with tempfile.TemporaryDirectory() as where:
    world = cases.World(pathlib.Path(where) / "world", PROGRAMS, os.environ.get("GIT_DEFAULT_HASH", "sha1"))
    try_root(world)
    try_submodule(world)
    try_determinism(world)
    try_others(world)
    try_agent(world)
    try_faults(world)
    try_gpg(world)
