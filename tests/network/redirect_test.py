#!/usr/bin/env python3
"""A user and a password in a URL go to its scheme, host and port, and nowhere else that a server sends its visitors to:
by git and, where there is none, by libgit2; before and after the server has had them, and through a proxy."""

import base64
import contextlib
import socket
import ssl
import threading

from network import DIGITS, KIND, alone, expect, made, refused, repository
from odd_servers import Server
from real_servers import Web

site = repository("site.git")
web = Web()
expected = made(site)
user, password = "jane", "p%40ss%3Aw%2Frd%25"  # web's
token = b"Basic " + base64.b64encode(b"jane:p@ss:w/rd%")
secrets = ["p@ss", "p%40ss", token.decode()]


def head(connection):
    """The request's head; empty at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    return data


def authorization(request):
    return [line.split(b": ", 1)[1] for line in request.split(b"\r\n") if line.lower().startswith(b"authorization: ")]


class Listener:
    """A server that answers each request with `answer(head)`, on 127.0.0.1 and ::1, and keeps what it heard."""

    def __init__(self, answer, tls=False):
        self.answer, self.heard = answer, []
        self.tls = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(web.top / "cert.pem", web.top / "key.pem")
        self.server = Server(self.talk)
        self.port = self.server.port

    def talk(self, connection):
        if self.tls:
            connection = self.tls.wrap_socket(connection, server_side=True)
        with contextlib.suppress(OSError):
            while request := head(connection):
                self.heard.append(request)
                connection.sendall(self.answer(request))

    def sent(self):
        """The credentials that came, and nothing left of what was heard."""
        heard, self.heard = self.heard, []
        expect(heard, "nobody came")
        return [value for request in heard for value in authorization(request)]


def status(line, *fields):
    return b"HTTP/1.1 " + line + b"\r\n" + b"".join(f.encode() + b"\r\n" for f in fields) + b"Content-Length: 0\r\n\r\n"


ASKS = status(b"401 Who", 'WWW-Authenticate: Basic realm="x"')


def path(request):
    return request.split(b" ")[1].decode()


def to(place):
    """Sends its visitors on to `place` and the path that they asked for."""
    return lambda request: status(b"301 Moved", f"Location: {place}{path(request)}")


def to_when_known(place):
    """The same, once it has had credentials."""
    return lambda request: to(place)(request) if authorization(request) else ASKS


# Other places: another port, another name of the same host, another scheme. They ask, and get nothing but what the
# server that sends its visitors there gives them.
own = b"Basic " + base64.b64encode(b"eve:own")
other = Listener(lambda request: ASKS)
secret = Listener(lambda request: ASKS, tls=True)
places = ((other, f"http://127.0.0.1:{other.port}"), (other, f"http://localhost:{other.port}"),
          (other, f"http://LOCALHOST:{other.port}"), (other, f"http://eve:own@127.0.0.1:{other.port}"),
          (secret, f"https://127.0.0.1:{secret.port}"))
by_ca = {"GIT_SSL_CAINFO": str(web.ca), "SSL_CERT_FILE": str(web.ca)}
for listener, place in places:
    for how in (to, to_when_known):
        first = Listener(how(place))
        url = f"http://{user}:{password}@127.0.0.1:{first.port}/site.git"
        for environment in ({}, alone):
            done = refused(3, "", url, environment={**environment, **by_ca}, secrets=secrets)
            expect(set(first.sent()) <= {token}, f"other credentials: {done.shown}")
            sent = [value for request in listener.heard for value in authorization(request)]
            expect(set(sent) <= {own}, f"{place} had {sent}: {done.shown}")
            listener.heard = []

# What is told where libgit2 fetches: which place it is.
for how in (to, to_when_known) if KIND == "sha1" else ():
    first = Listener(how(f"http://localhost:{other.port}"))
    refused(3, f"the server redirects to localhost:{other.port}, which is not given the user and password",
            f"http://{user}:{password}@127.0.0.1:{first.port}/site.git", environment=alone, secrets=secrets)
    other.heard = []

# The same place, by another path: in whole, with the host as it may be written, and relative. nginx has the repository.
for place in ("whole", "relative"):
    for environment in ({}, alone):
        expect(made(f"http://{user}:{password}@127.0.0.1:{web.port}/{place}/site.git", environment=environment) == expected,
               f"{place} {environment}")
if KIND == "sha1":
    expect(made(f"HTTP://{user}:{password}@127.0.0.1:0{web.port}/private/site.git", environment=alone) == expected,
           "a port with a zero")

def packet(payload):
    return b"%04x%s" % (len(payload) + 4, payload)


# Where an answer leads after the references were told, nobody goes.
def moves_later(request):
    if request.startswith(b"GET"):
        head_id = b"1" * DIGITS
        body = (b"001e# service=git-upload-pack\n0000" +
                packet(head_id + b" HEAD\0multi_ack side-band-64k ofs-delta shallow symref=HEAD:refs/heads/main "
                                 b"object-format=" + KIND.encode() + b"\n") +
                packet(head_id + b" refs/heads/main\n") + b"0000")
        return (b"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\nContent-Length: %d\r\n\r\n"
                % len(body)) + body if authorization(request) else ASKS
    return status(b"307 Moved", f"Location: http://localhost:{other.port}{path(request)}")


first = Listener(moves_later)
for environment in ({}, alone):
    refused(3, "", f"http://{user}:{password}@127.0.0.1:{first.port}/site.git", environment=environment, secrets=secrets)
    expect(token in first.sent(), "it never had them")
    expect(not any(token in request for request in other.heard), "credentials in a later request")
    other.heard = []
# In a circle.
refused(3, "redirect", f"http://{user}:{password}@127.0.0.1:{web.port}/loop/site.git", secrets=secrets)
refused(3, "redirect", f"http://{user}:{password}@127.0.0.1:{web.port}/loop/site.git", environment=alone, secrets=secrets)


# Through a proxy that passes on what it is told to.
def proxied(connection):
    request = head(connection)
    if not request.startswith(b"CONNECT "):
        return
    host, port = path(request).rsplit(":", 1)
    with socket.create_connection((host, int(port))) as upstream:
        connection.sendall(b"HTTP/1.1 200 Good\r\n\r\n")

        def back():
            with contextlib.suppress(OSError):
                while data := upstream.recv(65536):
                    connection.sendall(data)
                connection.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=back, daemon=True).start()
        with contextlib.suppress(OSError):
            while data := connection.recv(65536):
                upstream.sendall(data)


proxy = {"https_proxy": f"http://127.0.0.1:{Server(proxied).port}"}
home = f"https://{user}:{password}@127.0.0.1:{web.tls}/private/site.git"
expect(made(home, environment={**proxy, **by_ca}) == expected, "a password through a proxy")
