#!/usr/bin/env python3
"""Who may fetch: users and passwords, certificates, keys of ssh, proxies, and an environment that means something else.
No credential appears in a message, and none is handed to a program that was not asked."""

import contextlib
from pathlib import Path
from urllib.parse import quote

from network import WORK, Run, expect, made, program, read_if_there, refused, repository
from odd_servers import Forwarder, Server
from ports import free_port
from real_servers import Ssh, Web, git_daemon, start

site = repository("site.git")
web, ssh, daemon = Web(), Ssh(), git_daemon()
by_ca = {"GIT_SSL_CAINFO": str(web.ca)}
plain = f"http://127.0.0.1:{web.port}/git/site.git"
expected = made(site)

# http: users and passwords, in the URL, from a credential helper, from ~/.netrc; none of them in a message.
private = f"127.0.0.1:{web.port}/private/site.git"
user, password = quote(web.user, safe=""), quote(web.password, safe="")
expect(made(f"http://{user}:{password}@{private}") == expected, "with a password in the URL")
for wrong in (f"http://{user}:wrong-one@{private}", f"http://{user}:@{private}", f"http://secret-token:@{private}"):
    refused(3, "does not accept", wrong, secrets=["wrong-one", "secret-token", web.user])
refused(3, ["wants a user name", "credential helper"], f"http://{private}")
refused(3, "wants a password", f"http://{user}@{private}")
store = WORK / "store"
store.write_text(f"http://{user}:{password}@127.0.0.1:{web.port}\n")
helper = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper",
          "GIT_CONFIG_VALUE_0": f"store --file={store}"}
expect(made(f"http://{private}", environment=helper) == expected, "with a credential helper")
expect(made(f"http://{user}@{private}", environment=helper) == expected, "with a helper and the user in the URL")
# A password in the URL is not handed to the user's helpers, nor are they asked.
before_store = store.read_text()
expect(made(f"http://{user}:{password}@{private}", environment=helper) == expected, "with both")
refused(3, "does not accept", f"http://{user}:wrong-one@{private}", environment=helper)
expect(store.read_text() == before_store, "the user's credential store was changed")
askpass = WORK / "askpass"
askpass.write_text(f"#!/bin/sh\ncase $1 in User*) echo '{web.user}';; *) echo '{web.password}';; esac\n")
askpass.chmod(0o700)
expect(made(f"http://{private}", environment={"GIT_ASKPASS": str(askpass)}) == expected, "with GIT_ASKPASS")

# A server that sends its visitors on does not send their passwords with them.
def send_on(connection):
    request = connection.recv(65536).split(b" ")[1].decode()
    connection.sendall(f"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:{web.port}{request}\r\nContent-Length: 0\r\n\r\n".encode())


refused(3, "wants a user name", f"http://{user}:{password}@127.0.0.1:{Server(send_on).port}/private/site.git")

# While git runs with a password of the URL's, no argument and no environment of any process but the first holds it.
slow = Forwarder(web.port, pause=0.02, piece=300)
run = Run(f"http://{user}:{password}@127.0.0.1:{slow.port}/private/site.git", wait=False)
seen = set()
while run.process.poll() is None:
    for pid in run.processes():
        arguments = read_if_there(Path(f"/proc/{pid}/cmdline"))
        # A child that has not become its program yet is a copy of the first still.
        if int(pid) == run.process.pid or arguments == read_if_there(Path(f"/proc/{run.process.pid}/cmdline")):
            continue
        seen.add(arguments.split(b"\0")[0].split(b"/")[-1])
        for text in (arguments, read_if_there(Path(f"/proc/{pid}/environ"))):
            for secret in (web.password, password):
                expect(secret.encode() not in text, f"a password in {text}")
    for file in run.temporary.iterdir():
        with contextlib.suppress(FileNotFoundError):  # it comes and goes
            mode = file.stat().st_mode
            expect(mode & 0o77 == 0, f"{file}: mode {mode:o}")
run.wait()
expect(run.status == 0 and run.image.read_bytes() == expected, run.shown)
expect({b"git", b"git-remote-http"} <= seen, f"not all was looked at: {seen}")

# TLS: a CA that nobody knows is refused; a redirect that never ends ends.
refused(3, ["certificate", "GIT_SSL_CAINFO"], f"https://127.0.0.1:{web.tls}/git/site.git")
expect(made(f"https://127.0.0.1:{web.tls}/git/site.git", environment={
    "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.sslCAInfo", "GIT_CONFIG_VALUE_0": str(web.ca)}) == expected,
    "with http.sslCAInfo")
expect(made(f"https://{user}:{password}@127.0.0.1:{web.tls}/private/site.git", environment=by_ca) == expected,
       "with a password by TLS")
refused(3, "redirect", f"http://127.0.0.1:{web.port}/loop/site.git")

# ssh: another host's key, an unknown host, a key that is not known.
refused(3, "host's key", f"site:{site}", environment={"GIT_SSH_COMMAND": ssh.stranger})
refused(3, "host's key", f"site:{site}", environment={"GIT_SSH_COMMAND": ssh.nobody})
refused(3, ["Permission denied", "ssh-add"], f"site:{site}",
        environment={"GIT_SSH_COMMAND": ssh.keyless})
refused(3, "none.git", f"site:{site.parent}/none.git", environment={"GIT_SSH_COMMAND": ssh.command})

# A proxy, for what leads nowhere without it.
proxy = free_port()
(WORK / "proxy.conf").write_text(f"Port {proxy}\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\n"
                                 f"ConnectPort {web.tls}\nLogFile \"{WORK}/proxy.log\"\nLogLevel Connect\n")
start([program("tinyproxy"), "-d", "-c", WORK / "proxy.conf"], proxy)
by_proxy = {"http_proxy": f"http://127.0.0.1:{proxy}", "https_proxy": f"http://127.0.0.1:{proxy}"}
expect(made(plain, environment=by_proxy) == expected, "another image through a proxy")
expect(made(f"https://127.0.0.1:{web.tls}/git/site.git", environment={**by_proxy, **by_ca}) == expected, "another image through a proxy's CONNECT")
seen = (WORK / "proxy.log").read_text()
expect("CONNECT 127.0.0.1" in seen and "GET http://" in seen, f"the proxy was not used:\n{seen}")

# What the environment says of another repository does not matter.
elsewhere = {"GIT_DIR": "/nonexistent", "GIT_OBJECT_DIRECTORY": "/nonexistent", "GIT_WORK_TREE": "/nonexistent",
             "GIT_INDEX_FILE": "/nonexistent", "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(site / "objects"),
             "GIT_NAMESPACE": "x", "GIT_SHALLOW_FILE": "/nonexistent", "GIT_DEFAULT_HASH": "sha256", "LC_ALL": "C.UTF-8",
             "LANGUAGE": "de"}
for place in (plain, f"git://127.0.0.1:{daemon}/site.git"):
    expect(made(place, environment=elsewhere) == expected, f"{place}: GIT_* matter")
