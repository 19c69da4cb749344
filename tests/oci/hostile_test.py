#!/usr/bin/env python3
"""Registries that say what is not so, break off, or have something else under the name: one clear line, no wrong byte,
no credential to another host."""

import json

from fake_registry import (EMPTY, KIND, FakeRegistry, docteur, expect, good, manifest_of, refused, run_checks,
                           sample_image, sha256)
from range_server import Server

image, files = sample_image()
data = image.read_bytes()
digest = json.loads(good("verify", "--json", image).out)["digest"]
registry = FakeRegistry()
elsewhere = Server(data)
out = image.with_name("out.img")


def right(*options, reference="v1"):
    for path in ("dir/file7", "large"):
        expect(good("cat", *options, registry.name(reference), path).out == files[path], f"wrong bytes of {path}")


def every(status, words, *options, **how):
    """Each command that reads an image refuses it in one line."""
    for command, more in (("ls", []), ("cat", ["dir/file7"]), ("fetch", [out]), ("verify", [])):
        refused(status, words, command, *options, registry.name(), *more, **how)
        expect(not out.exists(), "a file is there")


def good_ones():
    registry.hold(data)
    right()
    registry.hold(data, annotations={"org.docteur.image.digest": digest})
    right()
    right("--digest", digest)
    # The kind may stand at config, where a registry is too old to know artifactType.
    config = {"mediaType": KIND, "digest": sha256(b"{}"), "size": 2}
    registry.hold(data, config=config, artifactType=None)
    text = manifest_of(data, config=config)
    del text["artifactType"]
    registry.manifests["v1"] = ("text/plain", json.dumps(text).encode())
    right()
    good("fetch", "-q", registry.name(), out)
    expect(out.read_bytes() == data, "other bytes")
    out.unlink()


def other_kinds():
    layers = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": sha256(b"x"), "size": 1}] * 2
    docker = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": layers,
              "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": sha256(b"{}"),
                         "size": 2}}
    oci = {"schemaVersion": 2, "layers": layers,
           "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(b"{}"), "size": 2}}
    for manifest, words in ((docker, "not an image of docteur (application/vnd.docker.container.image.v1+json)"),
                            (oci, "not an image of docteur (application/vnd.oci.image.config.v1+json)"),
                            ({"schemaVersion": 2, "manifests": []}, "an index of several images"),
                            ({"schemaVersion": 1, "name": "x"}, "not an image of docteur"),
                            ({"schemaVersion": 2, "artifactType": "a\n\x1b[2J"},
                             "not an image of docteur (a\\n\\x1b[2J)")):
        registry.manifests["v1"] = ("x/y", json.dumps(manifest).encode())
        every(1, words)


def manifests():
    layer = manifest_of(data)["layers"][0]
    for layers, words in (([], "another number"), ([layer] * 2, "another number"), (None, "another number"),
                          ({}, "another number"),
                          ([7], "not a disk"), ([{**layer, "mediaType": EMPTY}], "not a disk"),
                          ([{**layer, "digest": "sha512:" + "0" * 128}], "not a disk"),
                          ([{**layer, "digest": layer["digest"].upper()}], "not a disk"),
                          ([{**layer, "digest": "sha256:../../x"}], "not a disk"),
                          ([{**layer, "size": 0}], "out of bounds"), ([{**layer, "size": -1}], "out of bounds"),
                          ([{**layer, "size": 1.5e300}], "out of bounds"),
                          ([{**layer, "size": 1 << 63}], "out of bounds"),
                          ([{**layer, "size": "7"}], "out of bounds"),
                          ([{**layer, "size": 10 ** 40}], "out of bounds")):
        registry.hold(data, layers=layers)
        refused(1, words, "ls", registry.name())
    registry.hold(data, annotations={"org.docteur.image.digest": "sha256:1"})
    refused(1, "is not a digest", "ls", registry.name())
    for text in (b"", b"{", b"[]", b"nonsense", b"[" * 100_000, b'{"a":' * 2000 + b"1" + b"}" * 2000,
                 b"[" + b"1," * 150_000 + b"1]", b'{"schemaVersion":2,"a":"\xff"}'):
        registry.manifests["v1"] = ("x/y", text)
        refused(1, "not a manifest", "ls", registry.name())
    registry.manifests["v1"] = ("x/y", b'{"a":"' + b"a" * (4 << 20) + b'"}')
    every(3, "the answer is too long")

    def endless(r):
        r.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000)
        return r.cut()
    registry.reset(endless)
    refused(3, "", "ls", registry.name())


def other_bytes():
    """The layer has other bytes than its digest says, of the same length."""
    at = data.index(files["large"][:64])
    wrong = data[:at] + bytes(64) + data[at + 64:]
    registry.hold(data, content=wrong)
    # Without a digest of the image a whole read finds out, and a lazy one by the objects' ids.
    for command, more in (("fetch", [out]), ("fetch", ["--no-verify", out]), ("verify", [])):
        refused(1, "other bytes than those of " + sha256(data), command, *more[:-1], registry.name(), *more[-1:])
        expect(not list(out.parent.glob("out.img*")), "something was kept")
    done = docteur("cat", registry.name(), "large")
    expect(done.status == 1 and done.out in files["large"], "wrong bytes were printed")
    # With one, each block is compared.
    registry.hold(data, content=wrong, annotations={"org.docteur.image.digest": digest})
    done = docteur("cat", registry.name(), "large")
    expect(done.status == 1 and files["large"].startswith(done.out), f"wrong bytes were printed: {done.shown}")
    # Another image altogether, the manifest of which names this digest.
    registry.hold(data, annotations={"org.docteur.image.digest": sha256(b"x")})
    every(1, "digest")
    refused(1, "the registry's manifest names the digest", "ls", "--digest", digest, registry.name())
    # Another length.
    registry.hold(data, content=data + b"x")
    every(3, "another file under this digest")
    registry.hold(data, content=data[:-4096])
    every(3, "another file under this digest")
    noise = sha256(b"noise") * 10
    registry.hold(noise.encode())
    every(1, "")


def by_digest():
    pin = registry.hold(data)
    right(reference=pin)
    other = registry.hold(data, annotations={"x": "y"})
    registry.manifests[pin] = registry.manifests[other]
    refused(3, "another manifest than the one of this digest", "ls", registry.name(pin))


def absences():
    refused(3, "status 404: the registry has no such image", "ls", registry.name("none"))
    registry.hold(data)
    registry.blobs.clear()
    every(3, "status 404")
    registry.reset(lambda r: r.answer(401, [("WWW-Authenticate", 'Basic realm="x"')]))
    every(3, "status 401: the registry asks for a user")
    registry.reset(lambda r: r.answer(401))
    every(3, "status 401: the registry asks for credentials of a kind that is not known here")
    registry.reset(lambda r: r.answer(403))
    every(3, "status 403")
    registry.hold(data)
    registry.reset(lambda r: "Range" in r.headers and r.answer(200, [], data))
    refused(3, "whole files only", "ls", registry.name())
    gone = FakeRegistry()
    name = gone.name()
    gone.shutdown()
    gone.server_close()
    refused(3, "", "ls", name)


def failures_that_pass():
    registry.hold(data)
    for status in (503, 429, 500):
        failed = set()

        def once(r):
            key = (r.path, r.headers.get("Range"))
            if key in failed:
                return False
            failed.add(key)
            return r.answer(status, [("Retry-After", "0")])
        registry.reset(once)
        right()
    failed = set()
    registry.reset(lambda r: r.path not in failed and (failed.add(r.path), r.cut())[1])
    right()


def redirected_blobs():
    """As registries before an object store do: the other host gets no credentials, nor does a manifest's."""
    registry.hold(data)
    token = image.with_name("token")
    token.write_text("s3cr3t\n")

    def guard(r):
        if r.headers.get("Authorization") != "Bearer s3cr3t":
            return r.answer(401, [("WWW-Authenticate", 'Bearer realm="http://127.0.0.1:9/"')])
        return "blobs" in r.path and r.answer(307, [("Location", elsewhere.url + "?signature=x")])
    registry.reset(guard)
    elsewhere.reset()
    right("--token-file", token)
    expect(elsewhere.requests and all("authorization" not in r.fields for r in elsewhere.requests),
           "the token went elsewhere")
    # A signature that lasts for some requests: the registry is asked again.
    left = [2]

    def expires(r):
        left[0] -= 1
        return left[0] < 0 and (left.__setitem__(0, 2), r.reply(403), True)[2]
    elsewhere.reset(expires)
    right("--token-file", token, "--connections", "1")
    elsewhere.reset(lambda r: (r.reply(404), True)[1])
    refused(3, "status 404", "ls", "--token-file", token, registry.name(), secrets=["s3cr3t", "signature"])
    registry.reset(lambda r: r.answer(302, [("Location", elsewhere.url)]))
    elsewhere.reset(lambda r: (r.reply(200, [], b"{}"), True)[1])
    done = docteur("ls", "--token-file", token, registry.name())
    expect(done.status == 1 and all("authorization" not in r.fields for r in elsewhere.requests), done.shown)
    registry.reset(lambda r: r.answer(302, [("Location", r.path)]))
    refused(3, "too many redirects", "ls", registry.name())
    registry.reset(lambda r: r.answer(302, [("Location", "file:///etc/passwd")]))
    refused(3, "a redirect to something other than http and https", "ls", registry.name())


run_checks(registry, of=[good_ones, other_kinds, manifests, other_bytes, by_digest, absences, failures_that_pass,
                        redirected_blobs])
