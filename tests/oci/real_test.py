#!/usr/bin/env python3
"""Images in Debian's docker-registry, as people have it: pushed, read by ranges, copied to another registry by skopeo;
with users (htpasswd), with tokens of a token server, by https; and uploads that are cut
and killed."""

import base64
import contextlib
import http.server
import json
import socket
import subprocess
import threading
import time
import urllib.parse

import real_registry
from fake_registry import BIN, ENVIRONMENT, Ran, expect, good, refused, sample_image, sha256
from programs import program
from waiting import PATIENCE

# jane, s3cr3t
USERS = "jane:$2b$04$p57NLtXu4n04.k0Q6qMZ..T9PLKg17WNeTZyUFtZmKqhGXNF..pgK\n"


skopeo, openssl = program("skopeo"), program("openssl")
image, files = sample_image(20 << 20)
data = image.read_bytes()
CHUNK = 16 << 20  # bytes that docteur-push sends at a time
top = image.parent
policy = top / "policy.json"
policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
home = top / "home"
home.mkdir()
out = top / "out.img"


def registry(name, *how, **more):
    return real_registry.serving(top, name, *how, **more)


def run(*command, **how):
    done = Ran(command, **how)
    expect(done.status == 0, done.shown)
    return done.out.decode()


def read(name, *options, environment=None):
    for path in ("dir/file7", "large"):
        done = good("cat", *options, name, path, environment=environment or {})
        expect(done.out == files[path], f"wrong bytes of {path}")


def plain(server):
    first = json.loads(good("push", "--json", image, server.name()).out)
    expect(first["layer"] == sha256(data) and not first["was_there"], first)
    server.requests()
    again = json.loads(good("push", "--json", image, server.name("team/site:v2")).out)
    expect(again["manifest"] == first["manifest"] and again["sent_bytes"] == 0, again)
    expect([r[0] for r in server.requests()] == ["HEAD", "HEAD", "PUT"], "more than three requests")
    expect(good("cat", "--no-cache", server.name(), "dir/file7").out == files["dir/file7"], "wrong bytes")
    asked = server.requests()
    size = sum(r[3] for r in asked)
    print(f"docteur-cat of one file: {len(asked)} requests, {size} bytes of {len(data)}")
    expect(len(asked) <= 6 and size <= 400_000, asked)
    for name in (server.name(), first["name"], server.name("team/site:v2"),
                 server.name().replace("127.0.0.1", "localhost")):
        read(name)
    expect(good("verify", server.name()).out == good("verify", image).out, "another report")
    good("fetch", "-q", first["name"], out)
    expect(out.read_bytes() == data, "another image")
    out.unlink()
    expect(good("ls", server.name()).out == good("ls", image).out, "another list")
    refused(3, "status 404", "ls", server.name("team/site:none"))
    refused(3, "status 404", "ls", server.name("team/none:v1"))
    return first


def copied(server, first):
    """skopeo copies it to another registry, and there and back through a folder."""
    with registry("other") as other:
        for to, tag in ((other, "copy/site:v1"), (other, "copy/site:v2")):
            how = [] if tag.endswith("1") else ["--preserve-digests"]
            run(skopeo, "--policy", policy, "copy", *how, "--src-tls-verify=false", "--dest-tls-verify=false",
                "docker" + server.name()[3:], "docker" + to.name(tag)[3:])
            read(other.name(tag))
            good("verify", "-q", other.name(tag))
        good("verify", "-q", other.name("copy/site@" + first["manifest"]))
        run(skopeo, "--policy", policy, "copy", "--src-tls-verify=false", "docker" + server.name()[3:],
            f"oci:{top}/layout:v1")
        run(skopeo, "--policy", policy, "copy", "--dest-tls-verify=false", f"oci:{top}/layout:v1",
            "docker" + other.name("copy/site:v3")[3:])
        good("verify", "-q", other.name("copy/site:v3"))
    text = run(skopeo, "inspect", "--raw", "--tls-verify=false", "docker" + server.name()[3:])
    expect(sha256(text.encode()) == first["manifest"], text)
    # Not an image of docteur: what skopeo makes of a folder is a container image.
    folder = top / "dir"
    folder.mkdir()
    config = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{}}'
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": [],
                "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config),
                           "digest": sha256(config)}}
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / sha256(config)[7:]).write_bytes(config)
    run(skopeo, "--policy", policy, "copy", "--dest-tls-verify=false", f"dir:{folder}",
        "docker" + server.name("a/container:v1")[3:])
    refused(1, "not an image of docteur (application/vnd.docker.container.image.v1+json)", "ls",
            server.name("a/container:v1"))


class CuttingProxy:
    """Passes connections to a port, and ends each that has sent so many bytes, as long as there are numbers left. While
    `holds_second` is set, the second chunk of an upload is not passed on, and `has_held` gets set."""

    def __init__(self, port, cuts=()):
        self.port, self.cuts, self.listener = port, list(cuts), socket.create_server(("127.0.0.1", 0))
        self.holds_second, self.has_held = False, threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.port))
                threading.Thread(target=self.copy, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self.copy, args=(server, client, False), daemon=True).start()

    def copy(self, source, target, is_upload):
        passed = 0
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if is_upload and self.holds_second and passed > CHUNK and piece.startswith(b"PATCH "):
                    self.has_held.set()
                    while source.recv(65536):
                        pass
                    break
                target.sendall(piece)
                passed += len(piece)
                if is_upload and self.cuts and passed > self.cuts[0]:
                    self.cuts.pop(0)
                    source.shutdown(2)
                    break
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(2)


def cut(server):
    """docker-registry 2.8 forgets an upload that was cut within a chunk; it begins anew, and all arrives."""
    proxy = CuttingProxy(server.port, [1_000_000, 18_000_000])
    name = f"oci://127.0.0.1:{proxy.listener.getsockname()[1]}/cut/site:v1"
    # A blob of another repository of this registry does not count as there.
    report = json.loads(good("push", "--json", image, name).out)
    expect(not proxy.cuts and not report["was_there"], f"{proxy.cuts} {report}")
    good("verify", "-q", server.name("cut/site:v1"))
    print(f"cut twice: {report['sent_bytes']} bytes sent of {len(data)}")
    proxy.listener.close()


def killed(server):
    """The upload of a program that was killed goes on with the chunk that had not come."""
    proxy = CuttingProxy(server.port)
    proxy.holds_second = True
    name = f"oci://127.0.0.1:{proxy.listener.getsockname()[1]}/killed/site:v1"
    environment = {"XDG_CACHE_HOME": str(home)}
    process = subprocess.Popen([BIN / "docteur-push", "-q", image, name], env={**ENVIRONMENT, **environment})
    expect(proxy.has_held.wait(PATIENCE), "no second chunk")
    process.kill()
    process.wait()
    proxy.holds_second = False
    report = json.loads(good("push", "--json", image, name, environment=environment).out)
    expect(report["resumed"] == 1 and report["sent_bytes"] == len(data) - CHUNK + 2, report)
    good("verify", "-q", server.name("killed/site:v1"))
    proxy.listener.close()


def users():
    (top / "htpasswd").write_text(USERS)
    with registry("users", f"auth: {{htpasswd: {{realm: x, path: {top}/htpasswd}}}}") as server:
        refused(3, "status 401: the registry asks for a user", "push", "-q", image, server.name())
        refused(3, "status 401: the registry asks for a user", "ls", server.name())
        # As `docker login` and `skopeo login` write it.
        environment = {"HOME": str(home), "REGISTRY_AUTH_FILE": str(top / "auth.json")}
        run(skopeo, "login", "--tls-verify=false", "-u", "jane", "-p", "s3cr3t", server.host, environment=environment)
        good("push", "-q", image, server.name(), environment=environment)
        read(server.name(), environment=environment)
        good("verify", "-q", server.name(), environment=environment)


def certificate(name):
    run(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
        "subjectAltName=IP:127.0.0.1", "-keyout", top / f"{name}.key", "-out", top / f"{name}.pem")
    text = (top / f"{name}.pem").read_text()
    return "".join(text.split("-----")[2].split())


def coded(content):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token_for(name, actions, chain):
    now = int(time.time())
    access = [{"type": "repository", "name": name, "actions": actions}]
    head = {"typ": "JWT", "alg": "RS256", "x5c": [chain]}
    body = {"iss": "tests", "aud": "registry", "sub": "jane", "exp": now + 300, "nbf": now - 10, "iat": now,
            "jti": str(now),
            "access": access}
    text = f"{coded(head)}.{coded(body)}"
    signed = subprocess.run([openssl, "dgst", "-sha256", "-sign", top / "tokens.key"], input=text.encode(),
                            capture_output=True,
                            check=True).stdout
    return f"{text}.{coded(signed)}"


class TokenHandler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        is_jane = self.headers.get("Authorization") == "Basic " + base64.b64encode(b"jane:s3cr3t").decode()
        _, name, actions = query["scope"][0].split(":")
        given = [a for a in actions.split(",") if is_jane or (a == "pull" and name.startswith("public/"))]
        self.server.asked += 1
        body = json.dumps({"token": token_for(name, given, self.server.chain)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def token_auth(port):
    return (f'auth: {{token: {{realm: "http://127.0.0.1:{port}/token", service: registry, issuer: tests, '
            f"rootcertbundle: {top}/tokens.pem}}}}")


def tokens():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TokenHandler)
    server.asked, server.chain = 0, certificate("tokens")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    auth = token_auth(server.server_address[1])
    with registry("tokens", auth) as target:
        config = home / ".docker"
        config.mkdir()
        entry = {"auth": base64.b64encode(b"jane:s3cr3t").decode()}
        (config / "config.json").write_text(json.dumps({"auths": {target.host: entry}}))
        jane = {"HOME": str(home)}
        for place in ("private/site:v1", "public/site:v1"):
            refused(3, "status 401", "push", "-q", image, target.name(place))
            good("push", "-q", image, target.name(place), environment=jane)
            read(target.name(place), environment=jane)
        server.asked = 0
        read(target.name("public/site:v1"), "--no-cache")
        expect(server.asked == 2, f"{server.asked} tokens for two commands")
        refused(3, "status 401", "ls", target.name("private/site:v1"))
    server.shutdown()


def encrypted():
    certificate("tls")
    with registry("tls", tls=f", tls: {{certificate: {top}/tls.pem, key: {top}/tls.key}}") as server:
        trusted = ["--ca-file", top / "tls.pem"]
        good("push", "-q", *trusted, image, server.name())
        read(server.name(), *trusted)
        good("fetch", "-q", *trusted, server.name(), out)
        expect(out.read_bytes() == data, "another image")
        refused(3, "", "ls", "--retries", "0", "--ca-file", top / "tokens.pem", server.name())
    with registry("downgrade", token_auth(9), f", tls: {{certificate: {top}/tls.pem, key: {top}/tls.key}}") as server:
        refused(3, "names a server for tokens without https", "ls", *trusted, server.name())


with registry("plain") as the_plain:
    pushed = plain(the_plain)
    copied(the_plain, pushed)
    cut(the_plain)
    killed(the_plain)
users()
tokens()
encrypted()
