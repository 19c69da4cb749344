#!/usr/bin/env python3
"""Redirects, passwords and tokens: who may learn them, and that no message has them."""

import base64

from range_server import Server, check, docteur, expect, good, refused, replies, run_checks, sample_image

image, files = sample_image()
data = image.read_bytes()
server = Server(data)
other = Server(data)


def cat(*paths, options=(), url=None, **how):
    return good("cat", *options, url or server.url, *paths, **how).out


def right(options=()):
    """All is well: the bytes are those of the files."""
    expect(cat("dir/file7", "large", options=options) == files["dir/file7"] + files["large"], "wrong bytes")


@check
def redirects():
    other.reset()

    def to(place):
        return replies(302, ("Location", place))
    for place in (other.url, other.url.replace("/the", "/elsewhere")):
        server.reset(to(place))
        right()
    server.reset(lambda r: r.path == "/the.img" and to("/moved.img")(r))
    right()
    server.reset(lambda r: to(server.url)(r))
    refused(3, "too many redirects", "cat", server.url, "dir/file7")
    expect(len(server.requests) <= 12, f"{len(server.requests)} redirects")
    for place in ("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/"):
        server.reset(to(place))
        refused(3, "a redirect to something other than http and https", "cat", server.url, "dir/file7")
    # A place that is good for a while only: the origin tells another.
    places = iter(["/first", "/second"])
    server.reset(lambda r: to(other.url.replace("/the.img", next(places)))(r))
    other.reset(lambda r: r.path == "/first" and r.number > 1 and replies(403)(r))
    right()
    other.reset()


@check
def passwords():
    secret = "s3cr3t%40"
    wanted = "Basic " + base64.b64encode(b"jane:s3cr3t@").decode()
    url = server.url.replace("//", f"//jane:{secret}@")

    def guarded(r):
        return r.fields.get("authorization") != wanted and replies(401)(r)
    server.reset(guarded)
    expect(cat("dir/file7", url=url) == files["dir/file7"], "wrong bytes")
    refused(3, "status 401", "cat", url.replace(secret, "wrong"), "dir/file7", secrets=["wrong", "jane"])
    # To another port it is not told, to another path of the same it is.
    other.reset()
    server.reset(replies(302, ("Location", other.url)))
    expect(cat("dir/file7", url=url) == files["dir/file7"], "wrong bytes")
    expect(all("authorization" not in r.fields for r in other.requests), "the other server got the password")
    server.reset(lambda r: r.path == "/the.img" and replies(302, ("Location", "/b"))(r) or guarded(r))
    expect(cat("dir/file7", url=url) == files["dir/file7"], "wrong bytes")
    for path in ("none", "dir/file7/x"):
        done = docteur("cat", url, path)
        expect(done.status == 1 and "s3cr3t" not in done.said and "jane" not in done.said, done.shown)
    for bad in ("http://jane:s3cr3t@/x", "http://jane:s3cr3t@127.0.0.1"):
        refused(2, "", "cat", bad, "x", secrets=["s3cr3t"])


@check
def tokens():
    token = image.parent / "token"
    token.write_text("t0ken\n")
    options = ["--token-file", token]

    def guarded(r):
        return r.fields.get("authorization") != "Bearer t0ken" and replies(401)(r)
    server.reset(guarded)
    right(options=options)
    refused(3, "status 401", "cat", server.url, "dir/file7")
    other.reset()
    server.reset(replies(302, ("Location", other.url)))
    right(options=options)
    expect(all("authorization" not in r.fields for r in other.requests), "the other server got the token")
    refused(3, "No such file", "cat", "--token-file", "none", server.url, "dir/file7")
    home = image.parent / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login jane password pw\n")
    server.reset(lambda r: "authorization" not in r.fields and replies(401)(r))
    right_home = {"environment": {"HOME": str(home)}}
    expect(cat("dir/file7", options=["--netrc"], **right_home) == files["dir/file7"], "wrong bytes")
    refused(3, "status 401", "cat", server.url, "dir/file7", **right_home)


run_checks(server)
