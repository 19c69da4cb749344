#!/usr/bin/env python3
"""docteur-push: what it puts into a registry, twice the same; cut in the middle and resumed; what it refuses; and
failures of the registry that pass or do not."""

import json
import signal
import subprocess
import time

from fake_registry import (BIN, ENVIRONMENT, FakeRegistry, docteur, expect, good, refused, run_checks, sample_image,
                           sha256)
from waiting import wait_until

CHUNK = 16 << 20
image, files = sample_image(36 << 20)  # three chunks
data = image.read_bytes()
registry = FakeRegistry()


def pushed(*options):
    return json.loads(good("push", "--json", *options, image, registry.name()).out)


def patches():
    """The byte that each PATCH of the image began at."""
    return [int(r.headers["Content-Range"].split("-")[0]) for r in registry.requests
            if r.command == "PATCH" and r.headers["Content-Length"] != "2"]


def anew():
    registry.blobs.clear()
    registry.manifests.clear()


def twice():
    anew()
    first = pushed()
    expect(registry.blobs[sha256(data)] == data and registry.blobs[sha256(b"{}")] == b"{}", "other blobs")
    expect(patches() == [0, CHUNK, 2 * CHUNK], patches())
    kind, text = registry.manifests["v1"]
    expect(first["manifest"] == sha256(text) and first["name"] == registry.name(sha256(text)), first)
    expect(first["layer"] == sha256(data) and not first["was_there"] and first["sent_bytes"] == len(data) + 2, first)
    report = json.loads(good("verify", "--json", image).out)
    notes = json.loads(text)["annotations"]
    expect(notes == {"org.docteur.image.digest": report["digest"], "org.opencontainers.image.title": "site.img",
                     "org.opencontainers.image.created": "2020-10-10T08:00:00Z",
                     "org.opencontainers.image.revision": report["commit"]}, notes)
    # Another file of the same bytes: nothing is sent, and the manifest is the same.
    registry.reset()
    copy = image.with_name("copy.img")
    copy.write_bytes(data)
    again = json.loads(good("push", "--json", copy, registry.name()).out)
    copy.unlink()
    expect(again["was_there"] and again["sent_bytes"] == 0 and again["manifest"] == first["manifest"], again)
    expect([c for c, _ in registry.asked()] == ["HEAD", "HEAD", "PUT"], registry.asked())
    lines = good("push", image, registry.name()).out.decode()
    expect(lines == f"manifest\t: {first['manifest']}\nname\t: {first['name']}\n", lines)
    expect(good("push", "-q", image, registry.name()).out == b"", "not quiet")
    good("verify", "-q", first["name"])


def cut_and_resumed():
    """What the registry has is not sent again."""
    for cuts in ([1], [5_000_000], [CHUNK + 1, 2 * CHUNK - 1, len(data) - 10], [7_000_000, 7_000_001, 8_000_000]):
        anew()
        registry.reset()
        registry.cuts = list(cuts)
        report = pushed("--retries", "4")
        starts = patches()
        # One byte cannot be told from none.
        for cut in cuts:
            expect((cut if cut > 1 else 0) in starts, f"cut after {cut}: chunks begin at {starts}")
        if cuts[0] > 1:
            expect(starts == sorted(set(starts)) and report["resumed"] == len(cuts), f"{starts} {report}")
        expect(registry.blobs[sha256(data)] == data, "other bytes")


def forgotten():
    """The registry no longer knows the upload: it begins anew. One that never does ends."""
    anew()
    gone = []

    def forgets(r):
        if r.command == "PATCH" and not gone:
            gone.append(r)
            registry.uploads.clear()
        return False
    registry.reset(forgets)
    report = pushed()
    expect(patches()[:2] == [0, 0] and registry.blobs[sha256(data)] == data, f"{patches()} {report}")
    anew()
    registry.reset(lambda r: r.command == "PATCH" and (r.body(), registry.uploads.clear(), False)[2])
    refused(3, "status 404 to a chunk", "push", "-q", "--retries", "2", image, registry.name())
    expect(len(patches()) == 3, patches())


def passing_failures():
    anew()
    seen = {}

    def each_once(r):
        key = (r.command, r.path.split("/")[-2])
        if key in seen:
            return False
        seen[key] = True
        if r.command == "PUT" and "uploads" in r.path:  # it is done, and the answer is lost
            r.answer = lambda *_: None
            r.upload("team/site", r.path.split("/uploads/")[1])
            return r.cut()
        r.body()
        r.answer(429, [("Retry-After", "0")]) if r.command == "POST" else r.answer(503)
        return True
    registry.reset(each_once)
    pushed()
    expect(registry.blobs[sha256(data)] == data and len(seen) >= 5, seen)
    registry.reset(lambda r: (r.body(), r.answer(503))[1])
    refused(3, "status 503", "push", "-q", "--retries", "1", image, registry.name())
    registry.reset(lambda r: (r.body(), r.answer(429, [("Retry-After", "3600")]))[1])
    refused(3, "to come back in 3600 s", "push", "-q", image, registry.name())


def refusals():
    anew()
    for name in ("oci://", "oci://host", f"oci://{registry.host}/Site", f"oci://{registry.host}/a//b",
                 f"oci://{registry.host}/a:",
                 f"oci://{registry.host}/a@sha256:12", "oci://ho st/a", "oci://h/a:b c", "http://h/a",
                 "oci://h:123456/a",
                 registry.name(sha256(b""))):
        refused(2, "", "push", image, name)
    refused(2, "no user or password", "push", image, f"oci://jane:s3cr3t@{registry.host}/a", secrets=["s3cr3t", "jane"])
    bad = image.with_name("bad.img")
    bad.write_bytes(data[:1000] + bytes(100) + data[1100:])
    done = docteur("push", bad, registry.name())
    expect(done.status == 1 and "nothing was sent" in done.said, done.shown)
    bad.write_bytes(b"no image")
    done = docteur("push", bad, registry.name())
    expect(done.status == 1 and "nothing was sent" in done.said, done.shown)
    expect(not registry.requests, registry.asked())
    bad.unlink()
    refused(3, "No such file", "push", bad, registry.name())
    # It takes other bytes, another manifest, a chunk that is none; it sends the upload elsewhere.
    registry.reset(lambda r: r.command == "PUT" and "uploads" in r.path
                   and r.answer(400, [], b'{"errors":[{"code":"DIGEST_INVALID"}]}'))
    refused(3, "DIGEST_INVALID", "push", "-q", "--retries", "1", image, registry.name())
    registry.reset(lambda r: r.command == "PUT" and "manifests" in r.path and
                   (r.body(), r.answer(201, [("Docker-Content-Digest", sha256(b"x"))]))[1])
    refused(3, "another manifest", "push", "-q", image, registry.name())
    anew()
    registry.reset(lambda r: r.command == "PATCH" and (r.body(), r.answer(202, [("Location", r.path),
                                                                                ("Range", "0-99999999999")]))[1])
    refused(3, "another part", "push", "-q", "--retries", "1", image, registry.name())
    for place in ("file:///etc/passwd", "", "gopher://x/"):
        registry.reset(lambda r: r.command == "POST" and r.answer(202, [("Location", place)] if place else []))
        refused(3, "", "push", "-q", image, registry.name())
    registry.reset()
    registry.more = [("OCI-Chunk-Min-Length", str(1 << 40))]
    refused(3, "chunks that are too long", "push", "-q", image, registry.name())
    registry.reset(lambda r: (r.body(), r.answer(403, [], b'{"errors":[{"code":"DENIED","message":"x"}]}'))[1])
    refused(3, "status 403", "push", "-q", image, registry.name())


def large_chunks():
    anew()
    registry.more = [("OCI-Chunk-Min-Length", str(30 << 20))]
    pushed()
    expect(patches() == [0, 30 << 20], patches())


def interrupted():
    anew()
    stuck = []
    registry.reset(lambda r: r.command == "PATCH" and (stuck.append(r), time.sleep(20), True)[2])
    process = subprocess.Popen([BIN / "docteur-push", image, registry.name()], env=ENVIRONMENT, stderr=subprocess.PIPE)
    wait_until(lambda: stuck, "no chunk")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate()
    expect(process.returncode == -signal.SIGTERM, f"status {process.returncode}")
    expect("v1" not in registry.manifests, "a manifest without its blob")
    print(f"ended {time.monotonic() - began:.1f} s after the signal")


def killed_and_resumed():
    """Another run goes on with the upload of one that was killed."""
    home = image.with_name("home")
    home.mkdir()
    environment = {"XDG_CACHE_HOME": str(home)}
    anew()
    stuck = []
    registry.reset(lambda r: r.command == "PATCH" and len(patches()) == 2 and (stuck.append(r), time.sleep(60), True)[2])
    process = subprocess.Popen([BIN / "docteur-push", image, registry.name()], env={**ENVIRONMENT, **environment},
                               stderr=subprocess.DEVNULL)
    wait_until(lambda: stuck, "no second chunk")
    process.kill()
    process.wait()
    kept = list((home / "docteur/uploads").iterdir())
    expect(len(kept) == 1 and kept[0].stat().st_mode & 0o777 == 0o600, kept)
    uploads = registry.uploads

    def again(*options):
        registry.reset()
        registry.uploads = uploads
        return json.loads(good("push", "--json", *options, image, registry.name(), environment=environment).out)
    report = again()
    expect(patches() == [CHUNK, 2 * CHUNK] and report["resumed"] == 1, f"{patches()} {report}")
    expect(report["sent_bytes"] == len(data) - CHUNK + 2 and registry.blobs[sha256(data)] == data, report)
    expect(not list((home / "docteur/uploads").iterdir()), "it is still kept")
    # What is kept is damaged, names another registry or an upload that is gone: the upload begins anew.
    place = f"http://127.0.0.1:{registry.server_address[1]}/v2/team/site/blobs/uploads"
    for text in ("", "x", "docteur upload 1\n", "docteur upload 1\n0\n", f"docteur upload 1\n0\n{place}/77?state=0\n",
                 f"docteur upload 1\n{1 << 60}\n{place}/0?state=0\n", "docteur upload 1\n0\nfile:///etc/passwd\n",
                 "docteur upload 1\n0\nhttp://127.0.0.1:1/\n"):
        anew()
        kept[0].write_text(text)
        again("--retries", "0")
        expect(patches() == [0, CHUNK, 2 * CHUNK] and registry.blobs[sha256(data)] == data, f"{text!r}: {patches()}")


run_checks(registry, of=[twice, killed_and_resumed, cut_and_resumed, forgotten, passing_failures, refusals, large_chunks, interrupted])
