"""Good and hostile proofs, made with the commands, for every program that checks them.

repository(), list_image(): what is proved. cases(): {name, proof, content, expected, ok}; `proof` and `content` as bytes,
`expected` as verifyProof() of browser/docteur-proof.js takes it, `ok`: whether it must be accepted.
"""

import base64
import os
import pathlib
import subprocess

FILES = {"page.html": b"<p>proved\n", "doc/deep/a b": b"x" * 3000, "doc/deep/b": b"", "doc/other": b"other\n", "z": b"z\n",
         "doc/\xc3\xa9".encode("latin1").decode("utf-8"): b"a name in UTF-8\n"}


def run(*words, cwd=None, env=None):
    return subprocess.run(words, cwd=cwd, env=env, check=True, timeout=120, stdout=subprocess.PIPE).stdout


class World:
    """A repository of one kind of hash, with commits and a tag that were signed by SSH, images of it and two keys."""

    def __init__(self, work, programs, kind):
        self.work, self.programs, self.kind = work, pathlib.Path(programs), kind
        self.env = {**os.environ, "HOME": str(work), "GIT_CONFIG_NOSYSTEM": "1", "GIT_DEFAULT_HASH": kind,
                    "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z"}
        work.mkdir()
        for who in ("bob", "eve"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", work / who)
        (work / "allowed").write_text(f"bob@example.org {(work / 'bob.pub').read_text()}")
        self.repository = work / "repository"
        self.git("init", "-q", "-b", "main", self.repository, cwd=work)
        for path, content in FILES.items():
            at = self.repository / path
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_bytes(content)
        (self.repository / "run").write_bytes(b"#!/bin/sh\n")
        (self.repository / "run").chmod(0o755)
        (self.repository / "link").symlink_to("doc/other")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "not signed")
        self.git("tag", "-s", "-m", "a release", "v1")
        self.git("commit", "-q", "-S", "--allow-empty", "-m", "signed")
        self.git("branch", "signed")
        self.signed, self.tagged, self.listed = work / "signed.img", work / "tagged.img", work / "listed.img"
        self.make("-b", "signed", self.repository, self.signed)
        self.make("-b", "v1", self.repository, self.tagged)
        self.make("-b", self.commit("v1^{commit}"), "--sign", work / "bob", self.repository, self.listed)

    def git(self, *words, cwd=None):
        config = ["-c", "user.name=T", "-c", "user.email=t@t", "-c", "gpg.format=ssh", "-c",
                  f"user.signingkey={self.work / 'bob'}"]
        return run("git", *config, *words, cwd=cwd or self.repository, env=self.env)

    def commit(self, name):
        return self.git("rev-parse", name).decode().strip()

    def make(self, *words):
        run(self.programs / "docteur-make", "-q", *words, env=self.env)

    def prove(self, *words):
        return run(self.programs / "docteur-prove", *words, env=self.env)

    def key(self, who):
        return (self.work / f"{who}.pub").read_text()

    def root(self):
        said = run(self.programs / "docteur-verify", self.listed, env=self.env).decode()
        return next(line.split(": ")[1].split(",")[0] for line in said.splitlines() if line.startswith("list\t"))


def put_number(v):
    out = bytearray()
    while v >= 0x80:
        out.append(0x80 | v & 0x7F)
        v >>= 7
    return bytes(out + bytes([v]))


def take_number(raw, at):
    value = shift = 0
    while True:
        value |= (raw[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if raw[at - 1] < 0x80:
            return value, at


def parts(proof):
    """Frame, path, tags, commit and trees of a proof of the commit form."""
    at, sized = 7, []

    def take():
        nonlocal at
        n, at = take_number(proof, at)
        at += n
        return proof[at - n : at]

    path = take()
    count, at = take_number(proof, at)
    tags = [take() for _ in range(count)]
    commit = take()
    while at < len(proof):
        sized.append(take())
    return proof[:7], path, tags, commit, sized


def joined(frame, path, tags, commit, trees):
    size = lambda raw: put_number(len(raw)) + raw
    return frame + size(path) + put_number(len(tags)) + b"".join(map(size, [*tags, commit, *trees]))


def good(world):
    """Each: name, proof, content, expected."""
    signed, v1 = world.commit("signed"), world.commit("v1^{commit}")
    for path, content in FILES.items():
        proof = world.prove(world.signed, path)
        yield f"{path} by commit", proof, content, {"commit": signed, "path": path}
        yield f"{path} by signer", proof, content, {"signer": world.key("bob"), "path": path}
        yield f"{path} by tag", world.prove(world.tagged, path), content, {"signer": world.key("bob"), "path": path}
        proof = world.prove(world.listed, path, "--compact")
        yield f"{path} by list", proof, content, {"signer": world.key("bob"), "path": path, "commit": v1}
        yield f"{path} by root", proof, content, {"root": world.root(), "path": path}
    for path, content in {"run": b"#!/bin/sh\n", "link": b"doc/other"}.items():
        yield f"{path} by commit", world.prove(world.signed, path), content, {"commit": signed}
        yield f"{path} by list", world.prove(world.listed, path, "--compact"), content, {"root": world.root()}
    for path in ("doc", "doc/deep", "/"):
        yield f"folder {path}", world.prove(world.signed, path), None, {"commit": signed, "path": path.strip("/")}


def mutations(proof):
    """Every cut, every flipped bit of every byte in turn, and more at the end."""
    for n in range(0, len(proof), max(1, len(proof) // 300)):
        yield f"cut at {n}", proof[:n]
    for n in range(len(proof)):
        yield f"flipped at {n}", proof[:n] + bytes([proof[n] ^ 1 << n % 8]) + proof[n + 1 :]
    yield "longer", proof + b"\0"
    yield "twice", proof + proof


def hostile(world):
    signed, v1, bob = world.commit("signed"), world.commit("v1^{commit}"), world.key("bob")
    deep, other = world.prove(world.signed, "doc/deep/b"), world.prove(world.signed, "doc/other")
    by_tag, by_list = world.prove(world.tagged, "doc/other"), world.prove(world.listed, "doc/other", "--compact")
    expected = {"commit": signed, "path": "doc/other"}
    by_bob = {"signer": bob, "path": "doc/other"}
    content = FILES["doc/other"]
    yield "other content", other, b"Other\n", expected
    yield "other path", other, content, {"commit": signed, "path": "doc/Other"}
    yield "other commit", other, content, {"commit": v1}
    yield "another signer", other, content, {"signer": world.key("eve")}
    yield "another signer of the tag", by_tag, content, {"signer": world.key("eve")}
    yield "another signer of the list", by_list, content, {"signer": world.key("eve")}
    yield "another root", by_list, content, {"root": "sha256:" + "0" * 64}
    yield "a root for a commit", other, content, {"root": world.root(), "commit": signed}
    yield "a commit without a signer", by_list, content, {"commit": v1}
    yield "nothing expected", other, content, {}
    yield "nothing expected of a list", by_list, content, {}
    yield "a folder with content", world.prove(world.signed, "doc"), b"", {"commit": signed}
    frame, path, tags, commit, trees = parts(other)
    yield "trees swapped", joined(frame, path, tags, commit, trees[::-1]), content, expected
    yield "a tree less", joined(frame, path, tags, commit, trees[:-1]), content, expected
    yield "a tree more", joined(frame, path, tags, commit, trees + trees[-1:]), content, expected
    yield "another's trees", joined(frame, path, tags, commit, parts(deep)[4][:2]), content, {"commit": signed, "path": "doc/deep"}
    yield "another path", joined(frame, b"doc/deep", tags, commit, trees), content, expected
    yield "an empty name", joined(frame, b"doc//other", tags, commit, trees), content, {"commit": signed}
    yield "a commit that was not tagged", joined(frame, path, parts(by_tag)[2], commit, trees), content, by_bob
    forged = joined(frame, path, tags, commit.replace(b"\nsigned\n", b"\nforged\n"), trees)
    yield "a forged message", forged, content, by_bob
    yield "an unsigned commit", joined(*parts(by_tag)[:2], [], *parts(by_tag)[3:]), content, by_bob
    long = bytearray(other)
    long[7:8] = bytes([long[7] | 0x80, 0])
    yield "a number that is too long", bytes(long), content, expected
    yield "a huge number", other[:7] + b"\xff" * 9 + other[7:], content, expected
    for name, proof in mutations(other):
        yield f"commit form {name}", proof, content, expected
    for name, proof in mutations(by_tag):
        yield f"tag {name}", proof, content, by_bob
    for name, proof in mutations(by_list):
        yield f"list form {name}", proof, content, {**by_bob, "commit": v1}


def cases(world):
    for ok, make in ((True, good), (False, hostile)):
        for name, proof, content, expected in make(world):
            yield {"name": f"{world.kind} {name}", "proof": proof, "content": content, "expected": expected, "ok": ok}


def as_json(case):
    text = lambda raw: None if raw is None else base64.b64encode(raw).decode()
    return {**case, "proof": text(case["proof"]), "content": text(case["content"])}
