#!/usr/bin/env python3
"""docteur-prove and docteur-verify --proof: the cases of cases.py, the statuses, the sentences and the sizes.
Usage: command_test.py PROGRAMS"""

import json
import os
import pathlib
import pty
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "support"), str(here)]
import cases
import programs
import servers

PROGRAMS = pathlib.Path(sys.argv[1])
EVERY = 16  # of the mutations, each of which the browser's test tries too


def verify(world, *words):
    ran = subprocess.run([PROGRAMS / "docteur-verify", *map(str, words)], capture_output=True, text=True, timeout=120, env=world.env, check=False)
    assert ran.returncode == 0 or (ran.stdout == "" and len(ran.stderr.splitlines()) == 1), (words, ran)
    return ran


def fails(world, status, text, *words):
    ran = verify(world, *words)
    assert ran.returncode == status and text in ran.stderr, (words, ran)


def options_of(world, folder, case):
    """The words for what is expected. A signer is a line of a file of allowed ones."""
    (folder / "proof").write_bytes(case["proof"])
    words = ["--proof", folder / "proof"]
    if case["content"] is not None:
        (folder / "content").write_bytes(case["content"])
        words += ["--file", folder / "content"]
    for name in ("commit", "path", "root"):
        if name in case["expected"]:
            words += [f"--{name}", case["expected"][name]]
    if "signer" in case["expected"]:
        (folder / "allowed").write_text(f"who@example.org {case['expected']['signer']}")
        words += ["--signature", "--allowed-signers", folder / "allowed"]
    return words


def try_cases(world, folder):
    """The command accepts and refuses what the verifier for browsers does; without a demand it only says what a proof is of."""
    counts = {True: 0, False: 0}
    for i, case in enumerate(cases.cases(world)):
        if (" flipped at " in case["name"] or " cut at " in case["name"]) and i % EVERY != 0:
            continue
        if case["name"].endswith(" nothing expected"):
            continue
        ran = verify(world, *options_of(world, folder, case))
        assert (ran.returncode == 0) == case["ok"], (case["name"], ran)
        assert ran.returncode in (0, 1, 2), (case["name"], ran)
        counts[case["ok"]] += 1
    assert counts[True] > 30 and counts[False] > 100, counts


def try_sizes(world):
    """A proof has the commit and the trees on the way, and little more; a compact one has a hash for each level."""
    for path in ("page.html", "doc/deep/a b"):
        proof = world.prove(world.signed, path)
        frame, its_path, tags, commit, trees = cases.parts(proof)
        objects = len(commit) + sum(map(len, trees))
        commits_tree = world.git("rev-parse", "signed^{tree}").decode().strip()
        assert commit == world.git("cat-file", "commit", "signed") and trees[0] == world.git("cat-file", "tree", commits_tree)
        assert its_path == path.encode() and not tags and len(trees) == path.count("/") + 1
        assert len(proof) <= objects * 1.05, (len(proof), objects)
    assert len(world.prove(world.listed, "doc/other", "--compact")) < 600


def try_words(world, folder):
    proof, page, signed = folder / "page.proof", folder / "page", world.commit("signed")
    page.write_bytes(cases.FILES["page.html"])
    world.prove(world.signed, "/page.html", "-o", proof)
    said = verify(world, "--proof", proof, "--file", page).stdout
    blob = world.git("rev-parse", "signed:page.html").decode().strip()
    for line in (f"commit\t: {signed}", "path\t: page.html", "mode\t: 100644", f"blob\t: {blob}", f"file\t: {page} is it"):
        assert line in said.splitlines(), (line, said)
    found = json.loads(verify(world, "--proof", proof, "--json", "--signature", "--allowed-signers", world.work / "allowed").stdout)
    assert found["commit"] == signed and found["blob"] == blob and found["path"] == "page.html" and not found["file_compared"], found
    assert found["signatures"][0]["result"] == "good", found
    link = folder / "link"
    link.symlink_to("doc/other")  # which does not exist here: its target is its content
    world.prove(world.signed, "link", "-o", folder / "link.proof")
    assert verify(world, "--proof", folder / "link.proof", "--file", link).returncode == 0
    fails(world, 1, "is blob ", "--proof", proof, "--file", world.work / "bob")
    fails(world, 1, "a proof of page.html, not of other", "--proof", proof, "--path", "other")
    fails(world, 1, f"a proof for commit {signed}, not for ", "--proof", proof, "--commit", world.commit("v1^{commit}"))
    fails(world, 1, "no allowed signer", "--proof", proof, "--signature", "--allowed-signers", os.devnull)
    world.prove(world.tagged, "page.html", "-o", folder / "tag.proof")
    assert "signed\t: tag v1 by bob@example.org" in verify(world, "--proof", folder / "tag.proof", "--signature",
                                                           "--allowed-signers", world.work / "allowed").stdout
    world.prove(world.listed, "page.html", "-o", folder / "unsigned.proof")
    fails(world, 1, "not signed", "--proof", folder / "unsigned.proof", "--signature")
    fails(world, 3, "No such file", "--proof", folder / "nowhere")
    fails(world, 3, "No such file", "--proof", proof, "--file", folder / "nowhere")
    fails(world, 2, "is not an id", "--proof", proof, "--commit", "abc")
    fails(world, 2, "without an image", "--proof", proof, world.signed)
    fails(world, 2, "are for --proof", "--file", page, world.signed)
    fails(world, 2, "image is required")
    world.prove(world.listed, "page.html", "--compact", "-o", folder / "list.proof")
    fails(world, 2, "--signature or --root", "--proof", folder / "list.proof")
    for status, text, words in ((1, "nowhere: no such path", [world.signed, "nowhere"]),
                                (1, "no signed list", [world.signed, "page.html", "--compact"]),
                                (1, "no folders", [world.listed, "doc", "--compact"]),
                                (1, "is no folder", [world.signed, "page.html/x"]),
                                (2, "no such folder", [world.signed, "page.html", "-o", folder / "no/where"])):
        ran = subprocess.run([PROGRAMS / "docteur-prove", *map(str, words)], capture_output=True, text=True, env=world.env, check=False)
        assert ran.returncode == status and text in ran.stderr and ran.stdout == "", ran


def try_terminal(world):
    ours, theirs = pty.openpty()
    ran = subprocess.run([PROGRAMS / "docteur-prove", world.signed, "page.html"], stdout=theirs, stderr=subprocess.PIPE, env=world.env, check=False)
    os.close(theirs)
    os.close(ours)
    assert ran.returncode == 2 and b"terminal" in ran.stderr, ran


def try_versions(world, folder):
    """A proof for each version of an image of several."""
    image = folder / "versions.img"
    world.make("-b", "signed", "-b", "v1", world.repository, image)
    for name in ("signed", "v1"):
        (folder / "v.proof").write_bytes(world.prove(image, "page.html", "--at", name))
        assert verify(world, "--proof", folder / "v.proof", "--commit", world.commit(f"{name}^{{commit}}")).returncode == 0
    assert world.prove(image, "z", "--at", "v1") == world.prove(world.tagged, "z")


def try_url(world, folder):
    """The image on a server that sends ranges."""
    image = servers.make_image(PROGRAMS / "docteur-make", folder / "site", {"signed.img": world.signed.read_bytes()}, folder / "site.img")
    with servers.Process(PROGRAMS / "docteur-cache", [image]) as server:
        server.get("/signed.img")
        url = f"http://127.0.0.1:{server.port}/signed.img"
        assert world.prove("--no-cache", url, "doc/other") == world.prove(world.signed, "doc/other")


programs.program("ssh-keygen")
with tempfile.TemporaryDirectory() as where:
    folder = pathlib.Path(where)
    world = cases.World(folder / "world", PROGRAMS, os.environ.get("GIT_DEFAULT_HASH", "sha1"))
    try_cases(world, folder)
    try_sizes(world)
    try_words(world, folder)
    try_terminal(world)
    try_versions(world, folder)
    try_url(world, folder)
