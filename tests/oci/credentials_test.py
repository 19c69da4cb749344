#!/usr/bin/env python3
"""Who a registry is told that it is: user and password, tokens of a token server, refresh tokens, from docker's and
podman's files and from credential helpers; tokens that end in the middle; and that no secret is said, kept or sent to
anyone else."""

import json

from fake_registry import BIN, ENVIRONMENT, Ran, FakeRegistry, expect, good, refused, run_checks, sample_image, sha256
from token_server import AUTH, TokenServer

SECRETS = ("s3cr3t", "r3fr3sh", "bearer-")
image, files = sample_image()
data = image.read_bytes()
registry = FakeRegistry()
home = image.with_name("home")


tokens = TokenServer()


def by_token(r):
    actions = ["pull"] if r.command in ("GET", "HEAD") else ["pull", "push"]
    if tokens.takes(r, actions):
        return False
    r.body()
    scope = "repository:team/site:" + ",".join(actions)
    return r.answer(401, [("WWW-Authenticate", f'Bearer realm="{tokens.realm}",service="reg, istry",scope="{scope}"')])


def by_password(r):
    if r.headers.get("Authorization") == "Basic " + AUTH:
        return False
    r.body()
    return r.answer(401, [("WWW-Authenticate", 'Negotiate'), ("WWW-Authenticate", 'Basic realm="x"')])


def stored(content, at=".docker/config.json"):
    file = home / at
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return {"HOME": str(home)}


def nothing_stored():
    for file in home.rglob("*"):
        if file.is_file():
            text = file.read_bytes()
            if file.name not in ("config.json", "auth.json") and "docker-credential" not in file.name:
                expect(not any(s.encode() in text for s in SECRETS), f"a secret in {file}")


def right(environment, *options):
    done = good("cat", *options, registry.name(), "dir/file7", "large", environment=environment)
    expect(done.out == files["dir/file7"] + files["large"], "wrong bytes")
    expect(not any(s in done.said for s in SECRETS), "a secret in a message")


def no(words, environment, status=3):
    refused(status, words, "cat", "--no-cache", registry.name(), "dir/file7", environment=environment, secrets=SECRETS)


def passwords():
    registry.hold(data)
    registry.reset(by_password)
    no("status 401: the registry asks for a user", {})
    entry = {"auth": AUTH}
    for key in (registry.host, f"http://{registry.host}", f"https://{registry.host}/v2/", f"{registry.host}/team",
                f"{registry.host}/team/site"):
        right(stored({"auths": {"other.example": {"auth": "eDp5"}, key: entry}}), "--no-cache")
    for key in (f"{registry.host}/te", f"{registry.host}/team/site2", registry.host.split(":")[0]):
        no("status 401: the registry asks for a user", stored({"auths": {key: entry}}))
    # The longest name that fits.
    right(stored({"auths": {registry.host: {"auth": "eDp5"}, f"{registry.host}/team": entry}}), "--no-cache")
    right(stored({"auths": {registry.host: {"username": "jane", "password": "s3cr3t"}}}), "--no-cache")
    no("refuses the user or the password that is stored", stored({"auths": {registry.host: {"auth": "eDp5"}}}))
    for bad in ("{", "[]", '{"auths": {"%s": {"auth": "!!!!"}}}' % registry.host):
        no("", stored(bad))
    no("status 401: the registry asks for a user", stored(""))
    (home / ".docker/config.json").unlink()
    right(stored({"auths": {registry.host: entry}}, ".config/containers/auth.json"), "--no-cache")
    (home / ".config/containers/auth.json").unlink()
    for variable, at, folder in (("DOCKER_CONFIG", "d/config.json", "d"),
                                 ("XDG_RUNTIME_DIR", "r/containers/auth.json", "r"),
                                 ("REGISTRY_AUTH_FILE", "a/auth.json", "a/auth.json"),
                                 ("XDG_CONFIG_HOME", "c/containers/auth.json", "c")):
        stored({"auths": {registry.host: entry}}, at)
        right({variable: str(home / folder), "HOME": str(home)}, "--no-cache")
    # Nobody is sent credentials before they ask.
    registry.reset()
    right(stored({"auths": {registry.host: entry}}), "--no-cache")
    expect(all("Authorization" not in r.headers for r in registry.requests), "the password was sent unasked")
    nothing_stored()


def token_flow():
    registry.hold(data)
    registry.reset(by_token)
    tokens.anyone = True
    right({}, "--no-cache")
    expect(tokens.asked == [("GET", {"service": ["reg, istry"], "scope": ["repository:team/site:pull"]})], tokens.asked)
    refused(3, "status 401: the registry refuses access", "push", "-q", image, registry.name("v2"), secrets=SECRETS)
    tokens.anyone = False
    no("the registry asks for a user", {})
    tokens.asked.clear()
    environment = stored({"auths": {registry.host: {"auth": AUTH}}})
    right(environment, "--no-cache")
    expect(len(tokens.asked) == 1 and tokens.asked[0][1]["account"] == ["jane"], tokens.asked)
    registry.blobs.clear()
    good("push", "-q", image, registry.name("v2"), environment=environment)
    expect(registry.blobs[sha256(data)] == data, "other bytes")
    no("refuses the user or the password", stored({"auths": {registry.host: {"auth": "eDp5"}}}))
    # A refresh token in place of the password.
    tokens.asked.clear()
    right(stored({"auths": {registry.host: {"username": "jane", "identitytoken": "r3fr3sh+/="}}}), "--no-cache")
    expect([c for c, _ in tokens.asked] == ["POST"], tokens.asked)
    no("refuses the user or the password", stored({"auths": {registry.host: {"identitytoken": "no"}}}))
    nothing_stored()


def tokens_end():
    """In the middle of reading and of pushing."""
    registry.hold(data)
    environment = stored({"auths": {registry.host: {"auth": AUTH}}})
    for uses in (1, 2, 3):
        tokens.uses = uses
        registry.reset(by_token)
        tokens.asked.clear()
        right(environment, "--no-cache", "--connections", "1")
        expect(len(tokens.asked) > 1, "no token ended")
        out = image.with_name("out.img")
        good("fetch", "-q", "--connections", "1", registry.name(), out, environment=environment)
        expect(out.read_bytes() == data, "other bytes")
        registry.blobs.clear()
        good("push", "-q", image, registry.name(), environment=environment)
        expect(registry.blobs[sha256(data)] == data, "other bytes")
    tokens.uses = 8
    right(environment, "--no-cache")
    # One that is never good enough is not asked for again and again.
    tokens.uses = 0
    registry.reset(by_token)
    tokens.asked.clear()
    no("status 401: the registry refuses access", environment)
    expect(len(tokens.asked) <= 3 and len(registry.requests) <= 4, f"{len(tokens.asked)} tokens")
    tokens.uses = 10 ** 6


def bad_token_servers():
    registry.hold(data)
    registry.reset(by_token)
    environment = stored({"auths": {registry.host: {"auth": AUTH}}})
    for reply, words in (((200, b"<html>"), "no token in the answer"), ((200, b"{}"), "no token in the answer"),
                         ((200, b'{"token": 7}'), "no token in the answer"),
                         ((200, b'{"token": "a\\r\\nX: y"}'), "no token in the answer"),
                         ((200, b'{"token": "' + b"a" * 100_000 + b'"}'), "no token in the answer"),
                         ((200, b" " * 1_000_000), "the answer is too long"), ((404, b""), "status 404"),
                         ((403, b""), "refuses the user")):
        tokens.reply = reply
        no(words, environment)
    tokens.reply = (503, b"")
    refused(3, "status 503", "ls", "--retries", "1", registry.name(), environment=environment, secrets=SECRETS)
    tokens.reply = None
    for challenge in ("Bearer", 'Bearer realm="file:///etc/passwd"', 'Bearer realm="', "Bearer realm=x", '=,="",,"',
                      "Digest x=y",
                      'Bearer realm="http://jane:s3cr3t@/"'):
        registry.reset(lambda r: r.answer(401, [("WWW-Authenticate", challenge)]))
        no("status 401", environment)


def helpers():
    registry.hold(data)
    registry.reset(by_password)
    programs = home / "bin"
    programs.mkdir(exist_ok=True)

    def helper(name, *lines):
        file = programs / f"docker-credential-{name}"
        file.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
        file.chmod(0o755)
    asked = home / "asked"
    answer = '{"ServerURL": "x", "Username": "jane", "Secret": "s3cr3t"}'
    helper("test", f'{{ echo "$1"; cat; }} >{asked}', f"echo '{answer}'")
    helper("none", "echo 'credentials not found in native keychain'", "exit 1")
    helper("broken", "echo s3cr3t; echo s3cr3t >&2", "exit 7")
    helper("refresh", """echo '{"Username": "<token>", "Secret": "r3fr3sh+/="}'""")
    path = {"PATH": f"{programs}:{ENVIRONMENT['PATH']}"}
    for config in ({"credsStore": "test"}, {"credHelpers": {registry.host: "test"}, "credsStore": "broken"}):
        right({**stored(config), **path}, "--no-cache")
        expect(asked.read_text() == f"get\n{registry.host}", asked.read_text())
    right({**stored({"credsStore": "none", "auths": {registry.host: {"auth": AUTH}}}), **path}, "--no-cache")
    no("status 401: the registry asks for a user", {**stored({"credsStore": "none"}), **path})
    no("docker-credential-broken: no credentials (status 7)", {**stored({"credsStore": "broken"}), **path})
    no("docker-credential-missing", {**stored({"credsStore": "missing"}), **path})
    no("not the name of a credential helper", {**stored({"credsStore": "../test"}), **path})
    registry.reset(by_token)
    right({**stored({"credsStore": "refresh"}), **path}, "--no-cache")
    nothing_stored()


def options():
    registry.hold(data)
    token = image.with_name("token")
    token.write_text("bearer-file\n")
    registry.reset(lambda r: r.headers.get("Authorization") != "Bearer bearer-file"
                   and r.answer(401, [("WWW-Authenticate", "Bearer")]))
    right({}, "--no-cache", "--token-file", token)
    token.write_text("bearer-other\n")
    refused(3, "refuses the token of the token file", "ls", "--token-file", token, registry.name(), secrets=SECRETS)
    # The name of this machine, and one that is elsewhere: https, unless an option says otherwise.
    registry.reset()
    port = registry.host.split(":")[1]
    good("ls", f"oci://localhost:{port}/team/site:v1")
    refused(3, "", "ls", "--retries", "0", f"oci://registry.invalid:{port}/team/site:v1")
    with open("/etc/hosts") as hosts:
        own = [w for line in hosts for w in line.split("#")[0].split()[1:] if line.startswith("127.0.0.1")
               and w != "localhost"]
    for name in own[:1]:
        refused(3, "", "ls", "--retries", "0", f"oci://{name}:{port}/team/site:v1")
        good("ls", "--plain-http", f"oci://{name}:{port}/team/site:v1")
    refused(2, "no user or password", "ls", f"oci://jane:s3cr3t@{registry.host}/team/site", secrets=SECRETS)


def cached():
    """One copy for all names of a blob in a registry, another for another registry; without the registry, what is
    there."""
    registry.hold(data)
    pin = registry.hold(data, "v2", annotations={"x": "y"})
    folder = home / "cache"
    registry.reset(by_password)
    environment = stored({"auths": {registry.host: {"auth": AUTH}}})
    right(environment, "--cache", folder)
    expect(len(list(folder.glob("*.blocks"))) == 1 and len(list(folder.glob("*.manifest"))) == 1,
           list(folder.iterdir()))
    registry.reset(by_password)
    done = good("cat", "--cache", folder, registry.name("v2"), "dir/file7", "large", environment=environment)
    expect(done.out == files["dir/file7"] + files["large"], "wrong bytes")
    expect(all("blobs" not in p for _, p in registry.asked()), f"blocks were fetched twice: {registry.asked()}")
    good("ls", "--cache", folder, registry.name(pin), environment=environment)
    registry.reset(by_password)
    good("ls", "--cache", folder, registry.name(pin), environment=environment)
    expect(not registry.requests, f"a digest was asked for again: {registry.asked()}")
    expect(len(list(folder.glob("*.blocks"))) == 1, list(folder.iterdir()))
    other = FakeRegistry()
    other.hold(data)
    good("ls", "--cache", folder, other.name(), environment=environment)
    expect(len(list(folder.glob("*.blocks"))) == 2, "two registries share a copy")
    # A kept manifest of another is not believed, and damage is not either.
    for file in folder.glob("*.manifest"):
        file.write_bytes(b"{}")
    right(environment, "--cache", folder)
    good("ls", "--cache", folder, registry.name(pin), environment=environment)
    # The tag means another image now.
    changed = image.with_name("changed.img")
    store = image.with_name("changed")
    store.mkdir(exist_ok=True)
    (store / "new").write_text("new\n")
    good("make", "-q", "-d", "2020-10-10T08:00:00+00:00", "--author", "A <a@b>", store, changed)
    registry.hold(changed.read_bytes())
    expect(good("cat", "--cache", folder, registry.name(), "new", environment=environment).out == b"new\n",
           "not the new one")
    registry.shutdown()
    registry.server_close()
    expect(good("cat", "--cache", folder, registry.name(), "new", environment=environment).out == b"new\n",
           "not without it")
    refused(3, "", "ls", "--cache", folder, registry.name("v3"), environment=environment)
    listed = Ran([BIN / "docteur-blocks", "list", "--cache", folder])
    expect(listed.status == 0 and f"oci://{registry.host}/sha256:" in listed.out.decode(),
           listed.out.decode() + listed.shown)
    manifests_go_with_their_image(folder)
    nothing_stored()


def manifests_go_with_their_image(folder):
    """docteur-blocks lists the kept manifests; the bound counts them, and they are removed with their image."""
    def blocks(*words):
        done = Ran([BIN / "docteur-blocks", *words, "--cache", folder])
        expect(done.status == 0, done.shown)
        return json.loads(done.out) if "--json" in words else done.out.decode()

    def there():
        return {p.name for p in folder.glob("*.manifest")}

    listed = blocks("list", "--json")
    images = {entry["id"]: entry["name"] for entry in listed if "name" in entry}
    of = {entry["id"]: entry["manifest_of"] for entry in listed if "manifest_of" in entry}
    expect({f"{m}.manifest" for m in of} == there() and all(entry["disk"] >= 512 for entry in listed), listed)
    expect(set(of.values()) == set(images.values()) and len(of) > len(images) > 1, listed)
    for some in images:
        expect({m for m in of if m[:17] == some[:17]} == {m for m in of if of[m] == images[some]}, listed)
    gone, *rest = images
    expect(blocks("list", gone).count("\n") == 1 + sum(of[m] == images[gone] for m in of), blocks("list", gone))
    blocks("remove", gone)
    expect(there() == {f"{m}.manifest" for m in of if of[m] != images[gone]}, there())
    orphan = folder / ("0" * 16 + "-" + "1" * 64 + ".manifest")
    orphan.write_bytes(bytes(60_000))
    total = sum(entry["disk"] for entry in blocks("list", "--json"))
    expect("manifest without an image" in blocks("list"), blocks("list"))
    blocks("trim", "--bound", str(total))
    expect(orphan.exists(), "removed below the bound")
    blocks("trim", "--bound", str(total - 1))
    expect(not orphan.exists() and len(list(folder.glob("*.blocks"))) == len(rest), "what goes first")
    blocks("trim", "--bound", "0")
    expect(not list(folder.iterdir()), f"left: {list(folder.iterdir())}")


run_checks(registry, of=[passwords, token_flow, tokens_end, bad_token_servers, helpers, options, cached])
